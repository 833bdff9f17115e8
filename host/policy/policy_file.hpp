// SPDX-License-Identifier: Apache-2.0
// Reads a policy file and the inputs.d/*.yml beside it. What the texts mean is policy's job.
#pragma once

#include <filesystem>
#include <vector>

#include "failure.hpp"
#include "policy/policy.hpp"

namespace anthropic_metrics::host {

// The main file first, then inputs.d in name order.
Result<std::vector<PolicySource>> read_policy_files(const std::filesystem::path& main_file);

}  // namespace anthropic_metrics::host
