// SPDX-License-Identifier: Apache-2.0
// Reads a stream of things that stay: the whole list, of which what changed is emitted.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// Reads the list, page by page; a page is emitted once it is known to be whole, and what the list
/// no longer has once all of it was read.
boost::asio::awaitable<Outcome<void>> read_entities(const Services& services, Lane& lane);

}  // namespace anthropic_metrics
