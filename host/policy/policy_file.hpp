// SPDX-License-Identifier: Apache-2.0
// Reads a policy file and the inputs.d/*.yml beside it. What the texts mean is policy's job.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace anthropic_metrics::host {

struct PolicyFiles {
  std::vector<PolicySource> sources;  // the main file first, then inputs.d in name order
  std::string error;                  // one sentence with the remedy; then sources is useless
};

PolicyFiles read_policy_files(const std::filesystem::path& main_file);

}  // namespace anthropic_metrics::host
