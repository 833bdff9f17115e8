// SPDX-License-Identifier: Apache-2.0
// Data streams that are there already learn what a newer version knows beyond the old one.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "setup/store_setup.hpp"

namespace anthropic_metrics::host {

// A step for each: its write index has our mapping, is given it, or, where a field has another type
// or the pipeline is missing, another index is begun.
Result<void> plan_data_streams(StoreClient& client, const boost::json::object& assets,
                               std::vector<Step>& steps);

}  // namespace anthropic_metrics::host
