// SPDX-License-Identifier: Apache-2.0
// A stream whose every answer is the full current state.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// Reads and emits the state, page by page; a page once it is known to be whole.
boost::asio::awaitable<Outcome<void>> read_snapshot(const Services& services, Lane& lane);

}  // namespace anthropic_metrics
