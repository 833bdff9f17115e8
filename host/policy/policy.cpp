// SPDX-License-Identifier: Apache-2.0
// The policy as a whole: files put together, what makes a file unreadable to us, outputs, ids.
#include "policy/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "policy/duration.hpp"
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

// "0640", "0o640" or 640; a number that makes no sense in octal is decimal, as an Agent reads it:
// 416. None can be read both ways, since every usable mode is 06xx or 07xx.
std::optional<std::uint32_t> file_mode(std::string_view text) {
  if (text.starts_with("0o")) text.remove_prefix(2);
  for (const int base : {8, 10}) {
    std::uint32_t mode = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, mode, base);
    if (error == std::errc() && stop == end && mode <= 0777 && (mode & 0600U) == 0600U) return mode;
    if (text.starts_with('0')) return std::nullopt;
  }
  return std::nullopt;
}

// Two file outputs with one path would rotate each other's files away.
void refuse_shared_files(PolicyContext& context, const Node* outputs) {
  for (std::size_t i = 0; i < context.policy.inputs.size(); ++i) {
    const Output& a = context.policy.inputs[i].output;
    for (std::size_t j = 0; j < i; ++j) {
      const Output& b = context.policy.inputs[j].output;
      if (a.name == b.name || a.type != Output::Type::file || b.type != Output::Type::file ||
          a.path != b.path || a.filename != b.filename) {
        continue;
      }
      context.fault(outputs->find(a.name)->place, "outputs." + a.name + ".path",
                    fmt::format("outputs '{}' and '{}' write to the same files", b.name, a.name),
                    "different 'path' or 'filename'", "let both inputs use one of the two outputs");
    }
  }
}

}  // namespace

std::optional<Output> parse_output(PolicyContext& context, const std::string& name, Node node,
                                   const std::string& path) {
  if (node.kind != Node::Kind::map) {
    context.fault(node.place, path, "this is " + kind_of(node), "a map with 'type'", "");
    return std::nullopt;
  }
  const std::size_t faults_before = context.faults.size();
  Output output;
  output.name = name;
  // The type first: what an output of another type contains is not our business.
  const auto type = context.text(node, "type", path);
  if (!type || (*type != "console" && *type != "file")) {
    const Node* written = node.find("type");
    const bool elastic = type && (*type == "elasticsearch" || *type == "remote_elasticsearch");
    context.fault(
        written != nullptr ? written->place : node.place, path + ".type",
        !type     ? "the output has no type"
        : elastic ? fmt::format("output type '{}' is not yet supported by this host", *type)
                  : fmt::format("output type '{}' is not supported by this host", *type),
        "'console' or 'file'",
        elastic ? "use 'type: file' and let a stock Elastic Agent's filestream input ship the "
                  "files, with document_id = event.id"
                : "change the type, or let the input use another output");
    return std::nullopt;
  }
  const std::vector<std::string> unresolved = context.substitute_in(node, path);
  for (const std::string& variable : unresolved) {
    context.fault(
        node.place, path, fmt::format("variable ${{{}}} has no value", variable),
        "a value, since an output cannot be left out",
        "set it in the environment of this process or give a default as in ${NAME:default}");
  }
  if (*type == "file") {
    output.type = Output::Type::file;
    output.path = context.text(node, "path", path).value_or("");
    if (output.path.empty() && unresolved.empty() && context.faults.size() == faults_before) {
      context.fault(node.place, path + ".path", "a file output needs a directory", "a path",
                    "add 'path: <directory>'");
    }
    output.filename = context.text(node, "filename", path).value_or(output.filename);
    if (output.filename.empty() || output.filename.find('/') != std::string::npos) {
      context.fault(node.find("filename")->place, path + ".filename", "this is not a file name",
                    "the beginning of a file name, without '/'", "put the directory into 'path'");
    }
    output.rotate_every_kb = context.whole(node, "rotate_every_kb", path, 1, 1'000'000'000)
                                 .value_or(output.rotate_every_kb);
    output.number_of_files = static_cast<std::uint32_t>(
        context.whole(node, "number_of_files", path, 2, 1024).value_or(output.number_of_files));
    if (const auto age = context.text(node, "delete_after", path)) {
      const auto time = parse_duration(*age);
      if (time) {
        output.delete_after = *time;
      } else {
        context.fault(node.find("delete_after")->place, path + ".delete_after",
                      fmt::format("'{}' is not a duration", *age),
                      "a duration such as 168h or 90m, there is no unit for days", "");
      }
    }
    if (const Node* permissions = node.find("permissions"); permissions != nullptr) {
      if (const auto mode = file_mode(permissions->text)) {
        output.permissions = *mode;
      } else {
        context.fault(permissions->place, path + ".permissions",
                      "these are not usable file permissions",
                      "octal digits such as 0600 that let the owner read and write", "");
      }
    }
  }
  constexpr std::array<std::string_view, 9> known{
      "type",        "enabled",      "path",     "filename", "rotate_every_kb", "number_of_files",
      "permissions", "delete_after", "log_level"};
  for (const auto& [key, value] : node.members) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    context.note(LogLevel::warn, fmt::format("{}: {}.{} has no effect on an output of type '{}'",
                                             to_string(value.place), path, key, *type));
  }
  if (context.faults.size() != faults_before) return std::nullopt;
  return output;
}

ParsedPolicy parse_policy(const std::vector<PolicySource>& sources,
                          const std::vector<Override>& overrides, const Variables& variables) {
  ParsedPolicy result;
  PolicyContext context{variables, result.policy, result.faults};
  std::vector<Node> roots;
  for (const PolicySource& source : sources) {
    ParsedTree tree = parse_settings(source.text, source.file);
    result.faults.insert(result.faults.end(), tree.faults.begin(), tree.faults.end());
    roots.push_back(std::move(tree.root));
    if (source.public_file) warn_of_public_secrets(context, roots.back());
    if (source.inputs_only) continue;
    for (const Override& change : overrides) set_path(roots.back(), change.key, change.value, "-E");
  }
  for (const Node& root : roots) refuse_secret_markers(context, root, "");
  // A file that could not be read whole would only bring faults that follow from that.
  if (!result.faults.empty() || roots.empty()) return result;

  read_agent_settings(context, roots.front());
  const Node* outputs = roots.front().find("outputs");
  if (outputs != nullptr && outputs->kind != Node::Kind::map) {
    context.fault(outputs->place, "outputs", "this is " + kind_of(*outputs),
                  "a map of outputs by name", "write 'outputs:' and below it 'default:'");
    outputs = nullptr;
  }
  const std::vector<Node> inputs = all_inputs(context, roots);
  refuse_equal_ids(context, inputs);
  parse_inputs(context, inputs, outputs);
  refuse_shared_files(context, outputs);

  // One output used by several inputs was parsed several times: tell each thing once.
  std::vector<Fault> unique;
  for (Fault& fault : result.faults) {
    const std::string text = to_string(fault);
    const bool told = std::any_of(unique.begin(), unique.end(),
                                  [&](const Fault& other) { return to_string(other) == text; });
    if (!told) unique.push_back(std::move(fault));
  }
  result.faults = std::move(unique);
  std::vector<Note> notes;
  for (Note& note : result.policy.notes) {
    const bool told = std::any_of(notes.begin(), notes.end(),
                                  [&](const Note& other) { return other.text == note.text; });
    if (!told) notes.push_back(std::move(note));
  }
  result.policy.notes = std::move(notes);
  return result;
}

}  // namespace anthropic_metrics::host
