// SPDX-License-Identifier: Apache-2.0
// The events of Boost.JSON's parser turned into buckets and rows. Internal to report_decoder.cpp,
// in a header only because the parser must see the bodies to inline them: that decides decoding
// speed.
#pragma once

#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "decimal.hpp"
#include "streams/fetcher.hpp"
#include "streams/json_echo.hpp"
#include "streams/key_table.hpp"
#include "time_text.hpp"

namespace anthropic_metrics::streams {

class ReportHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 64 * 1024;

  using error_code = boost::system::error_code;
  using string_view = boost::core::string_view;

  ReportHandler(const Layout& layout, bool keep_original);

  std::vector<Bucket> take() { return std::exchange(complete_, {}); }
  /// Why the handler stopped the parser; empty if it did not.
  const std::string& fault() const { return fault_; }
  bool saw_data() const { return saw_data_; }
  bool has_more() const { return has_more_; }
  const std::string& next_page() const { return next_page_; }

  /// The JSON path of what is being read: "$.data[3].results[12].output_tokens".
  std::string path() const;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code& ec) {
    if (echoing_) echo_.open('{');
    if (skip_ > 0 || target_.kind == Target::none) return descend_unknown();
    switch (place_) {
      case Place::start:
        place_ = Place::top;
        return true;
      case Place::data:
        return begin_bucket();
      case Place::results:
        return begin_row();
      case Place::row:
        if (target_.kind == Target::group) {
          place_ = Place::group;
          group_ = target_.index;
          return true;
        }
        break;
      default:
        break;
    }
    return wrong_type(ec, "an object");
  }

  bool on_object_end(std::size_t, error_code& ec) {
    if (echoing_) echo_.close('}');
    if (skip_ > 0) {
      --skip_;
      return true;
    }
    switch (place_) {
      case Place::group:
        place_ = Place::row;
        return true;
      case Place::row:
        return end_row(ec);
      case Place::bucket:
        return end_bucket(ec);
      default:
        place_ = Place::start;
        return true;
    }
  }

  bool on_array_begin(error_code& ec) {
    if (echoing_) echo_.open('[');
    if (skip_ > 0 || target_.kind == Target::none) return descend_unknown();
    if (target_.kind == Target::data) {
      if (saw_data_) return repeated(ec);
      saw_data_ = true;
      place_ = Place::data;
    } else if (target_.kind == Target::results) {
      if (saw_results_) return repeated(ec);
      saw_results_ = true;
      place_ = Place::results;
    } else {
      return wrong_type(ec, "an array");
    }
    target_ = {Target::element, 0};
    return true;
  }

  bool on_array_end(std::size_t, error_code&) {
    if (echoing_) echo_.close(']');
    if (skip_ > 0) {
      --skip_;
      return true;
    }
    place_ = place_ == Place::results ? Place::bucket : Place::top;
    return true;
  }

  bool on_key_part(string_view part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }

  bool on_key(string_view part, std::size_t, error_code&) {
    std::string_view key(part.data(), part.size());
    if (!key_.empty()) {
      key_.append(part.data(), part.size());
      key = key_;
    }
    if (echoing_) echo_.key(key);
    if (skip_ == 0)
      target_ = place_ == Place::row     ? row_keys_.find(key)
                : place_ == Place::group ? group_keys_[group_].find(key)
                                         : lookup(key);
    if (!key_.empty()) key_.clear();
    return true;
  }

  bool on_string_part(string_view part, std::size_t, error_code&) {
    if (wants_string()) string_.append(part.data(), part.size());
    return true;
  }

  bool on_string(string_view part, std::size_t, error_code& ec) {
    if (!wants_string()) return true;
    std::string_view value(part.data(), part.size());
    if (!string_.empty()) {
      string_.append(part.data(), part.size());
      value = string_;
    }
    if (echoing_) echo_.string(value);
    const bool good = skip_ > 0 || put_string(value, ec);
    if (!string_.empty()) string_.clear();
    return good;
  }

  bool on_number_part(string_view part, error_code&) {
    if (echoing_) number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, string_view part, error_code& ec) {
    echo_number(part);
    return skip_ > 0 || put_number(number, ec);
  }
  bool on_uint64(std::uint64_t, string_view part, error_code& ec) {
    // The parser reports only values above int64 here.
    echo_number(part);
    if (skip_ > 0 || target_.kind == Target::none) return true;
    return refuse(ec, "is above 9223372036854775807, the largest count that can be stored");
  }
  bool on_double(double number, string_view part, error_code& ec) {
    echo_number(part);
    if (skip_ > 0 || target_.kind == Target::none) return true;
    if (target_.kind == Target::count && std::trunc(number) == number && number < 9.2e18 &&
        number > -9.2e18)
      return put_number(static_cast<std::int64_t>(number), ec);
    if (target_.kind == Target::count) return refuse(ec, "expected a whole number of 64 bits");
    return wrong_type(ec, "a number");
  }
  bool on_bool(bool value, error_code& ec) {
    if (echoing_) echo_.literal(value ? "true" : "false");
    if (skip_ > 0 || target_.kind == Target::none) return true;
    if (target_.kind != Target::has_more) return wrong_type(ec, value ? "true" : "false");
    has_more_ = value;
    return true;
  }
  bool on_null(error_code& ec) {
    if (echoing_) echo_.literal("null");
    if (skip_ > 0) return true;
    switch (target_.kind) {
      case Target::text:
        return put_text({0, 0, Text::State::null}, ec);
      case Target::none:
      case Target::count:
      case Target::group:
      case Target::has_more:
      case Target::next_page:
        return true;
      default:
        return wrong_type(ec, "null");
    }
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  enum class Place { start, top, data, bucket, results, row, group };
  /// Of keys outside of rows.
  Target lookup(std::string_view key) const;
  bool begin_bucket();
  bool end_bucket(error_code& ec);
  bool begin_row() {
    place_ = Place::row;
    bucket_.rows.emplace_back();
    if (keep_original_) begin_echo();
    return true;
  }
  void begin_echo();
  bool end_row(error_code& ec);
  bool put_string(std::string_view value, error_code& ec) {
    if (target_.kind == Target::text) return put_text(bucket_.keep(value), ec);
    return target_.kind == Target::none || put_rare_string(value, ec);
  }
  bool put_rare_string(std::string_view value, error_code& ec);
  bool put_text(Text place, error_code& ec) {
    Text& text = bucket_.rows.back().texts[target_.index];
    if (text.state != Text::State::absent) return repeated(ec);
    text = place;
    return true;
  }
  bool put_number(std::int64_t number, error_code& ec) {
    if (target_.kind == Target::none) return true;
    if (target_.kind != Target::count) return wrong_type(ec, "a number");
    if (number < 0) return below_zero(ec, number);
    Row& row = bucket_.rows.back();
    const std::uint32_t bit = 1u << target_.index;
    if ((row.counts_present & bit) != 0) return repeated(ec);
    row.counts_present |= bit;
    row.counts[target_.index] = number;
    return true;
  }

  bool descend_unknown() {
    ++skip_;
    return true;
  }
  bool wants_string() const { return echoing_ || (skip_ == 0 && target_.kind != Target::none); }
  void echo_number(string_view part) {
    if (!echoing_) return;
    number_.append(part.data(), part.size());
    echo_.literal(number_);
    number_.clear();
  }
  bool refuse(error_code& ec, const std::string& what);
  bool wrong_type(error_code& ec, const std::string& found);
  bool repeated(error_code& ec);
  bool below_zero(error_code& ec, std::int64_t number);

  const Layout& layout_;
  const bool keep_original_;
  Place place_ = Place::start;
  Target target_;
  KeyTable row_keys_;
  std::vector<KeyTable> group_keys_;  ///< By the index of the group's first count column.
  std::uint32_t required_ = 0;        ///< Bit i: every row must have count i.
  std::size_t group_ = 0;  ///< Which group object is open: index of its first count column.
  std::size_t skip_ = 0;   ///< Depth inside something unknown.
  bool echoing_ = false;
  JsonEcho echo_;
  std::string key_, string_, number_;

  bool saw_data_ = false, has_more_ = false, saw_results_ = false;
  bool saw_start_ = false, saw_end_ = false;
  std::string next_page_;
  std::size_t buckets_ = 0;  ///< Begun so far; the index in the path is one less.
  Bucket bucket_;
  std::size_t usual_rows_ = 0, usual_text_ = 0;  ///< Of the bucket before.
  std::vector<Bucket> complete_;
  std::string fault_;
};

}  // namespace anthropic_metrics::streams
