// SPDX-License-Identifier: Apache-2.0
// The policy as a whole: files put together, what makes a file unreadable to us, ids.
#include "policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "policy/policy_context.hpp"
#include "policy/secret_names.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::string_view secret_marker = "$co.elastic.secret{";

// Secrets that only Fleet Server can fill in, anywhere in the file.
void refuse_secret_markers(PolicyContext& context, const Node& node, const std::string& path) {
  if (node.kind == Node::Kind::scalar && node.text.find(secret_marker) != std::string::npos) {
    context.fault(node.place, path,
                  "this is a reference to a secret of Fleet, which only Fleet Server can resolve",
                  "the value itself, or ${NAME} for an environment variable",
                  "replace the marker $co.elastic.secret{...}");
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    refuse_secret_markers(context, node.items[i], fmt::format("{}[{}]", path, i));
  }
  for (const auto& [key, value] : node.members) {
    refuse_secret_markers(context, value, path.empty() ? key : path + "." + key);
  }
}

// A secret in the file itself, where other users of the machine can read it.
void warn_of_public_secrets(PolicyContext& context, const Node& node, const std::string& path,
                            std::string_view name) {
  constexpr std::array<std::string_view, 4> endings{"api_key", "password", "passphrase", "secret"};
  const bool keeps_one =
      name == "key" ||
      std::any_of(endings.begin(), endings.end(), [&](auto end) { return name.ends_with(end); });
  if (keeps_one && node.is_string() && node.text.find("${") == std::string::npos &&
      is_secret(name, node.text)) {
    context.note(LogLevel::warn,
                 fmt::format("{}: {}: this secret stands in a file that every user of this machine "
                             "can read; run chmod 600 {}, or write ${{NAME}} for an environment "
                             "variable or file:PATH instead",
                             to_string(node.place), path, node.place.file));
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    warn_of_public_secrets(context, node.items[i], fmt::format("{}[{}]", path, i), name);
  }
  for (const auto& [key, value] : node.members) {
    warn_of_public_secrets(context, value, path.empty() ? key : path + "." + key, key);
  }
}

// Of this host's inputs, and of outputs.
void warn_of_public_secrets(PolicyContext& context, const Node& root) {
  if (const Node* outputs = root.find("outputs"))
    warn_of_public_secrets(context, *outputs, "outputs", "");
  const Node* inputs = root.find("inputs");
  for (std::size_t i = 0; inputs != nullptr && i < inputs->items.size(); ++i) {
    const Node* type = inputs->items[i].find("type");
    if (type != nullptr && type->text == input_type)
      warn_of_public_secrets(context, inputs->items[i], fmt::format("inputs[{}]", i), "");
  }
}

void forget_lines(Node& node) {
  node.place.line = 0;
  for (Node& item : node.items) forget_lines(item);
  for (auto& [key, value] : node.members) forget_lines(value);
}

void read_agent_settings(PolicyContext& context, const Node& root) {
  if (const Node* features = root.find_path("agent.features.encrypted_config")) {
    if (context.boolean(*features, "enabled", "agent.features.encrypted_config").value_or(false)) {
      context.fault(features->place, "agent.features.encrypted_config.enabled",
                    "this policy belongs to an Agent that encrypts its configuration on disk",
                    "a policy in plain YAML",
                    "export the policy from Kibana (Add agent > Run standalone) and use that file");
    }
  }
  const Node* logging = root.find_path("agent.logging");
  if (logging == nullptr || logging->find("level") == nullptr) logging = root.find("logging");
  if (logging == nullptr) return;
  if (const auto word = context.text(*logging, "level", "agent.logging")) {
    context.policy.log_level = log_level_from(*word);
    if (!context.policy.log_level) {
      context.fault(logging->find("level")->place, "agent.logging.level",
                    fmt::format("'{}' is not a level", *word), "error, warn, info, debug or trace",
                    "");
    }
  }
}

// Takes the `inputs` of every file; entries keep the file they came from.
std::vector<Node> all_inputs(PolicyContext& context, const std::vector<Node>& roots) {
  std::vector<Node> inputs;
  for (const Node& root : roots) {
    const Node* list = root.find("inputs");
    if (list == nullptr || list->is_null()) continue;
    if (list->kind != Node::Kind::list) {
      context.fault(list->place, "inputs", "this is " + kind_of(*list), "a list",
                    "begin each input with '- '");
      continue;
    }
    inputs.insert(inputs.end(), list->items.begin(), list->items.end());
  }
  return inputs;
}

// Every input has its own id, those of other types too: otherwise the Agent refuses the policy.
void refuse_equal_ids(PolicyContext& context, const std::vector<Node>& inputs) {
  std::map<std::string, Place> seen;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Node* id = inputs[i].find("id");
    const Node* type = inputs[i].find("type");
    std::string name = id != nullptr && !id->text.empty() ? id->text
                       : type != nullptr                  ? type->text
                                                          : "";
    if (name.empty()) continue;
    const auto [at, fresh] = seen.emplace(name, inputs[i].place);
    if (fresh) continue;
    context.fault(
        inputs[i].place, fmt::format("inputs[{}].id", i),
        fmt::format("input '{}' exists already at {}", name, to_string(at->second)),
        "an id of its own for every input",
        id == nullptr ? "add an id: without one it is the input's type" : "change one of the two");
  }
}

void parse_inputs(PolicyContext& context, const std::vector<Node>& inputs, const Node* outputs) {
  int others = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string path = fmt::format("inputs[{}]", i);
    if (inputs[i].kind != Node::Kind::map) {
      context.fault(inputs[i].place, path, "this is " + kind_of(inputs[i]), "a map with 'type'",
                    "");
      continue;
    }
    const auto type = context.text(inputs[i], "type", path);
    if (!type) {
      if (inputs[i].find("type") == nullptr) {
        context.fault(inputs[i].place, path + ".type", "the input has no type",
                      fmt::format("'type: {}'", input_type), "add it");
      }
    } else if (*type != input_type) {
      ++others;
    } else if (auto input = parse_input(context, inputs[i], path, outputs)) {
      context.policy.inputs.push_back(std::move(*input));
    }
  }
  if (others > 0) {
    context.note(LogLevel::info,
                 fmt::format("{} {} of other types skipped: this host runs only 'type: {}'", others,
                             others == 1 ? "input" : "inputs", input_type));
  }
}

void refuse_shared_places(PolicyContext& context, const Node* outputs) {
  const auto& inputs = context.policy.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Output& a = *inputs[i].output;
    for (std::size_t j = 0; j < i; ++j) {
      const Output& b = *inputs[j].output;
      if (a.name() == b.name()) continue;
      if (auto clash = a.clash_with(b)) {
        clash->place = outputs->find(a.name())->place;
        clash->path = "outputs." + a.name() + "." + clash->path;
        context.faults.push_back(std::move(*clash));
      }
    }
  }
}

// One output used by several inputs was read several times: each thing is told once.
template <class Told, class TextOf>
void tell_once(std::vector<Told>& all, TextOf text_of) {
  std::vector<Told> unique;
  for (Told& one : all) {
    const auto same = [&](const Told& other) { return text_of(other) == text_of(one); };
    if (std::none_of(unique.begin(), unique.end(), same)) unique.push_back(std::move(one));
  }
  all = std::move(unique);
}

}  // namespace

ParsedPolicy parse_policy(const std::vector<PolicySource>& sources,
                          const std::vector<Override>& overrides, const Variables& variables) {
  ParsedPolicy result;
  PolicyContext context{variables, result.policy, result.faults};
  std::vector<Node> roots;
  for (const PolicySource& source : sources) {
    ParsedTree tree = parse_settings(source.text, source.file);
    result.faults.insert(result.faults.end(), tree.faults.begin(), tree.faults.end());
    roots.push_back(std::move(tree.root));
    if (source.generated) forget_lines(roots.back());
    if (source.public_file) warn_of_public_secrets(context, roots.back());
    if (source.inputs_only) continue;
    for (const Override& change : overrides) set_path(roots.back(), change.key, change.value, "-E");
  }
  for (const Node& root : roots) refuse_secret_markers(context, root, "");
  // A file that could not be read whole would only bring faults that follow from that.
  if (!result.faults.empty() || roots.empty()) return result;

  read_agent_settings(context, roots.front());
  read_endpoint(context, roots.front());
  const Node* outputs = roots.front().find("outputs");
  if (outputs != nullptr && outputs->kind != Node::Kind::map) {
    context.fault(outputs->place, "outputs", "this is " + kind_of(*outputs),
                  "a map of outputs by name", "write 'outputs:' and below it 'default:'");
    outputs = nullptr;
  }
  const std::vector<Node> inputs = all_inputs(context, roots);
  refuse_equal_ids(context, inputs);
  parse_inputs(context, inputs, outputs);
  refuse_shared_places(context, outputs);

  tell_once(result.faults, [](const Fault& fault) { return to_string(fault); });
  tell_once(result.policy.notes, [](const Note& note) { return note.text; });
  return result;
}

}  // namespace anthropic_metrics::host
