// SPDX-License-Identifier: Apache-2.0
#include "run/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <system_error>
#include <variant>

#include "policy/fit_settings.hpp"
#include "policy/policy_file.hpp"
#include "run/history_watch.hpp"
#include "run/plugin_library.hpp"
#include "run/round.hpp"
#include "run/signals.hpp"
#include "run/workload.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;

// A policy that was read and understood, as work.
struct Plan {
  std::vector<InstanceSpec> specs;
  std::vector<HistoryTask> history;  // if that is what is wanted
  std::optional<LogLevel> log_level;
};

Variables variables_for(const RunSettings& settings) {
  Variables variables = machine_variables();
  variables.environment = [&settings, from_process = std::move(variables.environment)](
                              const std::string& name) -> std::optional<std::string> {
    const auto own = settings.environment.find(name);
    return own != settings.environment.end() ? std::optional(own->second) : from_process(name);
  };
  std::error_code error;
  variables.known["path.config"] =
      std::filesystem::absolute(settings.policy_file, error).parent_path().string();
  variables.known["path.home"] = binary_folder().parent_path().string();
  if (!settings.data_path.empty()) variables.known["path.data"] = settings.data_path;
  return variables;
}

std::string no_history(const RunSettings& settings, const PluginLibrary& plugin) {
  std::string known;
  for (const StreamInfo& stream : plugin.streams())
    if (stream.history) known += (known.empty() ? "" : ", ") + stream.name;
  return fmt::format(
      "{}: no input runs {} that has history ({} have); list it below the input's streams, or name "
      "another with --stream",
      settings.policy_file.string(),
      settings.history->stream.empty() ? "a stream" : "a stream '" + settings.history->stream + "'",
      known.empty() ? "none" : known);
}

// Reads and checks the whole policy; tells the log every fault. Nothing is started. Of a key in the
// policy or its variables there remain the copies on pages of secrets, see InstanceSpec.
std::variant<Plan, ExitCode> make_plan(const RunSettings& settings, const PluginLibrary& plugin,
                                       Log& log) {
  const WipingFrees wiping;
  const PolicyFiles files = read_policy_files(settings.policy_file);
  if (!files.error.empty()) {
    log.error(files.error);
    return ExitCode::unreadable_file;
  }
  const ParsedPolicy parsed =
      parse_policy(files.sources, settings.overrides, variables_for(settings));
  const boost::json::value schema = plugin.describe(BEAT_DESCRIBE_CONFIG_SCHEMA);
  Plan plan;
  for (const Input& input : parsed.policy.inputs) {
    boost::json::object config = make_plugin_config(input, plugin.streams(), settings.data_path);
    fit_settings(config, schema);
    if (settings.history && !ask_for_history(config, plugin.streams(), *settings.history)) continue;
    InstanceSpec& spec = plan.specs.emplace_back();
    for (const std::string& secret : secrets_of(config))
      if (SecretText kept = log.keep_secret(secret)) spec.secrets.push_back(std::move(kept));
    spec.id = input.id;
    spec.config = secret_text(boost::json::serialize(config));
    spec.log_level = input.log_level;
    spec.output = input.output;
    spec.targets = targets_of(input, plugin.streams());
    if (settings.history) {
      for (const StreamTarget& target : history_targets(config, spec.targets))
        plan.history.push_back({input.id, target.name, settings.history->from,
                                width_of(config, schema, target.name), input.output, target});
    }
  }
  for (const Note& note : parsed.policy.notes) {
    if (log.wants(note.level)) log.write(note.level, "policy", {}, note.text);
  }
  for (const Fault& fault : parsed.faults)
    log.write(LogLevel::error, "policy", {}, to_string(fault));
  if (!parsed.faults.empty()) return ExitCode::configuration;
  if (plan.specs.empty() && settings.history && !parsed.policy.inputs.empty()) {
    log.error(no_history(settings, plugin));
    return ExitCode::configuration;
  }
  if (plan.specs.empty()) {
    log.error(fmt::format(
        "{}: no input of type {} is left to run; add one, or see the lines above for why one "
        "is left out",
        settings.policy_file.string(), input_type));
    return ExitCode::configuration;
  }
  plan.log_level = parsed.policy.log_level;
  return plan;
}

void tell(Log& log, const WorkloadFailure& failure) {
  for (const std::string& line : failure.lines) log.error(line);
}

// State of an instance may hold what was asked with a key: for this user's eyes only.
bool make_state_folder(const RunSettings& settings, Log& log) {
  if (settings.data_path.empty()) return true;
  const std::filesystem::path folder = std::filesystem::path(settings.data_path) / "state";
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (!error) return true;
  log.error(fmt::format(
      "cannot create {}: {}; name another place with --path.data, or --path.data \"\" for state "
      "in memory only",
      folder.string(), error.message()));
  return false;
}

void reload(const RunSettings& settings, const PluginLibrary& plugin, Workload& workload,
            Signals& signals, Log& log) {
  log.info("reloading " + settings.policy_file.string());
  workload.reopen_outputs();
  const auto planned = make_plan(settings, plugin, log);
  const Plan* plan = std::get_if<Plan>(&planned);
  std::optional<WorkloadFailure> failure;
  if (plan != nullptr) {
    failure = workload.validate(plan->specs);
    if (!failure) {
      failure = workload.change_to(plan->specs, [&] { return signals.stop_pending(); });
    }
    if (failure && failure->lines.empty()) return;  // asked to stop meanwhile
    if (failure) tell(log, *failure);
  }
  if (plan == nullptr || failure) {
    log.error("the new policy is not used; the former one runs on");
    return;
  }
  log.set_level(plan->log_level.value_or(LogLevel::info));
  log.info(fmt::format("policy reloaded: {} running", plan->specs.size()));
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

void tell_refused(ExitCode code, Log& log) {
  if (code == ExitCode::refused)
    log.error("the service refuses the requests; the lines above say why");
  if (code == ExitCode::configuration)
    log.error("nothing can be asked for like this; the lines above say what to mend");
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

std::uint64_t progress_of(const Workload& workload) {
  std::uint64_t progress = 0;
  for (const auto& instance : workload.instances()) progress += progress_in(instance->status());
  return progress;
}

ExitCode supervise(const RunSettings& settings, const PluginLibrary& plugin, Workload& workload,
                   HistoryWatch& history, Signals& signals, Log& log) {
  const auto deadline = Clock::now() + settings.once_timeout;
  Standstill standstill(settings.longest_standstill.value_or(std::chrono::seconds(0)));
  while (true) {
    if (const auto code = verdict(workload, settings.once, settings.history ? &history : nullptr)) {
      tell_refused(*code, log);
      return *code;
    }
    int longest_ms = -1;
    if (settings.once) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) {
        log.error(
            fmt::format("not everything was collected within {} s; the next run goes on from there",
                        settings.once_timeout.count()));
        if (!anybody_refused(workload)) return ExitCode::not_finished;
        const ExitCode code = end_of_round(workload);
        tell_refused(code, log);
        return code;
      }
      longest_ms = static_cast<int>(std::min<std::int64_t>(left + 1, 60'000));
    }
    // Whoever reads the log may have come back.
    constexpr int look_at_log_ms = 500;
    if (log.has_pending()) {
      log.drain();
      longest_ms = longest_ms < 0 ? look_at_log_ms : std::min(longest_ms, look_at_log_ms);
    }
    if (settings.longest_standstill) {
      if (standstill.look(progress_of(workload), Clock::now())) {
        log.error(fmt::format("nothing has come for {} s; {}", settings.longest_standstill->count(),
                              settings.standstill_remedy));
        return ExitCode::not_finished;
      }
      longest_ms = 200;
    }
    const auto event = signals.wait(longest_ms);
    if (event == Wakeup::stop) {
      log.info("stopping");
      return settings.once ? ExitCode::not_finished : ExitCode::ok;
    }
    if (event == Wakeup::reload) reload(settings, plugin, workload, signals, log);
  }
}

}  // namespace

ExitCode run(const RunSettings& settings, Log& log) {
  auto found =
      find_plugin(plugin_candidates(settings.plugin_file, settings.plugin_folder, binary_folder()));
  if (const auto* failure = std::get_if<LoadFailure>(&found)) {
    log.error(failure->text);
    return failure->code;
  }
  const PluginLibrary& plugin = std::get<PluginLibrary>(found);
  auto planned = make_plan(settings, plugin, log);
  if (const auto* code = std::get_if<ExitCode>(&planned)) return *code;
  auto& plan = std::get<Plan>(planned);
  if (plan.log_level) log.set_level(*plan.log_level);
  if (!make_state_folder(settings, log)) return ExitCode::state_unavailable;

  Signals signals;  // before the first thread, so that all inherit its mask
  HistoryWatch history(std::move(plan.history), log);
  const auto written = [&](const beat_batch& batch, const std::vector<StreamTarget>& targets) {
    if (settings.history) history.count(batch, targets);
    if (settings.written) settings.written(batch, targets);
  };
  Workload workload(plugin, log, {written, [&signals] { signals.notify(); }});
  auto failure = workload.validate(plan.specs);
  if (!failure) history.tell_before();
  if (!failure) failure = workload.change_to(plan.specs, [] { return false; });
  if (failure) {
    tell(log, *failure);
    return failure->code;
  }
  log.info(fmt::format("{} {} running, {} {}", plan.specs.size(),
                       plan.specs.size() == 1 ? "input" : "inputs", plugin.name(),
                       plugin.version()));
  plan.specs.clear();  // From now on only an instance keeps its own secrets.
  const ExitCode code = supervise(settings, plugin, workload, history, signals, log);
  if (!workload.stop(std::chrono::milliseconds(900))) {
    // Neither a name lookup nor a write to a stalled pipe can be interrupted. All that was
    // acknowledged is on disk, so leaving is safe.
    log.warn("the plugin or an output does not stop in time; leaving without it");
    log.drain(std::chrono::milliseconds(50));
    ::_exit(to_int(code));
  }
  return code;
}

}  // namespace anthropic_metrics::host
