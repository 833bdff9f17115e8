// SPDX-License-Identifier: Apache-2.0
// What the documents of one stream say of the ids in their rows, ready to be copied. Rows of a
// bucket often share their ids: only where one differs from the row before it is looked up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/names.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics {

class RowNames {
 public:
  /// names: borrowed; null: nothing is ever said.
  RowNames(const streams::Layout& layout, std::string_view stream, const Names* names);

  /// Takes a row, whose places point into `text`.
  void take(const std::string& text, const streams::Row& row);

  /// Members of "anthropic" that come before the stream's own, each with a comma behind it;
  const std::string& before() const { return before_; }
  /// and those that come after it, each with a comma before it.
  const std::string& behind() const { return behind_; }

 private:
  struct Column {
    const Names::Things* things = nullptr;
    std::size_t index = 0;  ///< In the layout's texts.
    bool null_too = false;  ///< Null means the default one.
    std::string key;        ///< "\"workspace\":"
    std::string id;         ///< That was looked up last,
    streams::Text::State state{};
    std::string_view said{};  ///< and what was found.
  };
  void join();

  const Names* names_;
  std::uint64_t version_ = 0;    ///< Of the names, when they were looked up last.
  std::vector<Column> columns_;  ///< Sorted by key.
  std::size_t first_behind_ = 0;
  std::string before_, behind_;
};

}  // namespace anthropic_metrics
