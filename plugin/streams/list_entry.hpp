// SPDX-License-Identifier: Apache-2.0
// An entry of a list on its way to a row. Paths lead through objects of the entry with dots,
// "scope.workspace_id"; what is absent or null there is left out of the row. What is of another
// kind than expected is left out too, and odd: the first such thing is told, with its place.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "streams/rows.hpp"

namespace anthropic_metrics::streams {

class ListEntry {
 public:
  /// value, written, layout and bucket are borrowed. written: the entry as the API wrote it. path:
  /// its place in the answer, "$.data[3]".
  ListEntry(const boost::json::value& value, std::string_view written, std::string path,
            const Layout& layout, Bucket& bucket);

  /// The object at path, empty if there is none; the entry itself is at "".
  const boost::json::object& object(std::string_view path);
  std::string_view written() const { return written_; }

  /// Reads a string into that text of the row.
  void text(std::size_t column, std::string_view path);
  /// The same of an RFC 3339 time.
  void time(std::size_t column, std::string_view path);
  /// The same of an array of strings, as JSON.
  void strings(std::size_t column, std::string_view path);
  /// Reads a whole number of 0 or more into that count of the row.
  void count(std::size_t column, std::string_view path);
  /// The same of every count of the layout; one that is required and missing is odd.
  void counts();
  /// A whole number of 0 or more, also one that is written as 1.0e9. written: as it stands in the
  /// answer, empty if that is not known. place: below the entry, ".limits[0].value".
  std::optional<std::int64_t> whole(const boost::json::value& value, std::string_view written,
                                    std::string_view place);

  /// Reads an amount of money, text or a number, into the row's amount or list_amount, exactly as
  /// it is written. False if there is none.
  bool amount(Text Row::*into, std::string_view path);

  /// Reads a number into a text column that holds JSON, as it is written.
  void number(std::size_t column, std::string_view path);

  /// Reads true or false into a text column that holds JSON.
  void flag(std::size_t column, std::string_view path);

  /// Another row of the same entry, read from a value below it: an element of an array. Its texts
  /// are those that this one has so far; what is odd in it makes only itself odd. place: below this
  /// one, ".model_breakdown[0]".
  ListEntry below(const boost::json::value& value, std::string_view written,
                  std::string_view place) const;

  void odd(std::string_view place, std::string_view what);
  /// The same of something without which nobody knows whose row it is.
  void odd_identity(std::string_view place, std::string_view what);
  /// Empty if nothing is.
  const std::string& odd() const { return odd_; }
  /// No text of its identity was odd: it is known which row's numbers are missing.
  bool identified() const { return identified_; }

  const Layout& layout() const { return layout_; }
  Row& row() { return row_; }
  bool has(std::size_t text) const { return row_.texts[text].state == Text::State::present; }
  std::string_view view(std::size_t text) const { return bucket_.view(row_.texts[text]); }
  /// Of a personal column what may be shown of it.
  void keep(std::size_t text, std::string_view value);

 private:
  /// What stands at path, unless it is null.
  const boost::json::value* at(std::string_view path);
  /// The same as the API wrote it; empty if it is not there.
  std::string_view written_at(std::string_view path) const;
  /// A value of another kind than expected, for messages.
  std::string found(const boost::json::value& value) const;

  const boost::json::value& value_;
  const std::string_view written_;
  const std::string path_;
  const Layout& layout_;
  Bucket& bucket_;
  Row row_;
  std::string odd_;
  std::size_t oddities_ = 0;
  bool identified_ = true;
};

}  // namespace anthropic_metrics::streams
