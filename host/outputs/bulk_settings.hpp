// SPDX-License-Identifier: Apache-2.0
// How documents are sent to a store, beside where it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace anthropic_metrics::host {

struct BulkSettings {
  std::uint64_t bulk_max_size = 1600;        // documents in a request
  std::uint64_t bulk_max_bytes = 5'242'880;  // before packing; a single document may be larger
  std::uint64_t worker = 1;                  // requests at a time
  std::uint64_t compression_level = 1;       // 0: not packed
  std::uint64_t max_retries = 3;             // before the batch goes back to the plugin
  std::chrono::milliseconds backoff_init{1000};
  std::chrono::milliseconds backoff_max{60'000};
  bool require_templates = true;
  std::string dead_letter_path;  // empty: none
  std::uint64_t dead_letter_max_kb = 102'400;

  bool operator==(const BulkSettings&) const = default;
};

}  // namespace anthropic_metrics::host
