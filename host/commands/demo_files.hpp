// SPDX-License-Identifier: Apache-2.0
// What the demo leaves in its folder: a policy that can be read and run again, and the data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

struct DemoFolder {
  std::filesystem::path root;

  std::filesystem::path policy() const { return root / "policy.yml"; }
  std::filesystem::path documents() const { return root / "documents"; }
  std::filesystem::path state() const { return root / "data"; }
  std::filesystem::path certificates() const { return root / "certificates"; }
  std::filesystem::path simulator_log() const { return root / "simulator.log"; }
  std::filesystem::path description() const { return root / "description.json"; }
};

// Removes what an earlier demo made, and nothing else; makes the folder anew.
Result<void> prepare(const DemoFolder& folder);

// The policy for the simulator at url, with these data sets. It names its own folder as
// ${path.config}, so that the folder may be moved.
std::string demo_policy(const std::string& url, const std::string& certificate_authority,
                        const std::vector<std::string>& datasets);

}  // namespace anthropic_metrics::host
