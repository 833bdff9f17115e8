// SPDX-License-Identifier: Apache-2.0
#include "agent/unit_work.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "agent/unit_policy.hpp"
#include "json_access.hpp"
#include "policy/fit_settings.hpp"
#include "run/plan.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::optional<json::object> object_of(const SecretText& source) {
  if (source == nullptr) return std::nullopt;
  return source->expose([](std::string_view text) -> std::optional<json::object> {
    boost::system::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
  });
}

// The policy's ids of the streams, which the Agent's status speaks of.
std::map<std::string, std::string> stream_ids_of(const json::object& source) {
  std::map<std::string, std::string> ids;
  const json::value* streams = value_in(source, "streams");
  if (streams == nullptr || !streams->is_array()) return ids;
  for (const json::value& entry : streams->get_array()) {
    const json::object* stream = entry.if_object();
    const json::object* data = stream == nullptr ? nullptr : object_in(*stream, "data_stream");
    if (data == nullptr) continue;
    const std::string dataset = text_in(*data, "dataset");
    ids[dataset.substr(dataset.rfind('.') + 1)] = text_in(*stream, "id");
  }
  return ids;
}

Failure refused(const std::vector<Fault>& faults, const Log& log) {
  Failure failure{ExitCode::configuration, {}, "policy"};
  for (const Fault& fault : faults) failure.lines.push_back(log.redacted(sentence_of(fault)));
  return failure;
}

Failure not_run(const Policy& policy) {
  if (!policy.notes.empty()) return {ExitCode::configuration, {policy.notes.back().text}, "policy"};
  return {ExitCode::configuration,
          {"none of the input's data streams is switched on; switch one on, or remove the input"},
          "policy"};
}

}  // namespace

std::filesystem::path data_folder_of(const std::filesystem::path& work_folder) {
  const std::filesystem::path run = work_folder.lexically_normal().parent_path();
  if (run.filename() != "run" || !run.is_absolute()) return {};
  return run.parent_path().parent_path();
}

Result<UnitWork> make_work(const WantedUnit& unit, const SecretText& output,
                           const std::filesystem::path& work_folder, const PluginLibrary& plugin,
                           Log& log) {
  const WipingFrees wiping;
  auto source = object_of(unit.source);
  if (!source)
    return Failure{ExitCode::configuration,
                   {"the Agent has sent no configuration for this input; restart the Agent"}};
  UnitWork work;
  work.stream_ids = stream_ids_of(*source);
  std::vector<Fault> faults;
  work.settings = take_settings(*source, work_folder, faults);
  const auto store = work.settings.to_store ? object_of(output) : std::nullopt;
  if (work.settings.to_store && !store)
    return Failure{
        ExitCode::configuration,
        {"write_to: elasticsearch needs the policy's output, and the Agent has sent none; "
         "set it to files, or restart the Agent"}};
  ParsedPolicy parsed = parse_unit(std::move(*source), store, work.settings);
  faults.insert(faults.end(), parsed.faults.begin(), parsed.faults.end());
  work.notes = std::move(parsed.policy.notes);
  if (parsed.policy.inputs.empty())
    return faults.empty() ? not_run({{}, {}, {}, work.notes}) : refused(faults, log);
  const Input& input = parsed.policy.inputs.front();
  json::object config =
      make_plugin_config(input, plugin.streams(), work.settings.state_path.string());
  fit_settings(config, plugin.describe(BEAT_DESCRIBE_CONFIG_SCHEMA));
  work.spec = make_spec(input, config, plugin, log);
  work.spec.id = unit.name.id;
  work.spec.log_level = unit.level;
  // While the secrets are known that such a line must not show.
  if (!faults.empty()) return refused(faults, log);
  return work;
}

}  // namespace anthropic_metrics::host
