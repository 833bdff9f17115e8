// SPDX-License-Identifier: Apache-2.0
// What the state remembers of the size of a lane's pages.
#pragma once

#include <cstdint>

#include "ledger/ledger.hpp"

namespace anthropic_metrics {

/// Buckets a page that an earlier start found out; 0: nothing is remembered, or the lane is none.
Result<std::int64_t> remembered_pages(ledger::Ledger& ledger, std::int64_t lane);

}  // namespace anthropic_metrics
