// SPDX-License-Identifier: Apache-2.0
// Reads a list whose pages are the full current state together: for streams that tell all of it,
// and for those that tell what changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "collect/lane.hpp"
#include "collect/outcome.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

struct ListPage {
  streams::Bucket rows;
  Instant date{};  ///< Server time of the answer.
  std::string next;
};

/// What becomes of a page that is known to be whole.
using TakePage = std::function<Result<void>(const ListPage& page)>;

/// Reads a list to its end, page by page. lane: on whose behalf. Room for documents is waited for
/// before a page is asked for.
boost::asio::awaitable<Outcome<void>> read_list(const Services& services, const Lane& lane,
                                                const streams::Fetcher& fetcher,
                                                const TakePage& take);

}  // namespace anthropic_metrics
