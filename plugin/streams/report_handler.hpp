// SPDX-License-Identifier: Apache-2.0
// The events of Boost.JSON's parser turned into buckets and rows. Internal to report_decoder.cpp,
// in a header only because the parser must see the bodies to inline them: that decides decoding
// speed.
#pragma once

#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "streams/fetcher.hpp"
#include "streams/key_table.hpp"
#include "streams/row_merger.hpp"
#include "streams/row_pattern.hpp"
#include "streams/row_source.hpp"

namespace anthropic_metrics::streams {

class ReportHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  // What is longer makes its row odd, or is cut where it says nothing to us.
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t most_text_bytes = 64 * 1024;
  /// Of one bucket: its rows' texts and originals together.
  static constexpr std::size_t most_bucket_bytes = std::size_t{1} << 31;

  using error_code = boost::system::error_code;
  using string_view = boost::core::string_view;

  /// most_rows: of one bucket, after equal ones were added up.
  ReportHandler(const Layout& layout, bool keep_original, std::size_t most_rows);

  std::vector<Bucket> take() { return std::exchange(complete_, {}); }
  /// Why the handler stopped the parser; empty if it did not.
  const std::string& fault() const { return fault_; }
  bool saw_data() const { return saw_data_; }
  bool has_more() const { return has_more_; }
  /// False: the answer did not say whether there is more, so next_page alone decides.
  bool saw_has_more() const { return saw_has_more_; }
  const std::string& next_page() const { return next_page_; }

  /// The JSON path of what is being read: "$.data[3].results[12].output_tokens".
  std::string path() const { return path_of(true); }

  /// Around the parsing of each piece, which stays where it is meanwhile.
  void begin_of_piece(std::string_view piece) {
    source_.begin_of_piece(piece);
    if (patience_ == 0) patience_ = 1;
  }
  void end_of_piece() { source_.end_of_piece(); }

  /// A row is open and is no JSON: the parser stopped, which is no fault of the handler's. Where in
  /// the piece it ends, RowSource::nowhere: in one to come. Nothing if that cannot be known: then
  /// the answer ends here.
  std::optional<std::size_t> end_of_broken_row() const;
  /// Sets that row aside. The parser begins anew: what it is told between the two calls, an array
  /// in an object in an array in an object and an element in it, says nothing.
  void begin_anew(const std::string& why);
  void go_on();

  // Rows that are written like one before them need no parser. It gets what is between them in
  // parts that end behind a row, or behind the bracket before the first, whenever pays() says so.

  /// What the parser read last.
  enum class Behind { other, bracket, row };
  Behind behind() const { return behind_; }
  bool pays() const { return !keep_original_ && patience_ > 0; }
  void begin_of_part() { behind_ = Behind::other; }
  /// The part is read, up to there, and one that may not end behind a row says nothing.
  void end_of_part(const char* end, bool behind_row);
  /// Reads the rows that come next as far as they are like the one before; says where they end.
  /// Only if behind() is bracket or row.
  const char* read_rows(const char* at, const char* end);
  /// The parser is told of rows that it did not read: of null, which stands for all of them.
  void stand_in(bool begins) {
    skip_ = begins ? 1 : 0;
    if (!begins) behind_ = Behind::row;
  }

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
    return wrong_type(ec, "an object") && descend_unknown();
  }

  bool on_object_end(std::size_t, error_code& ec) {
    if (echoing_) echo_.close('}');
    if (skip_ > 0) return ascend_unknown();
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
      behind_ = Behind::bracket;
    } else {
      if (place_ == Place::results && !echoing_) {  // An element that is no row.
        begin_echo('[');
        odd_element_ = true;
        return descend_unknown();
      }
      return wrong_type(ec, "an array") && descend_unknown();
    }
    target_ = {Target::element, 0};
    return true;
  }

  bool on_array_end(std::size_t, error_code&) {
    if (echoing_) echo_.close(']');
    if (skip_ > 0) return ascend_unknown();
    place_ = place_ == Place::results ? Place::bucket : Place::top;
    return true;
  }

  bool on_key_part(string_view part, std::size_t, error_code&) {
    if (source_.seeking()) source_.found(part.data());
    if (key_.size() <= most_text_bytes) key_.append(part.data(), part.size());
    return true;
  }

  bool on_key(string_view part, std::size_t, error_code&) {
    if (source_.seeking()) source_.found(part.data());
    source_.named();
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
    if (wants_string() && string_.size() <= most_text_bytes)
      string_.append(part.data(), part.size());
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
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, string_view part, error_code& ec) {
    const std::string_view text = number_text(part);
    const bool good = skip_ > 0 || put_number(number, text, ec);
    if (!number_.empty()) number_.clear();
    return good;
  }
  bool on_uint64(std::uint64_t, string_view part, error_code& ec) {
    // The parser reports only values above int64 here.
    return put_rare_number(number_text(part), ec);
  }
  bool on_double(double, string_view part, error_code& ec) {
    return put_rare_number(number_text(part), ec);
  }
  bool on_bool(bool value, error_code& ec) {
    if (echoing_) echo_.literal(value ? "true" : "false");
    if (skip_ > 0 || target_.kind == Target::none) return true;
    if (target_.kind != Target::has_more) return wrong_type(ec, value ? "true" : "false");
    has_more_ = value;
    saw_has_more_ = true;
    return true;
  }
  bool on_null(error_code& ec) {
    if (echoing_) echo_.literal("null");
    if (skip_ > 0) return true;
    switch (target_.kind) {
      case Target::text:
        return put_text(null, ec);
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
  static constexpr PackedRows::Reference absent = 0, null = 1;
  enum class Place { start, top, data, bucket, results, row, group };
  /// Without indexes it is the same however much was asked for: then one row is told in one way.
  std::string path_of(bool indexes) const;
  /// Of keys outside of rows.
  Target lookup(std::string_view key) const;
  bool begin_bucket();
  bool end_bucket(error_code& ec);
  void clear_row() {
    // The other places are never used.
    for (std::size_t i = 0; i < layout_.texts.size(); ++i) texts_[i] = absent;
    for (std::size_t i = 0; i < layout_.counts.size(); ++i) row_.counts[i] = 0;
    row_.counts_present = 0;
    row_.amount = row_.list_amount = row_.original = {};
    block_.clear();
  }
  bool begin_row() {
    place_ = Place::row;
    ++results_;
    clear_row();
    source_.open();
    if (keep_original_) begin_echo('{');
    return true;
  }
  Text keep(std::string_view value) {
    const Text place{static_cast<std::uint32_t>(block_.size()),
                     static_cast<std::uint32_t>(value.size()), Text::State::present};
    block_ += value;
    return place;
  }
  /// One row; null if it is written in another way, or is not whole here.
  const char* read_row(const char* at, const char* end);
  const char* read_text(const char* at, const char* end, std::uint32_t column);
  const char* read_amount(const char* at, const char* end);
  void begin_echo(char bracket);
  bool end_row(error_code& ec);
  /// The row that just ended goes to the odd ones.
  void set_row_aside();
  /// An element of results that is no object.
  bool odd_element(const std::string& found, std::string original);
  void keep_odd(OddRow odd);
  bool too_many(error_code& ec);
  bool put_string(std::string_view value, error_code& ec) {
    if (target_.kind == Target::text && value.size() <= most_text_bytes)
      return put_text(merger_.intern(bucket_.rows, target_.index, value), ec);
    return target_.kind == Target::none || put_rare_string(value, ec);
  }
  bool put_rare_string(std::string_view value, error_code& ec);
  bool put_text(PackedRows::Reference reference, error_code& ec) {
    PackedRows::Reference& text = texts_[target_.index];
    if (text != absent) return repeated(ec);
    text = reference;
    return true;
  }
  /// Below zero, or so large that a sum with others might not fit.
  static bool unusual(std::int64_t number) { return static_cast<std::uint64_t>(number) >> 40 != 0; }
  bool put_number(std::int64_t number, std::string_view text, error_code& ec) {
    if (target_.kind == Target::none) return true;
    if (target_.kind != Target::count) return put_other_number(text, ec);
    const std::uint32_t bit = 1u << target_.index;
    if ((row_.counts_present & bit) != 0) return repeated(ec);
    row_.counts_present |= bit;
    row_.counts[target_.index] = number;
    if (unusual(number)) unusual_ = true;
    return true;
  }
  bool put_rare_number(std::string_view text, error_code& ec);
  bool put_other_number(std::string_view text, error_code& ec);
  bool put_amount(std::string_view text, error_code& ec);

  bool descend_unknown() {
    ++skip_;
    return true;
  }
  bool ascend_unknown();
  bool wants_string() const { return echoing_ || (skip_ == 0 && target_.kind != Target::none); }
  /// The number as it is written, from its last part.
  std::string_view number_text(string_view part) {
    std::string_view text(part.data(), part.size());
    if (!number_.empty()) {
      number_.append(part.data(), part.size());
      text = number_;
    }
    if (echoing_) echo_.literal(text);
    return text;
  }
  /// Within a row it is the row that is refused: true, and reading goes on.
  bool refuse(error_code& ec, const std::string& what);
  bool wrong_type(error_code& ec, const std::string& found);
  bool repeated(error_code& ec);

  const Layout& layout_;
  const bool keep_original_;
  const std::size_t most_rows_;
  Place place_ = Place::start;
  Target target_;
  KeyTable row_keys_;
  std::vector<KeyTable> group_keys_;  ///< By the index of the group's first count column.
  std::uint32_t required_ = 0;        ///< Bit i: every row must have count i.
  std::size_t group_ = 0;  ///< Which group object is open: index of its first count column.
  std::size_t skip_ = 0;   ///< Depth inside something unknown.
  bool echoing_ = false;
  JsonWriter echo_{most_original_bytes};
  std::string key_, string_, number_;

  PackedRows::References texts_{};  ///< Of the row that is being read,
  Row row_;                         ///< the rest of it,
  std::string block_;               ///< and what that points into.
  RowSource source_;
  RowPattern pattern_;
  /// Of the bucket, by column: the text that was read last without the parser; 0: none.
  PackedRows::References plain_{};
  Behind behind_ = Behind::other;
  bool usual_row_ = false;  ///< Nothing was wrong with the row that ended last.
  static constexpr std::size_t most_patience = 8;
  std::size_t patience_ = most_patience;  ///< Falls with rows that needed the parser.
  std::string odd_;               ///< Why the row that is being read is odd; empty: it is not.
  std::uint32_t unreadable_ = 0;  ///< Bit i: text i of that row could not be read.
  bool unusual_ = false;          ///< One of its counts is.
  bool odd_element_ = false;

  bool saw_data_ = false, has_more_ = false, saw_has_more_ = false, saw_results_ = false;
  bool saw_start_ = false, saw_end_ = false;
  std::string next_page_;
  std::size_t buckets_ = 0;  ///< Begun so far; the index in the path is one less.
  std::size_t results_ = 0;  ///< Of the bucket, likewise.
  Bucket bucket_;
  RowMerger merger_;
  std::size_t usual_rows_ = 0, usual_text_ = 0;  ///< Of the bucket before.
  std::vector<Bucket> complete_;
  std::string fault_;
};

}  // namespace anthropic_metrics::streams
