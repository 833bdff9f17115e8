// SPDX-License-Identifier: Apache-2.0
// One document of a stream whose documents add up: which row it is of, and what it adds to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"
#include "proof/whole.hpp"

namespace anthropic_metrics::host {

// Measures of one row, or of many: in the order of RowFields::counts and RowFields::amounts.
struct Measures {
  std::vector<Whole> counts;
  std::vector<Decimal> amounts;

  void add(const Measures& other);
  // Zeros do not count: a row that is not there is equal to one whose measures are all zero.
  bool zero() const;
  bool operator==(const Measures& other) const;
};

// How a stream was split when the document was written: rows of different grains count the same
// usage twice.
struct Grain {
  std::string width;                  // "1h"
  std::vector<std::string> group_by;  // sorted

  bool operator==(const Grain&) const = default;
  auto operator<=>(const Grain&) const = default;
};

// "1h by model, workspace_id", for messages.
std::string to_text(const Grain& grain);

struct RowDocument {
  enum class Kind {
    foreign,         // no row of the stream
    unreadable,      // a row, but a measure or a time in it cannot be understood
    pipeline_error,  // a row that could not be read or processed: it has no measures
    row,
  };
  Kind kind = Kind::foreign;
  std::int64_t start = 0;  // of the bucket, seconds since 1970 UTC
  std::int64_t end = 0;
  Grain grain;
  // What else says which row it is, in one form for all that say the same: members of a JSON object
  // sorted by name, without its braces: "model":"claude-b","workspace_id":"wrkspc_1".
  std::string dimensions;
  Measures measures;
  bool ours = false;  // as our plugin writes it; otherwise another collector did
  std::int64_t revision = 0;
  std::string id;            // event.id; empty: it has none
  std::string organization;  // empty: it says none
  std::string dataset;       // data_stream.dataset; empty: it says none

  // Where a store has it; of a file its name and line. For messages, and to find one id twice.
  std::string place;
  std::string stored_id;  // what a store calls it; empty elsewhere
  // The document, or as much of it as was asked for. Valid as long as this is.
  std::string_view json;
};

}  // namespace anthropic_metrics::host
