// SPDX-License-Identifier: Apache-2.0
#include "streams/report_handler.hpp"

#include <fmt/format.h>

namespace anthropic_metrics::streams {

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

ReportHandler::Target ReportHandler::lookup(std::string_view key) {
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
    case Place::row:
      for (std::size_t i = 0; i < layout_.counts.size(); ++i) {
        const std::string_view path = layout_.counts[i].path;
        if (path == key) return {Target::count, i};
        if (path.size() > key.size() && path[key.size()] == '.' &&
            path.substr(0, key.size()) == key) {
          group_ = i;
          return {Target::group, i};
        }
      }
      for (std::size_t i = 0; i < layout_.texts.size(); ++i)
        if (layout_.texts[i].name == key) return {Target::text, i};
      if (layout_.money && key == "amount") return {Target::amount, 0};
      break;
    case Place::group: {
      const std::string_view first = layout_.counts[group_].path;
      const std::string_view prefix = first.substr(0, first.find('.') + 1);
      for (std::size_t i = group_; i < layout_.counts.size(); ++i) {
        const std::string_view path = layout_.counts[i].path;
        if (path.size() == prefix.size() + key.size() && path.substr(0, prefix.size()) == prefix &&
            path.substr(prefix.size()) == key)
          return {Target::count, i};
      }
      break;
    }
    default:
      break;
  }
  return {Target::none, 0};
}

bool ReportHandler::begin_bucket() {
  place_ = Place::bucket;
  bucket_ = {};
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
  complete_.push_back(std::move(bucket_));
  bucket_ = {};
  place_ = Place::data;
  return true;
}

bool ReportHandler::begin_row() {
  place_ = Place::row;
  bucket_.rows.emplace_back();
  if (keep_original_) {
    echo_.clear();
    echo_.open('{');
    echoing_ = true;
  }
  return true;
}

bool ReportHandler::end_row(error_code& ec) {
  Row& row = bucket_.rows.back();
  target_ = {Target::element, 0};
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    if (layout_.counts[i].required && (row.counts_present >> i & 1u) == 0)
      return refuse(ec, fmt::format("has no {}, which every row of this report carries",
                                    layout_.counts[i].path));
  if (layout_.money && row.amount.state != Text::State::present)
    return refuse(ec, "has no amount, which every row of this report carries");
  if (echoing_) {
    row.original = bucket_.keep(echo_.text());
    echoing_ = false;
  }
  place_ = Place::results;
  return true;
}

bool ReportHandler::put_string(std::string_view value, error_code& ec) {
  switch (target_.kind) {
    case Target::none:
      return true;
    case Target::text:
      return put_text(bucket_.keep(value), ec);
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

bool ReportHandler::put_text(Text place, error_code& ec) {
  Text& text = bucket_.rows.back().texts[target_.index];
  if (text.state != Text::State::absent) return repeated(ec);
  text = place;
  return true;
}

bool ReportHandler::put_number(std::int64_t number, error_code& ec) {
  if (target_.kind == Target::none) return true;
  if (target_.kind != Target::count) return wrong_type(ec, "a number");
  if (number < 0) return refuse(ec, fmt::format("expected a count, found {}", number));
  Row& row = bucket_.rows.back();
  const std::uint32_t bit = 1u << target_.index;
  if ((row.counts_present & bit) != 0) return repeated(ec);
  row.counts_present |= bit;
  row.counts[target_.index] = number;
  return true;
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
