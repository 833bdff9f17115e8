// SPDX-License-Identifier: Apache-2.0
#include "streams/report_handler.hpp"

#include <fmt/format.h>

#include <bit>

namespace anthropic_metrics::streams {

ReportHandler::ReportHandler(const Layout& layout, bool keep_original)
    : layout_(layout), keep_original_(keep_original), group_keys_(layout.counts.size()) {
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

std::string ReportHandler::path() const {
  std::string path = "$";
  if (place_ != Place::start && place_ != Place::top) path += ".data";
  if (buckets_ > 0 && (place_ == Place::bucket || place_ == Place::results ||
                       place_ == Place::row || place_ == Place::group))
    path += fmt::format("[{}]", buckets_ - 1);
  if (place_ == Place::results || place_ == Place::row || place_ == Place::group)
    path += ".results";
  if (place_ == Place::row || place_ == Place::group)
    path += fmt::format("[{}]", bucket_.rows.size() - 1);
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
  // Most buckets are about as large as the one before.
  bucket_.rows.reserve(usual_rows_);
  bucket_.text.reserve(usual_text_);
  ++buckets_;
  saw_results_ = saw_start_ = saw_end_ = false;
  return true;
}

bool ReportHandler::end_bucket(error_code& ec) {
  target_ = {Target::element, 0};
  if (!saw_start_ || !saw_end_ || !saw_results_)
    return refuse(ec, fmt::format("has no {}", !saw_start_ ? "starting_at"
                                               : !saw_end_ ? "ending_at"
                                                           : "results"));
  usual_rows_ = bucket_.rows.size();
  usual_text_ = bucket_.text.size();
  // One that is not may be held with many others, whose memory would add up.
  if (usual_rows_ < bucket_.rows.capacity() / 2) bucket_.rows.shrink_to_fit();
  if (usual_text_ < bucket_.text.capacity() / 2) bucket_.text.shrink_to_fit();
  complete_.push_back(std::move(bucket_));
  bucket_ = {};
  place_ = Place::data;
  return true;
}

void ReportHandler::begin_echo() {
  echo_.clear();
  echo_.open('{');
  echoing_ = true;
}

bool ReportHandler::end_row(error_code& ec) {
  Row& row = bucket_.rows.back();
  target_ = {Target::element, 0};
  if (const std::uint32_t missing = required_ & ~row.counts_present; missing != 0)
    return refuse(
        ec, fmt::format("has no {}, which every row of this report carries",
                        layout_.counts[static_cast<std::size_t>(std::countr_zero(missing))].path));
  if (layout_.money && row.amount.state != Text::State::present)
    return refuse(ec, "has no amount, which every row of this report carries");
  if (echoing_) {
    row.original = bucket_.keep(echo_.text());
    echoing_ = false;
  }
  place_ = Place::results;
  return true;
}

bool ReportHandler::put_rare_string(std::string_view value, error_code& ec) {
  switch (target_.kind) {
    case Target::next_page:
      next_page_ = value;
      return true;
    case Target::amount:
      if (bucket_.rows.back().amount.state != Text::State::absent) return repeated(ec);
      if (!Decimal::parse(value))
        return refuse(ec, fmt::format("expected a decimal number as text, found \"{}\"",
                                      value.substr(0, 64)));
      bucket_.rows.back().amount = bucket_.keep(value);
      return true;
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
      return wrong_type(ec, "a string");
  }
}

bool ReportHandler::repeated(error_code& ec) {
  return refuse(ec, "occurs twice in its object");
}

bool ReportHandler::below_zero(error_code& ec, std::int64_t number) {
  return refuse(ec, fmt::format("expected a count, found {}", number));
}

bool ReportHandler::refuse(error_code& ec, const std::string& what) {
  fault_ = path() + " " + what;
  ec = boost::json::error::syntax;
  return false;
}

bool ReportHandler::wrong_type(error_code& ec, const std::string& found) {
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
    case Target::amount:
    case Target::starting_at:
    case Target::ending_at:
      expected = "a string";
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
