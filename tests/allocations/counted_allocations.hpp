// SPDX-License-Identifier: Apache-2.0
// How often this program has asked for memory by operator new, which counted_allocations.cpp
// replaces: so a test of it is a program of its own.
#pragma once

#include <cstdint>

namespace anthropic_metrics::test {

/// By all threads since the program began.
std::uint64_t allocations();

}  // namespace anthropic_metrics::test
