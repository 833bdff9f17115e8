// SPDX-License-Identifier: Apache-2.0
// A window of a sparse report, whose pages are cut anywhere.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/read_window.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// As read_window. A page is read as a whole, then the buckets that it proves complete are emitted
/// and count. Behind what the API calls complete nothing is emitted, and no page is asked for. A
/// page token that is not taken any more begins the pages anew, from the first bucket that is not
/// emitted; a few times only, unless buckets came meanwhile.
boost::asio::awaitable<Outcome<Reading>> read_rows(const Services& services, Lane& lane,
                                                   streams::Window window);

}  // namespace anthropic_metrics
