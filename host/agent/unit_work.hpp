// SPDX-License-Identifier: Apache-2.0
// A unit of an Elastic Agent as work: what the policy's item says, read as `run` reads a policy.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "control/units.hpp"
#include "failure.hpp"
#include "policy/policy.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// What an input's item says to the component itself; the rest is the plugin's.
struct ComponentSettings {
  std::filesystem::path state_path;  // ledger and documents lie below it
  bool to_store = false;             // write_to: elasticsearch. Otherwise files
  bool self_update = true;           // keep this program in every version of the Agent

  bool operator==(const ComponentSettings&) const = default;
};

struct UnitWork {
  InstanceSpec spec;  // its id is the unit's
  ComponentSettings settings;
  std::map<std::string, std::string> stream_ids;  // of the policy, by the stream's name
  std::vector<Note> notes;
};

// The folder that the Agent deletes together with the input is <home>/run/<component>; state of a
// component belongs beside <home>, into what a policy calls ${path.data}. Empty if work_folder is
// no such folder.
std::filesystem::path data_folder_of(const std::filesystem::path& work_folder);

// output: the source of the unit's output, which counts if the input says so; null: none has come.
// Fails with code configuration and one line per fault, which name the setting and the remedy.
Result<UnitWork> make_work(const WantedUnit& unit, const SecretText& output,
                           const std::filesystem::path& work_folder, const PluginLibrary& plugin,
                           Log& log);

}  // namespace anthropic_metrics::host
