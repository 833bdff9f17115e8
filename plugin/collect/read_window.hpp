// SPDX-License-Identifier: Apache-2.0
// A window of buckets, page by page, whichever shape the pages have.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "collect/history_part.hpp"
#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// Reads and emits every bucket of the window. What came before a fault is emitted and counts: the
/// lane's cursor is there. What is too much for one answer is asked for in less. part: it is
/// one of history: read when it is its turn, and buckets may be missing at its beginning, where
/// history ends. Borrowed.
boost::asio::awaitable<Outcome<WindowReading>> read_window(const Services& services, Lane& lane,
                                                           streams::Window window,
                                                           const HistoryPart* part = nullptr);

/// How far a window came, if nothing is missing before it: one of history lies before the cursor.
Result<void> keep_progress(Lane& lane, streams::Window window, Instant reached);

}  // namespace anthropic_metrics
