// SPDX-License-Identifier: Apache-2.0
// One entry of outputs, as far as all types have it in common.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/output.hpp"
#include "policy/plugin_config.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

// A function-local static: types may register before this file's own statics exist.
std::vector<OutputType>& registered() {
  static std::vector<OutputType> list;
  return list;
}

const OutputType* find_type(std::string_view name) {
  if (name == "remote_elasticsearch") name = "elasticsearch";  // Fleet's word for another cluster
  const auto& types = output_types();
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const OutputType& type) { return type.name == name; });
  return found == types.end() ? nullptr : &*found;
}

void refuse_type(PolicyContext& context, const Node& node, const std::string& path,
                 const std::optional<std::string>& type) {
  const Node* written = node.find("type");
  context.fault(written != nullptr ? written->place : node.place, path + ".type",
                !type ? "the output has no type"
                      : fmt::format("output type '{}' is not supported by this host", *type),
                known_types(""), "change the type, or let the input use another output");
}

// A key of another type is no mistake: people try one type, then another.
bool is_key(std::string_view key) {
  constexpr std::array<std::string_view, 3> common{"type", "enabled", "log_level"};
  const auto has = [&](const auto& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  return has(common) || std::any_of(output_types().begin(), output_types().end(),
                                    [&](const OutputType& type) { return has(type.keys); });
}

}  // namespace

Result<std::vector<std::string>> Output::test(const std::vector<StreamTarget>&, Log&) const {
  return std::vector<std::string>{};
}

OutputRegistration::OutputRegistration(OutputType type) {
  auto& list = registered();
  const auto at =
      std::upper_bound(list.begin(), list.end(), type,
                       [](const OutputType& a, const OutputType& b) { return a.name < b.name; });
  list.insert(at, std::move(type));
}

std::string known_types(std::string_view before) {
  std::string known;
  for (const OutputType& type : output_types()) {
    const bool last = &type == &output_types().back();
    known += fmt::format("{}'{}{}'", known.empty() ? "" : last ? " or " : ", ", before, type.name);
  }
  return known;
}

const std::vector<OutputType>& output_types() {
  return registered();
}

OutputPtr parse_output(PolicyContext& context, const std::string& name, Node node,
                       const std::string& path) {
  if (node.kind != Node::Kind::map) {
    context.fault(node.place, path, "this is " + kind_of(node), "a map with 'type'", "");
    return nullptr;
  }
  const std::size_t faults_before = context.faults.size();
  // The type first: what an output of another type contains is not our business.
  const auto word = context.text(node, "type", path);
  const OutputType* type = word ? find_type(*word) : nullptr;
  if (type == nullptr) {
    refuse_type(context, node, path, word);
    return nullptr;
  }
  const std::vector<std::string> unresolved = context.substitute_in(node, path);
  for (const std::string& variable : unresolved) {
    context.fault(
        node.place, path, fmt::format("variable ${{{}}} has no value", variable),
        "a value, since an output cannot be left out",
        "set it in the environment of this process or give a default as in ${NAME:default}");
  }
  const bool complete = context.faults.size() == faults_before;
  OutputPtr output = type->read(context, {name, node, path, complete});
  for (const auto& [key, value] : node.members) {
    if (is_key(key)) continue;
    context.note(LogLevel::warn, fmt::format("{}: {}.{} has no effect on an output of type '{}'",
                                             to_string(value.place), path, key, type->name));
  }
  return context.faults.size() == faults_before ? output : nullptr;
}

}  // namespace anthropic_metrics::host
