// SPDX-License-Identifier: Apache-2.0
// The names of a grain's rows and documents: what they are known by, in the ledger and in the
// store, is hashed here and nowhere else. What writes documents and what reads them back share it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/entity.hpp"
#include "ledger/identity.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics {

/// ledger::Lane::personal of rows with this layout.
std::string personal_grain(const streams::Layout& layout);

class RowKeys {
 public:
  /// What all rows of a grain share.
  struct Grain {
    std::string organization_id;
    std::string dataset;
    std::string bucket_width;
    std::vector<std::string> group_by;
    std::string personal{};  ///< ledger::Lane::personal
  };
  /// The measures of a row, as the layout numbers them.
  struct Measures {
    const std::int64_t* counts = nullptr;
    std::array<std::string_view, streams::Row::most_amounts> amounts{};
    const std::int64_t* sums = nullptr;  ///< By Layout::sums; null: they are those of the counts.
  };

  /// layout is borrowed.
  RowKeys(const streams::Layout& layout, const Grain& grain);

  /// From now on rows are of the bucket that starts then, or of what is read at that time: seconds,
  /// or days, since 1970.
  void begin(std::int64_t time);

  /// text: the block that the places of the row point into.
  RowKey of(const std::string& text, const streams::Row& row);
  /// Of an entry from which something odd was left out: it is another document than the whole of
  /// it, read in the same second.
  RowKey of_partial(const std::string& text, const streams::Row& row);
  /// Of what an instance observed: two instances that begin within a second tell different things
  /// of it, and no document may be taken for another.
  RowKey of_observed(const std::string& text, const streams::Row& row);
  /// Of a row that was set aside: what it is known by is its text, and why.
  RowKey of_odd(std::string_view reason, std::string_view original);
  /// The same news of the same day has the same key, also if the state was lost meanwhile.
  RowKey of_entity(const ledger::Entity& entity);

  /// What a correction changes by and to, for its document's id. Valid until the next call.
  std::string_view step(const Measures& change, const Measures& total);

 private:
  const streams::Layout& layout_;
  KeyBuilder key_;  ///< Starts with what all rows share, then with what those of a bucket share.
  std::size_t shared_, of_bucket_ = 0;
  KeyBuilder step_;
};

}  // namespace anthropic_metrics
