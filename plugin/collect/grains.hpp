// SPDX-License-Identifier: Apache-2.0
// A stream's settings with another grain than the configured one: rows of it may be in a store, or
// asked for.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {

struct Grain {
  std::string bucket_width;
  std::vector<std::string> group_by;
  friend bool operator==(const Grain&, const Grain&) = default;
};

/// "1h [model, workspace_id]", for messages.
std::string describe(const Grain& grain);

/// The settings with that grain; dimensions come out sorted. Errc::argument if the stream has no
/// rows of such buckets, or not with these dimensions.
Result<streams::StreamSettings> with_grain(const streams::Descriptor& stream,
                                           streams::StreamSettings settings, Grain grain);

/// Rows of buckets that add up: what can be read on request, told, and named by its content.
/// Errc::argument with the reason if the stream has none.
Result<void> adds_up(const streams::Descriptor& stream, const streams::StreamSettings& settings,
                     std::string_view api_version);

}  // namespace anthropic_metrics
