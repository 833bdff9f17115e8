// SPDX-License-Identifier: Apache-2.0
#include "agent/unit_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "json_access.hpp"
#include "policy/fit_settings.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::string_view path_in_policy = "inputs[0].";

// So that nothing is replaced a second time.
void keep_dollars(json::value& value) {
  if (auto* map = value.if_object()) {
    for (auto& member : *map) keep_dollars(member.value());
  } else if (auto* list = value.if_array()) {
    for (auto& item : *list) keep_dollars(item);
  } else if (auto* text = value.if_string()) {
    for (std::size_t at = text->find("${"); at != json::string::npos; at = text->find("${", at + 3))
      text->insert(at, "$");
  }
}

// Takes a member out of the map; null if it is not there.
json::value taken(json::object& map, std::string_view key) {
  const auto at = map.find(json::string_view(key.data(), key.size()));
  if (at == map.end()) return {};
  json::value value = std::move(at->value());
  map.erase(at);
  return value;
}

std::string plain(const json::value& value) {
  const auto* text = value.if_string();
  return text != nullptr ? std::string(text->data(), text->size()) : json::serialize(value);
}

void add_fault(std::vector<Fault>& faults, std::string_view path, std::string fact,
               std::string expected, std::string remedy) {
  Fault fault;  // GCC 12 at -O3 sees a braced one used before it is made
  fault.path = std::string(path);
  fault.fact = std::move(fact);
  fault.expected = std::move(expected);
  fault.remedy = std::move(remedy);
  faults.push_back(std::move(fault));
}

bool lies_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return !folder.empty() && end == folder.end();
}

std::filesystem::path state_path_of(const json::value& said,
                                    const std::filesystem::path& work_folder,
                                    std::vector<Fault>& faults) {
  constexpr std::string_view key = "state_path";
  const std::string text = said.is_null() ? std::string() : plain(said);
  const std::filesystem::path data = data_folder_of(work_folder);
  if (text.empty()) {
    if (data.empty())
      add_fault(faults, key, "it is not said, and the Agent has told of no folder of its own",
                "an absolute path", "set the folder for state and documents");
    return data / "anthropic_metrics";
  }
  const std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  if (!path.is_absolute())
    add_fault(faults, key, fmt::format("'{}' is not an absolute path", text),
              "such as ${path.data}/anthropic_metrics", "");
  else if (!data.empty() && lies_below(path, work_folder.lexically_normal().parent_path()))
    add_fault(faults, key, fmt::format("the Agent deletes {} together with the input", text),
              "a folder elsewhere", fmt::format("use {}", (data / "anthropic_metrics").string()));
  return path;
}

json::object output_of(const std::optional<json::object>& store,
                       const ComponentSettings& settings) {
  if (!store) return {{"type", "file"}, {"path", (settings.state_path / "documents").string()}};
  json::object output = *store;
  json::value& letters = output["dead_letter"];
  if (!letters.is_object()) letters = json::object();
  if (!letters.get_object().contains("path"))
    letters.get_object()["path"] = (settings.state_path / "dead_letter").string();
  return output;
}

}  // namespace

ComponentSettings take_settings(json::object& source, const std::filesystem::path& work_folder,
                                std::vector<Fault>& faults) {
  ComponentSettings settings;
  settings.state_path = state_path_of(taken(source, "state_path"), work_folder, faults);
  if (const json::value said = taken(source, "write_to"); !said.is_null()) {
    const std::string word = plain(said);
    settings.to_store = word == "elasticsearch";
    if (word != "elasticsearch" && word != "files")
      add_fault(faults, "write_to", fmt::format("'{}' is no place to write to", word),
                "files or elasticsearch", "");
  }
  if (const json::value said = taken(source, "self_update"); !said.is_null()) {
    const auto word = boolean_of(plain(said));
    settings.self_update = word.value_or(true);
    if (!word)
      add_fault(faults, "self_update", fmt::format("'{}' is neither true nor false", plain(said)),
                "true or false", "");
  }
  return settings;
}

ParsedPolicy parse_unit(json::object source, const std::optional<json::object>& store,
                        const ComponentSettings& settings) {
  // What the Agent has dealt with already.
  for (const char* key : {"use_output", "condition", "enabled", "log_level"}) source.erase(key);
  json::value policy = json::object{{"inputs", json::array{std::move(source)}},
                                    {"outputs", {{"default", output_of(store, settings)}}}};
  keep_dollars(policy);
  const PolicySource text{"the policy", json::serialize(policy), false, false, true};
  Variables variables;
  variables.environment = [](const std::string&) { return std::nullopt; };
  return parse_policy({text}, {}, variables);
}

std::string sentence_of(const Fault& fault) {
  Fault shown = fault;
  if (shown.path.starts_with(path_in_policy)) shown.path.erase(0, path_in_policy.size());
  shown.place.file = std::exchange(shown.path, {});
  shown.place.line = 0;
  if (shown.place.file.empty()) shown.place.file = "the policy";
  return to_string(shown);
}

}  // namespace anthropic_metrics::host
