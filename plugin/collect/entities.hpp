// SPDX-License-Identifier: Apache-2.0
// One reading of a list of things that stay, against what was told of them before: which documents
// it makes. A thing is told when something about it changed, and once a day; when the list no
// longer has it, once more.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "collect/directory.hpp"
#include "ledger/entity.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics {

class Entities {
 public:
  /// layout and directory are borrowed. at: server time of the reading.
  Entities(const streams::Layout& layout, std::string stream, const Directory& directory,
           Instant at);

  Instant at() const { return at_; }
  std::int64_t day() const { return day_; }

  /// The thing as the ledger is to know it, if this row is to be told; nothing if it was. text:
  /// what the row's places point into.
  std::optional<ledger::Entity> to_tell(const std::string& text, const streams::Row& row);
  /// After the last page: a row for each thing that the list had and does not have any more, with
  /// its last name, of a person only with personal_data full. None if some entry could not be read,
  /// which may be any of them.
  streams::Bucket removed();
  /// Some entry could not be read.
  void met_odd() { odd_ = true; }

 private:
  std::string_view view(const std::string& text, const streams::Row& row, std::size_t column) const;

  const streams::Layout& layout_;
  const std::string stream_;
  const Directory& directory_;
  const Instant at_;
  const std::int64_t day_;
  std::size_t name_, tags_, state_;  ///< Columns; beyond the last if there is none.
  std::set<std::string> met_;
  bool odd_ = false;
};

}  // namespace anthropic_metrics
