// SPDX-License-Identifier: Apache-2.0
// Which engine a store is.
#pragma once

#include <string>
#include <utility>

#include "failure.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

struct Engine {
  std::string word;  // "elasticsearch", "serverless" or "opensearch", as the assets name them
  std::string name;  // "OpenSearch 2.19.1", for people
  std::pair<int, int> version{0, 0};
};

// Asks GET /. Anything but the three is a failure.
Result<Engine> engine_of(StoreClient& client);

}  // namespace anthropic_metrics::host
