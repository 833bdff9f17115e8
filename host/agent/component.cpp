// SPDX-License-Identifier: Apache-2.0
#include "agent/component.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/unit_table.hpp"
#include "control/bootstrap.hpp"
#include "control/control.hpp"
#include "placement/successors.hpp"
#include "run/leave.hpp"
#include "run/signals.hpp"
#include "run/spare_memory.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;

// An input whose state another process holds is tried again so often.
constexpr std::chrono::seconds another_try{10};
// States are looked at no more often, however busy an instance is.
constexpr std::chrono::milliseconds between_looks{200};
// The Agent waits 30 s for a component that it has asked to leave.
constexpr std::chrono::seconds longest_stop{15};
constexpr std::chrono::seconds longest_farewell{3};

class Component {
 public:
  Component(const PluginLibrary& plugin, const ComponentOptions& options, Bootstrap bootstrap,
            Log& log)
      : log_(log),
        workload_(plugin, log,
                  {.written = [this](const auto& sums,
                                     const auto& targets) { written_.add(sums, targets); },
                   .changed = [this] { signals_.notify(); }}),
        table_(plugin, workload_, written_, options.work_folder, log),
        control_({std::move(bootstrap),
                  "anthropic-metrics",
                  {{"plugin", plugin.name()}, {"plugin_version", plugin.version()}},
                  AM_VERSION,
                  options.period},
                 {[this] { signals_.notify(); },
                  [this](const ActionRequest& request) { return perform(request); }},
                 log) {}

  // Until a signal. False: a call does not return, and the process must leave without destructors.
  bool run() {
    control_.start();
    while (look()) {
    }
    log_.info("stopping");
    successors_.reset();
    control_.report(table_.all(UnitState::stopping, "stopping"));
    const bool stopped = workload_.stop(longest_stop);
    control_.report(table_.all(UnitState::stopped, "stopped"));
    control_.stop(longest_farewell);
    return stopped;
  }

 private:
  // One turn. False: the end.
  bool look() {
    const auto abandon = [this] { return signals_.stop_pending(); };
    const auto event = signals_.wait(wait_ms());
    if (event == Wakeup::stop) return false;
    if (event == Wakeup::reload) workload_.reopen_outputs();
    if (log_.has_pending()) log_.drain();
    look_waits_ = look_waits_ || event == Wakeup::notice;
    const auto now = Clock::now();
    if (auto wanted = control_.take_wanted()) {
      table_.apply(std::move(*wanted), abandon);
      keep_in_new_versions();
    } else if (table_.waits() && now >= next_try_) {
      table_.try_again(abandon);
      next_try_ = now + another_try;
    } else if (!look_waits_ || now < next_look_) {
      if (now >= next_give_back_) give_back_memory();
      return true;
    }
    std::vector<SeenUnit> seen = table_.seen();
    healthy_ = !seen.empty() && std::all_of(seen.begin(), seen.end(), [](const SeenUnit& unit) {
      return unit.state == UnitState::healthy;
    });
    give_back_memory();
    control_.report(std::move(seen));
    look_waits_ = false;
    next_look_ = Clock::now() + between_looks;
    return true;
  }

  // How long to wait for the next event; -1: for ever.
  int wait_ms() {
    using std::chrono::duration_cast, std::chrono::milliseconds;
    auto until = Clock::time_point::max();
    if (look_waits_) until = next_look_;
    if (table_.waits()) until = std::min(until, next_try_);
    until = std::min(until, next_give_back_);
    if (log_.has_pending()) until = std::min(until, Clock::now() + milliseconds(500));
    if (until == Clock::time_point::max()) return -1;
    const auto left = duration_cast<milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left + 1, 1));
  }

  void give_back_memory() {
    const auto again = spare_.give_back(healthy_);
    next_give_back_ = again ? Clock::now() + *again : Clock::time_point::max();
  }

  void keep_in_new_versions() {
    if (!table_.self_update()) return successors_.reset();
    if (successors_ != nullptr) return;
    std::error_code error;
    successors_ =
        std::make_unique<Successors>(std::filesystem::read_symlink("/proc/self/exe", error), log_);
    successors_->start();
  }

  // On the control thread.
  ActionAnswer perform(const ActionRequest& request) {
    if (request.diagnostics) return {{}, table_.diagnostics(request.unit)};
    return {fmt::format("'{}' is no action of this input; it has none", request.name), {}};
  }

  Log& log_;
  Signals signals_;  // before the first thread, so that all inherit its mask
  WrittenCount written_;
  Workload workload_;
  UnitTable table_;
  std::unique_ptr<Successors> successors_;
  SpareMemory spare_;
  Clock::time_point next_give_back_ = Clock::time_point::max();
  bool healthy_ = false;  // every unit, when they were looked at last
  Clock::time_point next_look_{};
  Clock::time_point next_try_{};
  bool look_waits_ = false;  // somebody said that something changed
  Control control_;          // the last member: its thread asks for the others
};

// Without a plugin there is nothing to run, and the Agent's users shall read why.
void refuse_all(const Failure& failure, const ComponentOptions& options, Bootstrap bootstrap,
                Log& log) {
  Signals signals;
  Control control({std::move(bootstrap), "anthropic-metrics", {}, AM_VERSION, options.period},
                  {[&] { signals.notify(); },
                   [&](const ActionRequest&) {
                     return ActionAnswer{failure.lines.front(), {}};
                   }},
                  log);
  control.start();
  while (signals.wait(-1) != Wakeup::stop) {
    const auto wanted = control.take_wanted();
    if (!wanted) continue;
    std::vector<SeenUnit> seen;
    for (const WantedUnit& unit : *wanted)
      seen.push_back({unit.name,
                      unit.index,
                      unit.runs ? UnitState::failed : UnitState::stopped,
                      failure.lines.front(),
                      {}});
    control.report(std::move(seen));
  }
  control.stop(longest_farewell);
}

}  // namespace

Result<void> run_component(const ComponentOptions& options, Log& log) {
  log.speak_of_units();
  auto bootstrap = read_bootstrap(STDIN_FILENO);
  if (!bootstrap) return bootstrap.error();
  const auto plugin = find_plugin(options.plugin);
  if (!plugin) {
    tell(plugin.error(), log);
    refuse_all(plugin.error(), options, std::move(*bootstrap), log);
    return plugin.error();
  }
  log.info(fmt::format("component of an Elastic Agent {}, with {} {}", bootstrap->agent.version,
                       plugin->name(), plugin->version()));
  Component component(*plugin, options, std::move(*bootstrap), log);
  if (!component.run()) leave(Result<void>(), log);
  return {};
}

}  // namespace anthropic_metrics::host
