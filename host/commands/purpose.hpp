// SPDX-License-Identifier: Apache-2.0
// What the program is for: help and manual page begin with it.
#pragma once

#include <string_view>

namespace anthropic_metrics::host {

constexpr std::string_view purpose =
    "Collects Anthropic usage, cost and rate limits and ships them as ECS documents.";

}  // namespace anthropic_metrics::host
