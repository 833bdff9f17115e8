// SPDX-License-Identifier: Apache-2.0
#include "run/runner.hpp"

#include <fmt/format.h>

#include <string_view>

#include "run/continuous_audit.hpp"
#include "run/endpoint.hpp"
#include "run/leave.hpp"
#include "run/plan.hpp"
#include "run/signals.hpp"
#include "run/spare_memory.hpp"
#include "run/state_folder.hpp"
#include "run/supervision.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::string_view state_remedy =
    "name another place with --path.data, or --path.data \"\" for state in memory only";

}  // namespace

Result<void> run(const RunSettings& settings, Log& log) {
  const auto plugin = find_plugin(settings.plugin);
  if (!plugin) return plugin.error();
  auto plan = make_plan(settings, *plugin, log);
  if (!plan) return plan.error();
  if (plan->log_level) log.set_level(*plan->log_level);
  if (auto made = make_state_folder(settings.data_path, state_remedy); !made) return made;

  Signals signals;  // before the first thread, so that all inherit its mask
  WrittenCount count;
  HistoryWatch history(std::move(plan->history), count, log);
  const InstanceEvents events{
      .written = [&](const auto& sums, const auto& targets) { count.add(sums, targets); },
      .documents = settings.written,
      .changed = [&signals] { signals.notify(); }};
  Workload workload(*plugin, log, events);
  if (auto valid = workload.validate(plan->specs); !valid) return valid;
  // Before an input begins: who watches the start asks here.
  Endpoint endpoint(*plugin, workload, count, log);
  if (auto listening = endpoint.change_to(plan->endpoint); !listening) return listening;
  history.tell_before();
  give_back_code(Code::of_program);  // The policy is read.
  if (auto begun = workload.change_to(plan->specs, [] { return false; }); !begun) return begun;
  log.info(fmt::format("{} {} running, {} {}", plan->specs.size(),
                       plan->specs.size() == 1 ? "input" : "inputs", plugin->name(),
                       plugin->version()));
  ContinuousAudit audit(*plugin, log);
  if (!settings.once) audit.start(workload.instances());
  plan->specs.clear();  // From now on only an instance keeps its own secrets.
  auto end = supervise(settings, *plugin, workload, endpoint, history, audit, signals, log);
  audit.stop();
  give_back_everything();
  if (!workload.stop(std::chrono::milliseconds(900))) leave(end, log);
  return end;
}

}  // namespace anthropic_metrics::host
