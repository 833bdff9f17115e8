// SPDX-License-Identifier: Apache-2.0
// Where instances keep their state.
#pragma once

#include <string>
#include <string_view>

#include "failure.hpp"

namespace anthropic_metrics::host {

// Makes <data_path>/state, for this user's eyes only: it may hold what was asked with a key. An
// empty path means state in memory, and nothing is made. remedy: what to name instead.
Result<void> make_state_folder(const std::string& data_path, std::string_view remedy);

}  // namespace anthropic_metrics::host
