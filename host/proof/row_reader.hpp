// SPDX-License-Identifier: Apache-2.0
// Reads a stream's documents as rows, whoever wrote them: this plugin, or another collector with
// the same fields.
#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proof/row_document.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

class RowReader {
 public:
  // configured: the grain of documents that do not say theirs, as far as they do not: other
  // collectors' have no group_by.
  RowReader(const RowFields& fields, Grain configured);

  // json: one object. row: what was in it is overwritten; its json is the text itself, its place
  // stays. Never fails: what is no row says so by its kind.
  void read(std::string_view json, RowDocument& row);

 private:
  enum class Role { count, amount, exact, start, end, width, group_by, revision, aside, within };
  struct Field {
    Role role = Role::aside;
    std::size_t index = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Dimension {
    std::string name;
    std::string value;  // as JSON
  };
  // A time as text, and what it is: most documents have that of the one before.
  struct Time {
    std::string text;
    std::int64_t seconds = 0;
    bool good = false;
  };

  void know(const std::string& name, Field field);
  void read_object(const boost::json::object& object, RowDocument& row, const std::string& before);
  void read_field(const boost::json::value& value, RowDocument& row, const Field& field);
  void read_count(const boost::json::value& value, Whole& count);
  void read_amount(const boost::json::value& value, RowDocument& row, const Field& field);
  static void read_group_by(const boost::json::value& value, RowDocument& row);
  static bool read_time(const boost::json::value& value, Time& time, std::int64_t& seconds);
  void read_dimension(std::string_view name, const boost::json::value& value);
  Dimension& add_dimension(std::string_view name);
  void settle_grain(RowDocument& row) const;
  // What a document does not say itself.
  void add_up(RowDocument& row) const;
  void write_dimensions(RowDocument& row);

  const RowFields fields_;
  const Grain configured_;
  std::unordered_map<std::string, Field, Hash, std::equal_to<>> known_;

  // Of the document in work; kept for their memory.
  std::array<unsigned char, 16 * 1024> memory_{};
  boost::json::parser parser_;
  std::vector<Dimension> dimensions_;
  std::size_t used_ = 0;     // of dimensions_
  std::vector<char> exact_;  // amounts that came as exact text
  std::vector<char> said_;   // counts that the document has
  Time start_, end_;
  bool broken_ = false, has_start_ = false, has_end_ = false, has_revision_ = false,
       has_group_by_ = false;
};

}  // namespace anthropic_metrics::host
