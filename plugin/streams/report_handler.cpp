// SPDX-License-Identifier: Apache-2.0
#include "streams/report_handler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/octets.hpp"

namespace anthropic_metrics::streams {

ReportHandler::ReportHandler(const Layout& layout, bool keep_original, std::size_t most_rows)
    : layout_(layout),
      keep_original_(keep_original),
      most_rows_(most_rows),
      group_keys_(layout.counts.size()) {
  for (std::uint32_t i = 0; i < layout.counts.size(); ++i) {
    if (layout.counts[i].required) required_ |= 1u << i;
    const std::string_view path = layout.counts[i].path;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) {
      row_keys_.add(path, {Target::count, i});
      continue;
    }
    row_keys_.add(path.substr(0, dot), {Target::group, i});
    const std::size_t group = row_keys_.find(path.substr(0, dot)).index;
    group_keys_[group].add(path.substr(dot + 1), {Target::count, i});
  }
  for (std::uint32_t i = 0; i < layout.texts.size(); ++i)
    row_keys_.add(layout.texts[i].name, {Target::text, i});
  if (layout.money) row_keys_.add("amount", {Target::amount, 0});
}

std::string ReportHandler::path_of(bool indexes) const {
  const auto index = [&](std::size_t number) {
    return indexes ? fmt::format("[{}]", number) : std::string("[]");
  };
  std::string path = "$";
  if (place_ != Place::start && place_ != Place::top) path += ".data";
  if (buckets_ > 0 && (place_ == Place::bucket || place_ == Place::results ||
                       place_ == Place::row || place_ == Place::group))
    path += index(buckets_ - 1);
  if (place_ == Place::results || place_ == Place::row || place_ == Place::group)
    path += ".results";
  if (place_ == Place::row || place_ == Place::group) path += index(results_ - 1);
  switch (target_.kind) {
    case Target::data:
      return path + ".data";
    case Target::results:
      return path + ".results";
    case Target::has_more:
      return path + ".has_more";
    case Target::next_page:
      return path + ".next_page";
    case Target::starting_at:
      return path + ".starting_at";
    case Target::ending_at:
      return path + ".ending_at";
    case Target::amount:
      return path + ".amount";
    case Target::text:
      return path + "." + layout_.texts[target_.index].name;
    case Target::count:
      return path + "." + layout_.counts[target_.index].path;
    case Target::group: {
      const std::string& column = layout_.counts[target_.index].path;
      return path + "." + column.substr(0, column.find('.'));
    }
    default:
      return path;
  }
}

Target ReportHandler::lookup(std::string_view key) const {
  switch (place_) {
    case Place::top:
      if (key == "data") return {Target::data, 0};
      if (key == "has_more") return {Target::has_more, 0};
      if (key == "next_page") return {Target::next_page, 0};
      break;
    case Place::bucket:
      if (key == "results") return {Target::results, 0};
      if (key == "starting_at") return {Target::starting_at, 0};
      if (key == "ending_at") return {Target::ending_at, 0};
      break;
    default:
      break;
  }
  return {Target::none, 0};
}

bool ReportHandler::begin_bucket() {
  place_ = Place::bucket;
  bucket_ = {};
  bucket_.rows = PackedRows(layout_.texts.size(), layout_.counts.size());
  // Most buckets are about as large as the one before.
  bucket_.rows.reserve(usual_rows_, usual_text_);
  merger_.begin(usual_rows_);
  ++buckets_;
  results_ = 0;
  plain_.fill(0);
  saw_results_ = saw_start_ = saw_end_ = false;
  return true;
}

bool ReportHandler::end_bucket(error_code& ec) {
  target_ = {Target::element, 0};
  if (!saw_start_ || !saw_end_ || !saw_results_)
    return refuse(ec, fmt::format("has no {}", !saw_start_ ? "starting_at"
                                               : !saw_end_ ? "ending_at"
                                                           : "results"));
  merger_.end();
  usual_rows_ = bucket_.rows.size();
  usual_text_ = std::min(bucket_.rows.text().size(), most_text_bytes);
  // One that is not may be held with many others, whose memory would add up.
  bucket_.rows.fit();
  complete_.push_back(std::move(bucket_));
  bucket_ = {};
  place_ = Place::data;
  return true;
}

void ReportHandler::begin_echo(char bracket) {
  echo_.clear();
  echo_.open(bracket);
  echoing_ = true;
}

bool ReportHandler::end_row(error_code& ec) {
  target_ = {Target::element, 0};
  if (const std::uint32_t missing = required_ & ~row_.counts_present; missing != 0)
    refuse(ec,
           fmt::format("has no {}, which every row of this report carries",
                       layout_.counts[static_cast<std::size_t>(std::countr_zero(missing))].path));
  if (layout_.money && row_.amount.state != Text::State::present)
    refuse(ec, "has no amount, which every row of this report carries");
  source_.close();
  if (echoing_) {
    row_.original = keep(cut_text(echo_.text(), most_original_bytes));
    echoing_ = false;
  }
  place_ = Place::results;
  behind_ = Behind::row;
  const bool unusual = std::exchange(unusual_, false);
  usual_row_ = odd_.empty() && !unusual;
  if (!odd_.empty()) {
    set_row_aside();
  } else {
    if (unusual && row_.original.state != Text::State::present)
      row_.original = keep(source_.text());
    merger_.add(bucket_.rows, texts_, row_, block_);
  }
  return (bucket_.rows.size() <= most_rows_ && bucket_.rows.text().size() <= most_bucket_bytes) ||
         too_many(ec);
}

void ReportHandler::set_row_aside() {
  OddRow odd;
  odd.reason = std::exchange(odd_, {});
  odd.identified = true;
  const bool kept = bucket_.odd.size() < Bucket::most_odd_rows;
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) {
    const bool readable = (unreadable_ >> i & 1u) == 0;
    if (!readable && layout_.texts[i].identity) odd.identified = false;
    if (!readable || !kept) continue;
    Text& place = odd.row.texts[i];
    if (texts_[i] == null) place.state = Text::State::null;
    if (texts_[i] > null) place = bucket_.keep(std::string(bucket_.rows.string(texts_[i])));
  }
  if (kept) odd.original = source_.text();
  keep_odd(std::move(odd));
  unreadable_ = 0;
}

void ReportHandler::keep_odd(OddRow odd) {
  if (bucket_.odd.size() < Bucket::most_odd_rows)
    bucket_.odd.push_back(std::move(odd));
  else
    ++bucket_.more_odd;
}

std::optional<std::size_t> ReportHandler::end_of_broken_row() const {
  const bool in_row = place_ == Place::row || place_ == Place::group;
  if (!fault_.empty() || !in_row || !source_.known() || !source_.is_named()) return std::nullopt;
  return source_.end_in_piece();
}

void ReportHandler::begin_anew(const std::string& why) {
  OddRow odd;
  odd.reason = fmt::format("{} is not valid JSON: {}", path_of(false), why);
  odd.original = as_utf8(source_.text());
  keep_odd(std::move(odd));
  source_.close();
  key_.clear();
  string_.clear();
  number_.clear();
  odd_.clear();
  unreadable_ = 0;
  unusual_ = echoing_ = false;
  behind_ = Behind::other;
  target_ = {Target::none, 0};
  skip_ = 1;  // All that comes is unknown.
}

void ReportHandler::go_on() {
  skip_ = 0;
  place_ = Place::results;
  target_ = {Target::element, 0};
}

bool ReportHandler::odd_element(const std::string& found, std::string original) {
  ++results_;
  OddRow odd;
  odd.reason = fmt::format("{}[] expected an object, found {}", path_of(false), found);
  odd.original = std::move(original);
  keep_odd(std::move(odd));
  return true;
}

bool ReportHandler::ascend_unknown() {
  if (--skip_ > 0 || !odd_element_) return true;
  odd_element_ = echoing_ = false;
  return odd_element("an array", std::string(cut_text(echo_.text(), most_original_bytes)));
}

bool ReportHandler::too_many(error_code& ec) {
  const std::string limit = bucket_.rows.size() > most_rows_
                                ? fmt::format("{} rows", most_rows_)
                                : fmt::format("{} bytes of text", most_bucket_bytes);
  fault_ = fmt::format(
      "$.data[{}].results has more than {}, the most that one bucket may have; group by fewer "
      "dimensions",
      buckets_ - 1, limit);
  ec = boost::json::error::syntax;
  return false;
}

bool ReportHandler::put_rare_string(std::string_view value, error_code& ec) {
  if (value.size() > most_text_bytes)
    return refuse(ec, fmt::format("is longer than {} bytes", most_text_bytes));
  switch (target_.kind) {
    case Target::next_page:
      next_page_ = value;
      return true;
    case Target::amount:
      return put_amount(value, ec);
    case Target::starting_at:
    case Target::ending_at: {
      const bool start = target_.kind == Target::starting_at;
      if (start ? saw_start_ : saw_end_) return repeated(ec);
      const auto time = parse_rfc3339(value);
      if (!time)
        return refuse(ec,
                      fmt::format("expected an RFC 3339 time, found \"{}\"", value.substr(0, 64)));
      (start ? bucket_.start : bucket_.end) = *time;
      (start ? saw_start_ : saw_end_) = true;
      return true;
    }
    default:
      if (place_ != Place::results) return wrong_type(ec, "a string");
      std::string original;
      append_json_string(original, cut_text(value, most_original_bytes));
      return odd_element("a string", std::move(original));
  }
}

bool ReportHandler::put_amount(std::string_view text, error_code& ec) {
  Text& amount = row_.amount;
  if (amount.state != Text::State::absent) return repeated(ec);
  if (!Decimal::parse(text))
    return refuse(ec, fmt::format("expected a decimal number of at most {} digits, found \"{}\"",
                                  Decimal::most_digits, cut_text(text, 64)));
  amount = keep(text);
  return true;
}

/// A number that the parser could not hold in 64 bits, or that has a fraction or an exponent. It is
/// read from its text: no binary fraction stands between it and the document.
bool ReportHandler::put_rare_number(std::string_view text, error_code& ec) {
  bool good = true;
  if (skip_ == 0 && target_.kind != Target::none) {
    const auto value = target_.kind == Target::count ? Decimal::parse(text) : std::nullopt;
    const auto whole = value ? value->whole() : std::nullopt;
    if (target_.kind != Target::count)
      good = put_other_number(text, ec);
    else if (whole)
      good = put_number(*whole, text, ec);
    else
      good = refuse(
          ec, fmt::format("expected a whole number of 64 bits, found {}", cut_text(text, 64)));
  }
  number_.clear();
  return good;
}

bool ReportHandler::put_other_number(std::string_view text, error_code& ec) {
  if (target_.kind == Target::amount) return put_amount(text, ec);
  if (place_ == Place::results) return odd_element("a number", std::string(text));
  return wrong_type(ec, "a number");
}

bool ReportHandler::repeated(error_code& ec) {
  return refuse(ec, "occurs twice in its object");
}

bool ReportHandler::refuse(error_code& ec, const std::string& what) {
  if (place_ == Place::row || place_ == Place::group) {
    if (odd_.empty()) odd_ = path_of(false) + " " + what;
    if (target_.kind == Target::text) unreadable_ |= 1u << target_.index;
    return true;
  }
  fault_ = path() + " " + what;
  ec = boost::json::error::syntax;
  return false;
}

bool ReportHandler::wrong_type(error_code& ec, const std::string& found) {
  if (place_ == Place::results) return odd_element(found, found);
  const char* expected = "something else";
  switch (target_.kind) {
    case Target::data:
    case Target::results:
      expected = "an array";
      break;
    case Target::has_more:
      expected = "true or false";
      break;
    case Target::next_page:
    case Target::text:
    case Target::starting_at:
    case Target::ending_at:
      expected = "a string";
      break;
    case Target::amount:
      expected = "a decimal number as text";
      break;
    case Target::count:
      expected = "a number";
      break;
    case Target::element:
    case Target::group:
      expected = "an object";
      break;
    case Target::none:
      break;
  }
  return refuse(ec, fmt::format("expected {}, found {}", expected, found));
}

}  // namespace anthropic_metrics::streams
