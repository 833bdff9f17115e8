// SPDX-License-Identifier: Apache-2.0
#include "run/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "run/endpoint.hpp"
#include "run/plan.hpp"
#include "run/signals.hpp"
#include "run/supervision.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {
namespace {

// State of an instance may hold what was asked with a key: for this user's eyes only.
Result<void> make_state_folder(const RunSettings& settings) {
  if (settings.data_path.empty()) return {};
  const std::filesystem::path folder = std::filesystem::path(settings.data_path) / "state";
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return Failure{ExitCode::state_unavailable,
                 {fmt::format("cannot create {}: {}; name another place with --path.data, or "
                              "--path.data \"\" for state in memory only",
                              folder.string(), error.message())}};
}

// Neither a name lookup nor a write to a stalled pipe can be interrupted. All that was acknowledged
// is on disk, so leaving is safe.
[[noreturn]] void leave(const Result<void>& end, Log& log) {
  log.show({});
  if (!end) tell(end.error(), log);
  log.warn("the plugin or an output does not stop in time; leaving without it");
  log.drain(std::chrono::milliseconds(50));
  ::_exit(to_int(end ? ExitCode::ok : end.error().code));
}

}  // namespace

Result<void> run(const RunSettings& settings, Log& log) {
  const auto plugin = find_plugin(settings.plugin);
  if (!plugin) return plugin.error();
  auto plan = make_plan(settings, *plugin, log);
  if (!plan) return plan.error();
  if (plan->log_level) log.set_level(*plan->log_level);
  if (auto made = make_state_folder(settings); !made) return made;

  Signals signals;  // before the first thread, so that all inherit its mask
  WrittenCount count;
  HistoryWatch history(std::move(plan->history), count, log);
  const auto written = [&](const beat_batch& batch, const std::vector<StreamTarget>& targets) {
    count.count(batch, targets);
    if (settings.written) settings.written(batch, targets);
  };
  Workload workload(*plugin, log, {written, [&signals] { signals.notify(); }});
  if (auto valid = workload.validate(plan->specs); !valid) return valid;
  // Before an input begins: who watches the start asks here.
  Endpoint endpoint(*plugin, workload, count, log);
  if (auto listening = endpoint.change_to(plan->endpoint); !listening) return listening;
  history.tell_before();
  if (auto begun = workload.change_to(plan->specs, [] { return false; }); !begun) return begun;
  log.info(fmt::format("{} {} running, {} {}", plan->specs.size(),
                       plan->specs.size() == 1 ? "input" : "inputs", plugin->name(),
                       plugin->version()));
  plan->specs.clear();  // From now on only an instance keeps its own secrets.
  auto end = supervise(settings, *plugin, workload, endpoint, history, signals, log);
  if (!workload.stop(std::chrono::milliseconds(900))) leave(end, log);
  return end;
}

}  // namespace anthropic_metrics::host
