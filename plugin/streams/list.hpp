// SPDX-License-Identifier: Apache-2.0
// The fetcher that lists share: every poll is the full current state, {"data": [entry, ...]}, a
// page at a time. A stream file gives it the endpoint and the layout, whose columns say where they
// stand in an entry: paths as in list_entry.hpp. A text column with `json` is an array of strings.
//
// An entry whose identity cannot be read is set aside, as the API wrote it. Of one with another
// oddity the rest is a row, and the entry is told beside it. An entry that is no JSON holds back
// no other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "streams/fetcher.hpp"
#include "streams/list_entry.hpp"

namespace anthropic_metrics::streams {

/// How an answer names the next page and a request asks for it.
enum class Paging {
  next_page,  ///< "next_page" unless it is null; asked for with `page`.
  after_id,   ///< "last_id" if "has_more"; asked for with `after_id`.
};

/// Reads an entry into its row. False if there is none: entry.odd() says why.
using EntryReader = std::function<bool(ListEntry& entry)>;

/// The one that goes by the layout.
bool read_columns(ListEntry& entry);

struct ListEndpoint {
  std::string path{};
  std::vector<net::Header> headers{};
  Paging paging = Paging::next_page;
  std::string_view entries{};     ///< What they are, for messages: "rate limits".
  std::int64_t most_entries = 0;  ///< Sent as `limit`; 0: nothing is sent.
  std::vector<std::pair<std::string_view, std::string>> parameters{};  ///< Sent, in this order.
  bool keep_original = false;  ///< Each row keeps its entry, as it may be kept.
  /// Makes the reader of one answer's entries.
  std::function<EntryReader()> reader = [] { return EntryReader(read_columns); };
  /// The same list of one workspace: Fetcher::of_workspace. Layouts are equal.
  std::function<ListEndpoint(std::string_view id)> of_workspace{};
};

std::unique_ptr<Fetcher> make_list_fetcher(ListEndpoint endpoint, Layout layout);

}  // namespace anthropic_metrics::streams
