// SPDX-License-Identifier: Apache-2.0
#include "run/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <system_error>

#include "json_access.hpp"
#include "policy/fit_settings.hpp"
#include "policy/policy_file.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

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

// What one input of the policy is to the plugin. Nothing if it has no part in what is wanted.
void add_input(Plan& plan, const RunSettings& settings, const PluginLibrary& plugin,
               const boost::json::value& schema, const Input& input, Log& log) {
  boost::json::object config = make_plugin_config(input, plugin.streams(), settings.data_path);
  fit_settings(config, schema);
  if (settings.history && !ask_for_history(config, plugin.streams(), *settings.history)) return;
  const InstanceSpec& spec = plan.specs.emplace_back(make_spec(input, config, plugin, log));
  if (!settings.history) return;
  for (const StreamTarget& target : history_targets(config, spec.targets))
    plan.history.push_back({input.id, target.name, settings.history->from,
                            width_of(config, schema, target.name), input.output, target});
}

Failure nothing_to_run(const RunSettings& settings, const PluginLibrary& plugin,
                       const Policy& policy) {
  if (settings.history && !policy.inputs.empty())
    return {ExitCode::configuration, {no_history(settings, plugin)}};
  return {
      ExitCode::configuration,
      {fmt::format("{}: no input of type {} is left to run; add one, or see the lines above for "
                   "why one is left out",
                   settings.policy_file.string(), input_type)}};
}

// Data sets whose stream the plugin does not have, each with its place.
std::vector<std::string> strangers(const RunSettings& settings, const PluginLibrary& plugin,
                                   const Policy& policy) {
  std::vector<std::string> lines;
  std::string known;
  for (const StreamInfo& stream : plugin.streams())
    known += (known.empty() ? "" : ", ") + stream.name;
  for (const Input& input : policy.inputs) {
    if (!input.streams || known.empty()) continue;
    for (const StreamSpec& spec : *input.streams) {
      const auto has = [&](const StreamInfo& stream) { return stream.name == spec.name; };
      if (std::any_of(plugin.streams().begin(), plugin.streams().end(), has)) continue;
      lines.push_back(fmt::format(
          "{}: input '{}': '{}' is not a dataset of this input, for the plugin has no stream '{}'; "
          "write a name of your choice, a dot and one of {}, such as anthropic_metrics.{}",
          settings.policy_file.string(), input.id, text_in(spec.settings, "dataset"), spec.name,
          known, plugin.streams().front().name));
    }
  }
  return lines;
}

Result<Plan> plan_by(const boost::json::value& schema, const RunSettings& settings,
                     const PluginLibrary& plugin, Log& log) {
  const WipingFrees wiping;
  const auto sources = read_policy_files(settings.policy_file);
  if (!sources) return sources.error();
  const ParsedPolicy parsed = parse_policy(*sources, settings.overrides, variables_for(settings));
  Plan plan;
  for (const Input& input : parsed.policy.inputs)
    add_input(plan, settings, plugin, schema, input, log);
  for (const Note& note : parsed.policy.notes)
    if (log.wants(note.level)) log.write(note.level, "policy", {}, note.text);
  if (!parsed.faults.empty()) {
    // While the plan still holds the secrets that such a line must not show.
    Failure failure{ExitCode::configuration, {}, "policy"};
    for (const Fault& fault : parsed.faults)
      failure.lines.push_back(log.redacted(to_string(fault)));
    return failure;
  }
  if (auto lines = strangers(settings, plugin, parsed.policy); !lines.empty())
    return Failure{ExitCode::configuration, std::move(lines), "policy"};
  if (plan.specs.empty()) return nothing_to_run(settings, plugin, parsed.policy);
  plan.log_level = parsed.policy.log_level;
  plan.endpoint = parsed.policy.endpoint;
  return plan;
}

}  // namespace

InstanceSpec make_spec(const Input& input, const boost::json::object& config,
                       const PluginLibrary& plugin, Log& log) {
  InstanceSpec spec;
  for (const std::string& secret : secrets_of(config))
    if (SecretText kept = log.keep_secret(secret)) spec.secrets.push_back(std::move(kept));
  spec.id = input.id;
  spec.config = secret_text(boost::json::serialize(config));
  spec.log_level = input.log_level;
  spec.audit = input.audit;
  spec.output = input.output;
  spec.targets = targets_of(input, plugin.streams());
  return spec;
}

Result<EndpointSettings> endpoint_of(const RunSettings& settings) {
  const WipingFrees wiping;
  const auto sources = read_policy_files(settings.policy_file);
  if (!sources) return sources.error();
  const ParsedPolicy parsed = parse_policy(*sources, settings.overrides, variables_for(settings));
  for (const Fault& fault : parsed.faults)
    if (fault.path.empty() || fault.path.starts_with("http") ||
        fault.path.starts_with("agent.monitoring.http"))
      return Failure{ExitCode::configuration, {to_string(fault)}, "policy"};
  return parsed.policy.endpoint;
}

Result<Plan> make_plan(const RunSettings& settings, const PluginLibrary& plugin, Log& log) {
  // Before there are secrets: it is large, and no part of it has to be overwritten.
  return plan_by(plugin.describe(BEAT_DESCRIBE_CONFIG_SCHEMA), settings, plugin, log);
}

}  // namespace anthropic_metrics::host
