// SPDX-License-Identifier: Apache-2.0
// The documents of a data stream in Elasticsearch or OpenSearch, whichever backing index they are
// in, read from snapshots of some days each.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "outputs/dead_letters.hpp"
#include "proof/holdings.hpp"
#include "proof/row_fields.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

struct StoreHoldingParts {
  StoreClient& client;  // used by nobody else meanwhile
  std::string output;   // its name, for messages
  std::string data_stream;
  RowFields fields;
  Grain grain;                         // configured
  std::filesystem::path dead_letters;  // the output's file; empty: it has none
  std::stop_token stop{};
};

std::unique_ptr<Holdings> holdings_in(StoreHoldingParts parts);

}  // namespace anthropic_metrics::host
