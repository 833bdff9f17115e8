// SPDX-License-Identifier: Apache-2.0
// Cuts the answer of a list into its entries as it arrives: {"data": [entry, ...], "name": value}.
// A list may have another name; $.data is what messages call it.
// Holds one entry at a time, and follows brackets and quotes only: what is inside is read by who
// gets it. Everything around the entries must be JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_text.hpp"

namespace anthropic_metrics::streams {

/// Gets what the scanner finds, in the order of the answer. An error ends the scanning.
class EntryListener {
 public:
  virtual ~EntryListener() = default;
  /// An element of data, as it is written. whole: false if it is longer than most_entry_bytes; then
  /// this is how it begins.
  virtual Result<void> on_entry(std::string_view text, bool whole) = 0;
  /// Another member of the answer. What is longer than most_member_bytes is not told.
  virtual Result<void> on_member(std::string_view name, std::string_view text) = 0;
};

class EntryScanner {
 public:
  static constexpr std::size_t most_entry_bytes = 1u << 20;
  static constexpr std::size_t most_member_bytes = 64 * 1024;

  /// listener and list are borrowed. list: what the answer may call its data beside "data".
  explicit EntryScanner(EntryListener& listener, std::string_view list = "data")
      : listener_(listener), list_(list) {}

  /// The next piece of the answer. Errc::protocol with the JSON path.
  Result<void> feed(std::string_view piece);
  /// The answer is over. Errc::protocol if it is cut off or has no data.
  Result<void> finish() const;

 private:
  enum class At {
    start,       ///< Before the answer's brace.
    first_name,  ///< Behind it: a name or the end.
    name,        ///< Behind a comma: a name.
    in_name,
    colon,
    value,          ///< Before the value of a member.
    first_element,  ///< Behind the bracket of data: an element or the end.
    element,        ///< Behind a comma of data.
    in_value,       ///< In the value of a member, or in an element.
    behind_member,
    behind_element,
    end
  };

  Result<void> step(std::string_view& piece);
  Result<void> begin_value(char first);
  /// How much of the piece belongs to the value that is open; npos: all, and it goes on.
  std::size_t end_of_value(std::string_view piece);
  Result<void> end_value();
  Result<void> unexpected(char found, std::string_view expected) const;
  std::string path() const;

  EntryListener& listener_;
  const std::string_view list_;
  At at_ = At::start;
  bool in_data_ = false, saw_data_ = false;
  bool escaped_ = false;  ///< In a name or a string: behind a backslash.
  char kind_ = 0;         ///< First byte of the value that is open.
  JsonEnd nested_;        ///< Of an object or an array.
  std::string name_, value_;
  std::size_t size_ = 0;     ///< Of the value so far; value_ may hold less of it.
  std::size_t entries_ = 0;  ///< Begun.
  std::size_t bytes_ = 0;
};

}  // namespace anthropic_metrics::streams
