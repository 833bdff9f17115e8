// SPDX-License-Identifier: Apache-2.0
// What an audit found, as plain values. Times are seconds since 1970 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proof/row_document.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

// A measure of one row, or of all, as both sides have it.
struct Sum {
  std::string field;
  std::string api;
  std::string store;
};

// A row whose sums are not equal.
struct Difference {
  enum class Kind {
    missing,    // the API has it, the store does not
    extra,      // the store has it, the API does not
    different,  // both have it
    overlap,    // the store has the same hours in another grain: they count twice
  };
  Kind kind = Kind::different;
  std::int64_t start = 0;
  Grain grain;
  std::string dimensions;   // members of a JSON object
  std::vector<Sum> fields;  // those that are not equal
};

std::string_view to_string(Difference::Kind kind);

// What may be why, or is strange although every sum is right.
struct Finding {
  std::string kind;
  std::uint64_t count = 0;
  std::string example;
  std::string sentence;
};

// Buckets with differences, side by side, of one grain. withdraw: nothing of them should be there.
struct Span {
  Grain grain;
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool withdraw = false;
};

struct StreamAudit {
  static constexpr std::size_t most_differences = 1000;

  std::string stream;
  std::string data_stream;
  Grain grain;  // configured
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::uint64_t buckets = 0;    // that one side or both have rows of
  std::uint64_t rows = 0;       // of the API
  std::uint64_t documents = 0;  // of the store
  Measures api;
  Measures store;
  std::uint64_t different_rows = 0;
  std::uint64_t on_their_way = 0;       // rows that the store may not have yet
  std::vector<Difference> differences;  // at most so many
  std::vector<Finding> findings;
  std::vector<Span> spans;  // all that repair has to look at
};

struct RepairReport {
  std::uint64_t documents = 0;  // corrections
  bool dry_run = true;          // corrections are only counted
  std::uint64_t different_rows_after = 0;
  std::vector<std::string> problems;  // what was left as it was, and why; none: nothing was

  bool written() const { return !dry_run && documents > 0; }
};

struct AuditReport {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<std::string> problems;  // why something was not compared; none: all was
  std::vector<StreamAudit> streams;
  std::optional<RepairReport> repair;

  std::uint64_t different_rows() const;
  bool complete() const { return problems.empty() && (!repair || repair->problems.empty()); }
  // Every sum is, at the end, as the API says it.
  bool equal() const;
};

// Sums of all measures, in the order of the fields.
std::vector<Sum> sums_of(const RowFields& fields, const Measures& api, const Measures& store);

}  // namespace anthropic_metrics::host
