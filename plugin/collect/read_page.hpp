// SPDX-License-Identifier: Apache-2.0
// The path of the data: one page, from the socket to the ledger.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "collect/body_turn.hpp"
#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// What a page said besides its buckets, whole or not.
struct Page {
  std::string next;         ///< The token of the next page; empty: this was the last one.
  bool gap = false;         ///< Buckets were missing, repeated or out of order.
  bool met_broken = false;  ///< Rows were no JSON.
  bool stored = true;       ///< All buckets that the sequence took are in the ledger.
};

/// What the emitter made of some buckets, into the status and the log.
void tell_made(const Services& services, const Lane& lane, const Emitter::Made& made);

/// Asks for a page of `window` and emits its buckets as they come whole. limit: buckets at most.
/// turn: when the body may be read. sequence: every bucket before its end is emitted; it moves
/// with those that came, also if the page fails behind them, and stands for nothing if !stored.
boost::asio::awaitable<Outcome<void>> read_page(const Services& services, Lane& lane,
                                                streams::Window window, std::string_view token,
                                                std::int64_t limit, BodyTurn& turn,
                                                streams::BucketSequence& sequence, Page& page);

}  // namespace anthropic_metrics
