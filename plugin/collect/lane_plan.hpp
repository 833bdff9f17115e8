// SPDX-License-Identifier: Apache-2.0
// Which stretches of time a stream is read in, and with which grain each: those that the ledger
// knows, and a new one when the configuration asks for another grain than before.
#pragma once

#include <vector>

#include "collect/services.hpp"
#include "ledger/ledger.hpp"

namespace anthropic_metrics {

/// Every lane of a stream with buckets, oldest first; the one without an end has the grain that is
/// configured. Server time must be known.
Result<std::vector<ledger::Lane>> plan_lanes(const Services& services, const StreamChoice& choice);

}  // namespace anthropic_metrics
