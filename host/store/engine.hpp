// SPDX-License-Identifier: Apache-2.0
// Which engine a store is, by its answer to GET /. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "store/store_client.hpp"

namespace anthropic_metrics::host {

struct StoreEngine {
  bool opensearch = false;
  bool serverless = false;
  std::pair<int, int> version{0, 0};
  std::string name;     // "OpenSearch 2.19.1", "Elasticsearch serverless", for people
  std::string cluster;  // its name

  // Has no data streams that are good enough: before Elasticsearch 8 or OpenSearch 2.
  bool too_old() const { return !serverless && version.first < (opensearch ? 2 : 8); }
};

// "2.19.1" as {2, 19}; {0, 0} if it is no version.
std::pair<int, int> version_in(std::string_view text);

// Nothing if it is no such answer.
std::optional<StoreEngine> engine_in(const StoreAnswer& answer);

inline constexpr const char* least_versions = "Elasticsearch 8 or OpenSearch 2 is the least";

}  // namespace anthropic_metrics::host
