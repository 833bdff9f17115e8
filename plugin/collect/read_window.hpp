// SPDX-License-Identifier: Apache-2.0
// A window of buckets, page by page.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// Reads and emits every bucket of the window. What came before a fault is emitted and counts: the
/// lane's cursor is there. What is too much for one answer is asked for in less. sequence: fresh.
boost::asio::awaitable<Outcome<void>> read_window(const Services& services, Lane& lane,
                                                  streams::Window window,
                                                  streams::BucketSequence& sequence);

}  // namespace anthropic_metrics
