// SPDX-License-Identifier: Apache-2.0
// When a data stream begins a new index, and when old ones go: ILM of Elasticsearch, ISM of
// OpenSearch.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "setup/store_setup.hpp"

namespace anthropic_metrics::host {

// Adds a step, or none where the assets have no lifecycle. ism: the engine is OpenSearch.
Result<void> plan_lifecycle(StoreClient& client, const boost::json::object& assets, bool ism,
                            const SetupWishes& wishes, std::vector<Step>& steps);

}  // namespace anthropic_metrics::host
