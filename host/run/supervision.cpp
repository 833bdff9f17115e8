// SPDX-License-Identifier: Apache-2.0
#include "run/supervision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "run/plan.hpp"
#include "run/round.hpp"
#include "run/spare_memory.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;

void reload(const RunSettings& settings, const PluginLibrary& plugin, Workload& workload,
            Endpoint& endpoint, ContinuousAudit& audit, Signals& signals, Log& log) {
  log.info("reloading " + settings.policy_file.string());
  workload.reopen_outputs();
  const auto plan = make_plan(settings, plugin, log);
  Result<void> changed = plan ? workload.validate(plan->specs) : Result<void>(plan.error());
  if (changed) {
    audit.stop();
    changed = workload.change_to(plan->specs, [&] { return signals.stop_pending(); });
    if (!settings.once) audit.start(workload.instances());
  }
  if (changed) {
    log.set_level(plan->log_level.value_or(LogLevel::info));
    log.info(fmt::format("policy reloaded: {} running", plan->specs.size()));
    if (const auto listening = endpoint.change_to(plan->endpoint); !listening)
      tell(listening.error(), log);
  } else if (!changed.error().lines.empty()) {  // otherwise asked to stop meanwhile
    tell(changed.error(), log);
    log.error("the new policy is not used; the former one runs on");
  }
}

// Of instances that need a person: whose fault it is.
ExitCode end_of_round(const Workload& workload) {
  ExitCode end = ExitCode::refused;
  for (const auto& instance : workload.instances()) {
    const HistoryState state = history_state(instance->status());
    if (!state.refused()) continue;
    end = end_of_refused(instance->status());
    if (end == ExitCode::refused) break;
  }
  return end;
}

bool anybody_refused(const Workload& workload) {
  return std::any_of(
      workload.instances().begin(), workload.instances().end(),
      [](const auto& instance) { return history_state(instance->status()).refused(); });
}

// Of a run that ends by itself.
Result<void> ended(ExitCode code) {
  if (code == ExitCode::ok) return {};
  Failure failure{code};
  if (code == ExitCode::refused)
    failure.lines = {"the service refuses the requests; the lines above say why"};
  if (code == ExitCode::configuration)
    failure.lines = {"nothing can be asked for like this; the lines above say what to mend"};
  return failure;
}

Failure out_of_time(const RunSettings& settings, const Workload& workload) {
  Failure failure{
      ExitCode::not_finished,
      {fmt::format("not everything was collected within {} s; the next run goes on from there",
                   settings.once_timeout.count())}};
  if (!anybody_refused(workload)) return failure;
  const Failure refused = ended(end_of_round(workload)).error();
  failure.code = refused.code;
  failure.lines.insert(failure.lines.end(), refused.lines.begin(), refused.lines.end());
  return failure;
}

// Why the run should end by itself now, if it should. history: what `backfill` waits for.
std::optional<ExitCode> verdict(const Workload& workload, bool once, HistoryWatch* history) {
  const auto& instances = workload.instances();
  const auto any = [&](auto predicate) {
    return std::any_of(instances.begin(), instances.end(),
                       [&](const auto& instance) { return predicate(*instance); });
  };
  if (any([](const Instance& instance) { return instance.sink_failed_for_good(); }))
    return ExitCode::sink_failed;
  if (!once) return std::nullopt;
  if (any([](const Instance& instance) { return instance.sink_failing(); })) {
    return ExitCode::sink_failed;
  }
  if (history != nullptr) {
    const Instance::Round round = history->look(workload.instances());
    if (round == Instance::Round::running) return std::nullopt;
    return round == Instance::Round::refused ? end_of_round(workload) : ExitCode::ok;
  }
  const auto round_is = [&](Instance::Round round) {
    return any([&](const Instance& instance) { return instance.round() == round; });
  };
  if (round_is(Instance::Round::running)) return std::nullopt;
  return round_is(Instance::Round::refused) ? end_of_round(workload) : ExitCode::ok;
}

bool everything_has_worked(const Workload& workload) {
  const auto& instances = workload.instances();
  return std::all_of(instances.begin(), instances.end(), [](const auto& instance) {
    return instance->round() == Instance::Round::done;
  });
}

std::uint64_t progress_of(const Workload& workload) {
  std::uint64_t progress = 0;
  for (const auto& instance : workload.instances()) progress += progress_in(instance->status());
  return progress;
}

// How long to wait for a signal; -1: for ever.
int longest_wait(const RunSettings& settings, Clock::time_point deadline, Log& log) {
  int longest_ms = -1;
  if (settings.once) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    longest_ms = static_cast<int>(std::clamp<std::int64_t>(left + 1, 1, 60'000));
  }
  // Whoever reads the log may have come back.
  constexpr int look_at_log_ms = 500;
  if (log.has_pending()) {
    log.drain();
    longest_ms = longest_ms < 0 ? look_at_log_ms : std::min(longest_ms, look_at_log_ms);
  }
  if (settings.history) {
    const auto look = static_cast<int>(HistoryWatch::between_looks.count());
    longest_ms = longest_ms < 0 ? look : std::min(longest_ms, look);
  }
  constexpr int look_for_progress_ms = 200;
  return settings.longest_standstill ? look_for_progress_ms : longest_ms;
}

int sooner(int longest_ms, std::optional<std::chrono::milliseconds> other) {
  if (!other) return longest_ms;
  const auto other_ms = static_cast<int>(other->count());
  return longest_ms < 0 ? other_ms : std::min(longest_ms, other_ms);
}

}  // namespace

Result<void> supervise(const RunSettings& settings, const PluginLibrary& plugin, Workload& workload,
                       Endpoint& endpoint, HistoryWatch& history, ContinuousAudit& audit,
                       Signals& signals, Log& log) {
  const auto deadline = Clock::now() + settings.once_timeout;
  SpareMemory spare;
  Standstill standstill(settings.longest_standstill.value_or(std::chrono::seconds(0)));
  while (true) {
    if (const auto code = verdict(workload, settings.once, settings.history ? &history : nullptr))
      return ended(*code);
    if (settings.once && Clock::now() >= deadline) return out_of_time(settings, workload);
    const auto again = spare.give_back(everything_has_worked(workload));
    const int longest_ms = sooner(longest_wait(settings, deadline, log), again);
    if (settings.longest_standstill && standstill.look(progress_of(workload), Clock::now())) {
      return Failure{
          ExitCode::not_finished,
          {fmt::format("nothing has come for {} s; {}", settings.longest_standstill->count(),
                       settings.standstill_remedy)}};
    }
    const auto event = signals.wait(longest_ms);
    if (event == Wakeup::stop) {
      log.info("stopping");
      if (settings.once) return Failure{ExitCode::not_finished};
      return {};
    }
    if (event == Wakeup::reload) reload(settings, plugin, workload, endpoint, audit, signals, log);
  }
}

}  // namespace anthropic_metrics::host
