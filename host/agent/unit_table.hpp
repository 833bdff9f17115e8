// SPDX-License-Identifier: Apache-2.0
// The units that an Elastic Agent wants of this component, and the workload that they are. What did
// not change runs on; what is refused is told, and what ran before it runs on.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/unit_work.hpp"
#include "control/actions.hpp"
#include "control/units.hpp"
#include "endpoint/host_status.hpp"
#include "log.hpp"
#include "run/plugin_library.hpp"
#include "run/workload.hpp"
#include "run/written_count.hpp"

namespace anthropic_metrics::host {

class UnitTable {
 public:
  // References outlive it. work_folder: the one that the Agent gives the component.
  UnitTable(const PluginLibrary& plugin, Workload& workload, const WrittenCount& written,
            std::filesystem::path work_folder, Log& log);

  // Makes the workload what is wanted, unit by unit, so that one that is refused spoils no other.
  // abandon: as in Workload::change_to.
  void apply(std::vector<WantedUnit> wanted, const std::function<bool()>& abandon);
  // Tries what could not start and has nothing else running; a lock may be free by now.
  void try_again(const std::function<bool()>& abandon);
  bool waits() const;  // for another try

  std::vector<SeenUnit> seen() const;
  // All units, in that state.
  std::vector<SeenUnit> all(UnitState state, const std::string& message) const;
  // Whether inputs want this program kept in every version of the Agent: unless one says no.
  bool self_update() const;

  // For the Agent's archive, of a unit or of the component. From any thread.
  std::vector<DiagnosticFile> diagnostics(const std::optional<UnitName>& unit) const;

 private:
  struct Unit {
    WantedUnit wanted;
    std::optional<UnitWork> work;  // what runs
    SecretText output_source;      // that it was made with
    std::uint64_t looked_at = 0;   // index of the configuration that was applied or refused
    std::string refusal;           // why the wanted one does not run
    bool may_pass = false;         // the refusal may pass by itself
  };
  using Units = std::map<UnitName, Unit>;

  void apply_input(Unit& unit, const std::function<bool()>& abandon);
  void stop_input(Unit& unit, const std::function<bool()>& abandon);
  Result<void> run(Unit& unit, UnitWork work, const std::function<bool()>& abandon);
  // The workload with this unit's work in place of what it has; null: without it.
  std::vector<InstanceSpec> specs_with(const Unit& unit, const UnitWork* work) const;
  const Unit* owner_of(const std::filesystem::path& state_path, const Unit& other) const;
  SecretText output_source() const;
  void refuse(Unit& unit, const Failure& failure);
  void keep_for_diagnostics();
  SeenUnit seen_input(const Unit& unit, const HostStatus& status) const;
  SeenUnit seen_output(const Unit& unit, const HostStatus& status) const;

  const PluginLibrary& plugin_;
  Workload& workload_;
  const WrittenCount& written_;
  const std::filesystem::path work_folder_;
  Log& log_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Units units_;

  mutable std::mutex mutex_;
  std::map<UnitName, SecretText> sources_;  // guarded by mutex_; as the Agent sent them
};

}  // namespace anthropic_metrics::host
