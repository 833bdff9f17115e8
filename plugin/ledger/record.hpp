// SPDX-License-Identifier: Apache-2.0
// What the ledger knows of one bucket: every row ever emitted for it, with its key, the value that
// its documents add up to, and its newest revision. One packed blob per bucket; nothing is stored
// per document. Dimensions are kept too (each string once per bucket), because the correction of a
// row that vanished must still say whose row it was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ledger/identity.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics::ledger {

struct RecordRow {
  RowKey key{};
  std::uint32_t revision = 0;
  /// Stands for a row that could not be read and was set aside under this key; its totals are zero.
  /// An older version takes it for a row that vanished.
  bool set_aside = false;
  streams::Row row;  ///< Totals: counts and amount are what the emitted documents add up to.
};

struct BucketRecord {
  std::string text;  ///< The block that the rows' places point into.
  std::vector<RecordRow> rows;

  std::string_view view(const streams::Text& place) const {
    return std::string_view(text).substr(place.offset, place.size);
  }
};

/// Packs a record for `layout`: columns beyond the layout's are not kept.
std::string pack(const BucketRecord& record, const streams::Layout& layout);

/// The reverse. Errc::state if the bytes are not a record. A record packed with fewer columns (by
/// an older version) reads as if the new ones had been absent and zero.
Result<BucketRecord> unpack(std::string_view bytes);

}  // namespace anthropic_metrics::ledger
