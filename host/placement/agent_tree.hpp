// SPDX-License-Identifier: Apache-2.0
// Where an Elastic Agent lies on this machine: the folder above all, its versions, and the program
// that restarts it and says how it is. Source for names and places: an Agent of 2026-08.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

struct AgentVersion {
  std::filesystem::path folder;  // .../data/elastic-agent-<version>-<commit>
  bool current = false;          // the one that starts next

  std::string name() const { return folder.filename().string(); }
  std::filesystem::path components() const { return folder / "components"; }
};

struct AgentTree {
  std::filesystem::path top;
  std::filesystem::path data;          // empty: one lone version, as somebody may copy it
  std::filesystem::path program;       // empty: none, so nothing can be restarted
  std::vector<AgentVersion> versions;  // with a folder of components, in the order of their names
};

// named: what somebody says: the folder above all, data, a version's folder or its components.
// Empty: the usual places below root are looked at, and there must be an Agent in one of them only.
Result<AgentTree> find_agent(const std::filesystem::path& named,
                             const std::filesystem::path& root = "/");

// A folder below data that holds a version.
bool is_version_name(const std::string& name);

}  // namespace anthropic_metrics::host
