// SPDX-License-Identifier: Apache-2.0
// What a store says when it is tried out: whether it answers, takes the credential, is of a version
// that can be used, grants what is needed, and has been set up.
#pragma once

#include <string>
#include <vector>

#include "failure.hpp"
#include "outputs/bulk_settings.hpp"
#include "policy/plugin_config.hpp"
#include "store/store_settings.hpp"

namespace anthropic_metrics::host {

class Log;

// Lines for a person, one per fact. Writes nothing to the store. The failure says the first thing
// that is wrong.
Result<std::vector<std::string>> check_store(const std::string& output, const StoreSettings& store,
                                             const BulkSettings& bulk,
                                             const std::vector<StreamTarget>& targets, Log& log);

}  // namespace anthropic_metrics::host
