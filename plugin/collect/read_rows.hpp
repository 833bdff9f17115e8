// SPDX-License-Identifier: Apache-2.0
// A window of a sparse report, whose pages are cut anywhere.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/read_window.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// As read_window. A page is read as a whole, then the buckets that it proves complete are emitted
/// and count. Behind what the API calls complete nothing is emitted, and no page is asked for. A
/// page token that is not taken any more begins the pages anew, from the first bucket that is not
/// emitted; a few times only, unless buckets came meanwhile.
boost::asio::awaitable<Outcome<WindowReading>> read_rows(const Services& services, Lane& lane,
                                                         streams::Window window,
                                                         const HistoryPart* part = nullptr);

/// Emits whole buckets: waits while the host is behind, and lets others get on meanwhile.
boost::asio::awaitable<Result<void>> emit_buckets(const Services& services, Lane& lane,
                                                  std::vector<streams::Bucket> buckets);

}  // namespace anthropic_metrics
