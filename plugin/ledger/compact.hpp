// SPDX-License-Identifier: Apache-2.0
// Documents of one batch differ in a few values, so the outbox keeps each as its differences from
// the one before: a sixth of the bytes, which are written twice (log and database) for every
// document. What comes back is the same, byte for byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/value_places.hpp"

namespace anthropic_metrics::ledger {

/// text: parts of these sizes, one after another. values: of the parts, as far as they are known;
/// where they are, nothing is searched.
std::string compact(std::string_view text, const std::vector<std::uint32_t>& sizes,
                    const ValuePlaces& values = {});

/// The reverse; nothing if the bytes do not make parts of these sizes.
std::optional<std::string> expand(std::string_view bytes, const std::vector<std::uint32_t>& sizes);

}  // namespace anthropic_metrics::ledger
