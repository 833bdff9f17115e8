// SPDX-License-Identifier: Apache-2.0
#include "agent/unit_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/diagnostics.hpp"
#include "agent/unit_state.hpp"
#include "run/state_folder.hpp"
#include "run/workload_status.hpp"

namespace anthropic_metrics::host {
namespace {

bool is_input(const UnitName& name) {
  return name.side == UnitSide::input;
}

}  // namespace

UnitTable::UnitTable(const PluginLibrary& plugin, Workload& workload, const WrittenCount& written,
                     std::filesystem::path work_folder, Log& log)
    : plugin_(plugin),
      workload_(workload),
      written_(written),
      work_folder_(std::move(work_folder)),
      log_(log) {}

void UnitTable::apply(std::vector<WantedUnit> wanted, const std::function<bool()>& abandon) {
  // One that is told of no more has been reported as stopped, so nothing of it runs.
  std::erase_if(units_, [&](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const WantedUnit& unit) { return unit.name == entry.first; });
  });
  LogLevel most = LogLevel::error;
  for (WantedUnit& unit : wanted) {
    most = std::max(most, unit.level);
    units_[unit.name].wanted = std::move(unit);
  }
  // The Agent leaves out what a unit does not want to hear; ours must not be the coarser sieve.
  if (!wanted.empty()) log_.set_level(most);
  keep_for_diagnostics();
  // Who leaves first: its files and its state may be another's by now.
  for (auto& [name, unit] : units_)
    if (is_input(name) && !unit.wanted.runs && !abandon()) stop_input(unit, abandon);
  for (auto& [name, unit] : units_)
    if (is_input(name) && unit.wanted.runs && !abandon()) apply_input(unit, abandon);
}

void UnitTable::try_again(const std::function<bool()>& abandon) {
  for (auto& [name, unit] : units_) {
    if (!is_input(name) || !unit.wanted.runs || unit.work || !unit.may_pass || abandon()) continue;
    unit.looked_at = 0;
    apply_input(unit, abandon);
  }
}

bool UnitTable::waits() const {
  return std::any_of(units_.begin(), units_.end(), [](const auto& entry) {
    return entry.second.wanted.runs && !entry.second.work && entry.second.may_pass;
  });
}

void UnitTable::stop_input(Unit& unit, const std::function<bool()>& abandon) {
  unit.looked_at = unit.wanted.index;
  unit.refusal.clear();
  unit.may_pass = false;
  if (!unit.work) return;
  const auto stopped = workload_.change_to(specs_with(unit, nullptr), abandon);
  if (!stopped) return refuse(unit, stopped.error());
  log_.write(LogLevel::info, "agent", unit.wanted.name.id, "stopped: the policy has it no more");
  unit.work.reset();
}

void UnitTable::apply_input(Unit& unit, const std::function<bool()>& abandon) {
  const SecretText output = output_source();
  const bool output_counts = unit.work && unit.work->settings.to_store;
  const bool fresh = unit.looked_at != unit.wanted.index || !unit.refusal.empty() ||
                     (output_counts && !same_secret(unit.output_source, output));
  if (!fresh) {
    // Only the level can have changed.
    if (unit.work && unit.work->spec.log_level != unit.wanted.level) {
      unit.work->spec.log_level = unit.wanted.level;
      (void)workload_.change_to(specs_with(unit, &*unit.work), abandon);
    }
    return;
  }
  unit.looked_at = unit.wanted.index;
  auto work = make_work(unit.wanted, output, work_folder_, plugin_, log_);
  if (!work) return refuse(unit, work.error());
  unit.output_source = output;
  if (const auto running = run(unit, std::move(*work), abandon); !running)
    return refuse(unit, running.error());
  unit.refusal.clear();
  unit.may_pass = false;
}

Result<void> UnitTable::run(Unit& unit, UnitWork work, const std::function<bool()>& abandon) {
  if (const Unit* owner = owner_of(work.settings.state_path, unit))
    return Failure{
        ExitCode::state_unavailable,
        {fmt::format(
            "state_path: {} belongs to the input {}; give each integration a folder of its "
            "own for state and documents",
            work.settings.state_path.string(), owner->wanted.name.id)}};
  const bool same_work = unit.work && unit.work->spec == work.spec;
  if (!same_work) {
    for (const Note& note : work.notes)
      if (note.level <= unit.wanted.level)
        log_.write(note.level, "policy", unit.wanted.name.id, note.text);
    if (auto valid = workload_.validate({work.spec}); !valid) return valid;
  }
  if (auto made = make_state_folder(work.settings.state_path.string(),
                                    "set state_path to a folder that the Agent's user may write");
      !made)
    return made;
  if (auto changed = workload_.change_to(specs_with(unit, &work), abandon); !changed)
    return changed;
  if (!same_work)
    log_.write(LogLevel::info, "agent", unit.wanted.name.id,
               fmt::format("running; state and documents are below {}",
                           work.settings.state_path.string()));
  unit.work = std::move(work);
  return {};
}

std::vector<InstanceSpec> UnitTable::specs_with(const Unit& unit, const UnitWork* work) const {
  std::vector<InstanceSpec> specs;
  for (const auto& [name, other] : units_)
    if (&other != &unit && other.work) specs.push_back(other.work->spec);
  if (work != nullptr) specs.push_back(work->spec);
  return specs;
}

const UnitTable::Unit* UnitTable::owner_of(const std::filesystem::path& state_path,
                                           const Unit& other) const {
  for (const auto& [name, unit] : units_)
    if (&unit != &other && unit.work && unit.work->settings.state_path == state_path) return &unit;
  return nullptr;
}

SecretText UnitTable::output_source() const {
  for (const auto& [name, unit] : units_)
    if (!is_input(name)) return unit.wanted.source;
  return nullptr;
}

void UnitTable::refuse(Unit& unit, const Failure& failure) {
  if (failure.lines.empty()) {  // asked to stop meanwhile: not looked at yet
    unit.looked_at = 0;
    return;
  }
  unit.may_pass = failure.code == ExitCode::state_unavailable || failure.passes;
  std::string refusal = failure.lines.front();
  if (unit.may_pass && refusal.find("state_path") == std::string::npos)
    refusal += "; or give this integration a folder of its own (state_path)";
  if (unit.refusal == refusal) return;
  unit.refusal = std::move(refusal);
  for (const std::string& line : failure.lines)
    log_.write(LogLevel::error, failure.part, unit.wanted.name.id, line);
  if (unit.work)
    log_.write(LogLevel::error, "agent", unit.wanted.name.id,
               "this configuration is not used; the former one runs on");
}

void UnitTable::keep_for_diagnostics() {
  const std::lock_guard lock(mutex_);
  sources_.clear();
  for (const auto& [name, unit] : units_) sources_[name] = unit.wanted.source;
}

std::vector<SeenUnit> UnitTable::seen() const {
  const HostStatus status = host_status(plugin_, workload_, written_, began_);
  std::vector<SeenUnit> seen;
  for (const auto& [name, unit] : units_)
    seen.push_back(is_input(name) ? seen_input(unit, status) : seen_output(unit, status));
  return seen;
}

std::vector<SeenUnit> UnitTable::all(UnitState state, const std::string& message) const {
  std::vector<SeenUnit> seen;
  for (const auto& [name, unit] : units_)
    seen.push_back({name, unit.wanted.index, state, message, {}});
  return seen;
}

SeenUnit UnitTable::seen_input(const Unit& unit, const HostStatus& status) const {
  SeenUnit seen{unit.wanted.name, unit.looked_at, UnitState::starting, "starting", {}};
  if (!unit.wanted.runs && !unit.work) {
    seen.state = UnitState::stopped;
    seen.message = "stopped";
    seen.index = unit.wanted.index;
    return seen;
  }
  for (const InputStatus& input : status.inputs) {
    if (!unit.work || input.id != unit.work->spec.id) continue;
    OutputStatus output;
    for (const OutputStatus& one : status.outputs)
      if (one.name == input.output) output = one;
    UnitReport report = report_of(input, output, unit.work->stream_ids);
    seen.state = report.state;
    seen.message = std::move(report.message);
    seen.payload = std::move(report.payload);
  }
  if (!unit.refusal.empty()) {
    seen.state = UnitState::failed;
    seen.message = unit.work ? fmt::format("{} (the former configuration runs on)", unit.refusal)
                             : unit.refusal;
  }
  return seen;
}

SeenUnit UnitTable::seen_output(const Unit& unit, const HostStatus& status) const {
  SeenUnit seen{unit.wanted.name,
                unit.wanted.index,
                UnitState::healthy,
                "not used: documents go to files, which a filestream input ships",
                {}};
  if (!unit.wanted.runs) {
    seen.state = UnitState::stopped;
    seen.message = "stopped";
    return seen;
  }
  const bool used = std::any_of(units_.begin(), units_.end(), [](const auto& entry) {
    return entry.second.work && entry.second.work->settings.to_store;
  });
  for (const OutputStatus& output : status.outputs) {
    if (!used || output.type == "file") continue;
    const UnitReport report = report_of(output);
    seen.state = report.state;
    seen.message = report.message;
  }
  return seen;
}

bool UnitTable::self_update() const {
  return std::all_of(units_.begin(), units_.end(), [](const auto& entry) {
    return !entry.second.work || entry.second.work->settings.self_update;
  });
}

std::vector<DiagnosticFile> UnitTable::diagnostics(const std::optional<UnitName>& unit) const {
  const HostStatus status = host_status(plugin_, workload_, written_, began_);
  std::vector<DiagnosticFile> files{status_file(status, unit ? unit->id : std::string())};
  if (!unit) return files;
  const std::lock_guard lock(mutex_);
  const auto source = sources_.find(*unit);
  if (source != sources_.end() && source->second != nullptr)
    files.push_back(configuration_file(source->second));
  return files;
}

}  // namespace anthropic_metrics::host
