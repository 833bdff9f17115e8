// SPDX-License-Identifier: Apache-2.0
// The comparison that everything here ends with: a store, the state that filled it, and the truth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model_store.hpp"

namespace anthropic_metrics::test {

struct Settle {
  Milliseconds usage{}, cost{};
};

struct Verdict {
  std::vector<std::string> problems;  ///< Empty: the store equals the API.
  std::uint64_t rows = 0;             ///< Compared.
};

/// The state must be closed, everything delivered and everything read at `as_of`. Compares every
/// bucket of every lane, whatever its cursor says, and requires an empty outbox.
Verdict compare(const simulator::Simulator& simulator, ModelStore& store,
                const std::filesystem::path& state, Instant as_of, const Settle& settle);

}  // namespace anthropic_metrics::test
