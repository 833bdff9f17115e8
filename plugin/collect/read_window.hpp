// SPDX-License-Identifier: Apache-2.0
// A window of buckets, page by page, whichever shape the pages have.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// What of a window was read and emitted.
struct Reading {
  Instant began{};    ///< Where the buckets that came began: the window's end if there was none.
  Instant reached{};  ///< Before the window's end if the API says that the rest is not complete.
};

/// Reads and emits every bucket of the window. What came before a fault is emitted and counts: the
/// lane's cursor is there. What is too much for one answer is asked for in less. may_begin_late:
/// buckets may be missing at the beginning, where history ends.
boost::asio::awaitable<Outcome<Reading>> read_window(const Services& services, Lane& lane,
                                                     streams::Window window,
                                                     bool may_begin_late = false);

/// How far a window came, if nothing is missing before it: one of history lies before the cursor.
Result<void> keep_progress(Lane& lane, streams::Window window, Instant reached);

}  // namespace anthropic_metrics
