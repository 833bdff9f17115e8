// SPDX-License-Identifier: Apache-2.0
// One entry of inputs[], and its streams.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataset.hpp"
#include "policy/condition.hpp"
#include "policy/duration.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

// Keys that the Agent owns; every other key of an input or stream is the plugin's.
constexpr std::array<std::string_view, 16> agent_keys{
    "id",         "original_id", "name",      "type",
    "use_output", "enabled",     "revision",  "package_policy_id",
    "meta",       "data_stream", "condition", "processors",
    "log_level",  "policy",      "streams",   "audit"};

// What only a component of the Elastic Agent is told: where it keeps things, who ships them.
constexpr std::array<std::string_view, 4> component_keys{"state_path", "write_to", "self_update",
                                                         "_runtime_experimental"};

// They are neither the plugin's nor to be resolved here: ${path.data} means the Agent's folder.
void leave_component_settings(PolicyContext& context, Node& node, const std::string& what) {
  std::vector<std::string> left;
  for (const std::string_view key : component_keys) {
    if (const Node* set = node.find(key); set != nullptr && key.front() != '_' && !set->is_null())
      left.emplace_back(key);
  }
  const auto is_left = [](const Member& member) {
    return std::find(component_keys.begin(), component_keys.end(), member.key) !=
           component_keys.end();
  };
  node.members.erase(std::remove_if(node.members.begin(), node.members.end(), is_left),
                     node.members.end());
  if (left.empty()) return;
  context.note(LogLevel::info,
               fmt::format("{}: {} of {} hold for the component of an Elastic Agent; this host "
                           "keeps its state below --path.data and writes to its outputs",
                           to_string(node.place), joined(left), what));
}

boost::json::object free_settings(const Node& node) {
  boost::json::object settings;
  for (const auto& [key, value] : node.members) {
    const bool owned = std::find(agent_keys.begin(), agent_keys.end(), key) != agent_keys.end();
    if (!owned) settings[key] = to_json(value);
  }
  return settings;
}

// True if the item runs: its condition holds or there is none. what: "input 'x'".
bool condition_holds(PolicyContext& context, const Node& node, const std::string& what) {
  const Node* condition = node.find("condition");
  if (condition == nullptr || condition->is_null()) return true;
  const std::string text = condition->text;
  const ConditionResult result = evaluate_condition(text, context.variables);
  if (!result.error.empty()) {
    context.note(
        LogLevel::warn,
        fmt::format("{}: {} is not run: its condition ({}) is not supported: {}; supported "
                    "are ==, !=, and, or, not, parentheses, texts, numbers and variables",
                    to_string(condition->place), what, text, result.error));
    return false;
  }
  if (!result.holds) {
    context.note(LogLevel::info, fmt::format("{}: {} is not run: its condition is false",
                                             to_string(condition->place), what));
  }
  return result.holds;
}

// True if every variable below node has a value; otherwise says which have none.
bool variables_resolved(PolicyContext& context, Node& node, const std::string& path,
                        const std::string& what) {
  std::vector<std::string> unresolved = context.substitute_in(node, path);
  if (unresolved.empty()) return true;
  for (std::string& name : unresolved) name = "${" + name + "}";
  context.note(LogLevel::warn,
               fmt::format("{}: {} is not run: {} has no value; set it in the environment of this "
                           "process or give a default as in ${{NAME:default}}",
                           to_string(node.place), what, joined(unresolved)));
  return false;
}

std::optional<AuditSettings> parse_audit(PolicyContext& context, const Node& node,
                                         const std::string& path) {
  const Node* audit = node.find("audit");
  if (audit == nullptr || audit->is_null()) return std::nullopt;
  const std::string child = path + ".audit";
  if (audit->kind != Node::Kind::map) {
    context.fault(audit->place, child, "this is " + kind_of(*audit), "a map with every", "");
    return std::nullopt;
  }
  AuditSettings settings;
  settings.repair = context.boolean(*audit, "repair", child).value_or(false);
  const auto word = context.text(*audit, "every", child);
  const auto every = word ? parse_duration(*word) : std::nullopt;
  if (every && *every >= std::chrono::seconds(1)) {
    settings.every = *every;
    return settings;
  }
  const Node* place = audit->find("every");
  context.fault((place != nullptr ? *place : *audit).place, child + ".every",
                word ? fmt::format("'{}' is not a time between two audits", *word)
                     : "it is not said how often",
                "a duration such as 24h", "write audit: {every: 24h}");
  return std::nullopt;
}

void warn_of_processors(PolicyContext& context, const Node& node, const std::string& what) {
  const Node* processors = node.find("processors");
  if (processors == nullptr || processors->is_null()) return;
  context.note(LogLevel::warn, fmt::format("{}: processors of {} are not applied: this host has "
                                           "none; use an ingest pipeline",
                                           to_string(processors->place), what));
}

std::optional<std::string> data_stream_part(PolicyContext& context, const Node& owner,
                                            std::string_view key, const std::string& path) {
  const Node* data_stream = owner.find("data_stream");
  if (data_stream == nullptr || data_stream->is_null()) return std::nullopt;
  const std::string child = path + ".data_stream";
  if (data_stream->kind != Node::Kind::map) {
    context.fault(data_stream->place, child, "this is " + kind_of(*data_stream), "a map", "");
    return std::nullopt;
  }
  auto part = context.text(*data_stream, key, child);
  if (!part) return std::nullopt;
  const std::string error = data_stream_part_error(*part);
  if (error.empty()) return part;
  context.fault(data_stream->find(key)->place, fmt::format("{}.{}", child, key),
                fmt::format("'{}' cannot be part of a data stream's name: {}", *part, error),
                "lower-case letters, digits, '_' and '.'", "rename it");
  return std::nullopt;
}

std::optional<StreamSpec> parse_stream(PolicyContext& context, Node node, const std::string& path,
                                       const std::string& input_id) {
  if (node.kind != Node::Kind::map) {
    context.fault(node.place, path, "this is " + kind_of(node), "a map with data_stream.dataset",
                  "");
    return std::nullopt;
  }
  const Node* id = node.find("id");
  const Node* named = node.find_path("data_stream.dataset");
  const std::string what = fmt::format("stream '{}' of input '{}'",
                                       named != nullptr && !named->text.empty() ? named->text
                                       : id != nullptr                          ? id->text
                                                                                : path,
                                       input_id);
  if (!context.boolean(node, "enabled", path).value_or(true)) return std::nullopt;
  if (!condition_holds(context, node, what)) return std::nullopt;
  if (!variables_resolved(context, node, path, what)) return std::nullopt;

  const std::size_t told = context.faults.size();
  const auto dataset = data_stream_part(context, node, "dataset", path);
  if (context.faults.size() > told) return std::nullopt;
  const auto parts = dataset ? split_dataset(*dataset) : std::nullopt;
  if (!parts) {
    const Node* place = node.find_path("data_stream.dataset");
    context.fault(place != nullptr ? place->place : node.place, path + ".data_stream.dataset",
                  dataset ? fmt::format("'{}' is not a dataset of this input", *dataset)
                          : "the stream does not say which dataset it is",
                  "a name, a dot and a stream of the plugin, such as anthropic_metrics.usage or "
                  "claude_metrics.cost",
                  "'anthropic-metrics version' lists the plugin's streams");
    return std::nullopt;
  }
  if (const Node* said = node.find("dataset"); said != nullptr) {
    context.fault(said->place, path + ".dataset", "the dataset is said as 'dataset'",
                  "data_stream.dataset", "write 'data_stream.dataset: " + *dataset + "' alone");
    return std::nullopt;
  }
  warn_of_processors(context, node, what);
  StreamSpec stream;
  stream.name = parts->stream;
  stream.data_namespace = data_stream_part(context, node, "namespace", path);
  stream.settings = free_settings(node);
  stream.settings["dataset"] = *dataset;
  return stream;
}

void parse_streams(PolicyContext& context, Input& input, const Node& node,
                   const std::string& path) {
  const Node* streams = node.find("streams");
  if (streams == nullptr || streams->is_null()) return;
  input.streams.emplace();
  if (streams->kind != Node::Kind::list) {
    context.fault(streams->place, path + ".streams", "this is " + kind_of(*streams), "a list",
                  "begin each stream with '- '");
    return;
  }
  for (std::size_t i = 0; i < streams->items.size(); ++i) {
    const std::string child = fmt::format("{}.streams[{}]", path, i);
    auto stream = parse_stream(context, streams->items[i], child, input.id);
    if (!stream) continue;
    const bool twice =
        std::any_of(input.streams->begin(), input.streams->end(),
                    [&](const StreamSpec& other) { return other.name == stream->name; });
    if (twice) {
      context.fault(
          streams->items[i].place, child,
          fmt::format("stream '{}' is listed twice in input '{}'", stream->name, input.id),
          "each stream once per input, whatever its dataset is called",
          "remove one, or make a second input");
      continue;
    }
    input.streams->push_back(std::move(*stream));
  }
}

OutputPtr output_of(PolicyContext& context, const Node& node, const std::string& path,
                    const std::string& id, const Node* outputs) {
  const std::string name = context.text(node, "use_output", path).value_or("default");
  const Node* output = outputs == nullptr ? nullptr : outputs->find(name);
  if (output == nullptr) {
    std::vector<std::string> known;
    if (outputs != nullptr) {
      for (const auto& member : outputs->members) known.push_back(member.key);
    }
    const Node* written = node.find("use_output");
    context.fault(
        written != nullptr ? written->place : node.place, path + ".use_output",
        fmt::format("input '{}' uses output '{}', which does not exist", id, name),
        known.empty() ? "an entry below 'outputs:'" : "one of: " + joined(known),
        fmt::format("name a known output, or add outputs.{} with {}", name, known_types("type: ")));
    return nullptr;
  }
  if (!context.boolean(*output, "enabled", "outputs." + name).value_or(true)) {
    context.note(LogLevel::warn,
                 fmt::format("{}: input '{}' is not run: its output '{}' is disabled",
                             to_string(output->place), id, name));
    return nullptr;
  }
  return parse_output(context, name, *output, "outputs." + name);
}

}  // namespace

std::optional<Input> parse_input(PolicyContext& context, Node node, const std::string& path,
                                 const Node* outputs) {
  Input input;
  const Node* id = node.find("id");
  input.id = id != nullptr && !id->text.empty() ? id->text : std::string(input_type);
  const std::string what = fmt::format("input '{}'", input.id);
  if (!context.boolean(node, "enabled", path).value_or(true)) {
    context.note(LogLevel::info,
                 fmt::format("{}: {} is not run: it is disabled", to_string(node.place), what));
    return std::nullopt;
  }
  if (!condition_holds(context, node, what)) return std::nullopt;

  leave_component_settings(context, node, what);

  // Streams are substituted one by one, since a missing variable costs only its stream.
  Node streams;
  for (auto& [key, value] : node.members) {
    if (key == "streams") streams = std::exchange(value, Node{});
  }
  if (!variables_resolved(context, node, path, what)) return std::nullopt;
  for (auto& [key, value] : node.members) {
    if (key == "streams") value = std::move(streams);
  }

  if (id != nullptr) input.id = node.find("id")->text;
  if (input.id.empty()) input.id = std::string(input_type);
  input.data_namespace = data_stream_part(context, node, "namespace", path).value_or("default");
  if (const auto word = context.text(node, "log_level", path)) {
    input.log_level = log_level_from(*word);
    if (!input.log_level) {
      context.fault(node.find("log_level")->place, path + ".log_level",
                    fmt::format("'{}' is not a level", *word), "error, warn, info, debug or trace",
                    "");
    }
  }
  input.audit = parse_audit(context, node, path);
  warn_of_processors(context, node, what);
  input.settings = free_settings(node);
  parse_streams(context, input, node, path);
  if (input.streams && input.streams->empty()) {
    context.note(LogLevel::warn, fmt::format("{}: {} is not run: none of its streams is enabled",
                                             to_string(node.place), what));
    return std::nullopt;
  }
  auto output = output_of(context, node, path, input.id, outputs);
  if (!output) return std::nullopt;
  input.output = std::move(output);
  return input;
}

}  // namespace anthropic_metrics::host
