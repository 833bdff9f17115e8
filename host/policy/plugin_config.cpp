// SPDX-License-Identifier: Apache-2.0
#include "policy/plugin_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cstdint>

#include "dataset.hpp"
#include "json_access.hpp"
#include "policy/secret_names.hpp"

namespace anthropic_metrics::host {
namespace {

void collect(const boost::json::value& value, std::string_view key,
             std::vector<std::string>& found) {
  if (const auto* map = value.if_object()) {
    for (const auto& member : *map) {
      collect(member.value(), std::string_view(member.key().data(), member.key().size()), found);
    }
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) collect(item, key, found);
  } else if (const auto* text = value.if_string()) {
    const std::string_view content(text->data(), text->size());
    if (is_secret(key, content)) {
      found.emplace_back(content);
      // The plugin takes off what stands around a key, and may quote what is left.
      const std::size_t first = content.find_first_not_of(" \t\r\n");
      const std::size_t last = content.find_last_not_of(" \t\r\n");
      if (first != std::string_view::npos && last + 1 - first < content.size())
        found.emplace_back(content.substr(first, last + 1 - first));
    }
    const std::size_t scheme = content.find("://");
    const std::size_t at = content.rfind('@');
    if (scheme != std::string_view::npos && at != std::string_view::npos && at > scheme + 3) {
      found.emplace_back(content.substr(scheme + 3, at - scheme - 3));
    }
  }
}

std::string dataset_of(const StreamSpec& stream) {
  return text_in(stream.settings, "dataset");
}

bool has_dataset_of_its_own(const StreamSpec& stream, const std::vector<StreamInfo>& streams) {
  return std::any_of(streams.begin(), streams.end(), [&](const StreamInfo& info) {
    return info.name == stream.name && info.dataset != dataset_of(stream);
  });
}

}  // namespace

std::string file_safe(std::string_view id) {
  std::string safe;
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    const bool usual =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    safe += usual ? c : '_';
  }
  if (safe == id && safe.size() <= 100 && !safe.empty() && safe.front() != '.') return safe;
  return fmt::format("{}-{:08x}",
                     safe.substr(0, 80).insert(0, safe.empty() || safe[0] == '.' ? "_" : ""), hash);
}

boost::json::object make_plugin_config(const Input& input, const std::vector<StreamInfo>& streams,
                                       const std::string& data_path) {
  boost::json::object config = input.settings;
  config["namespace"] = input.data_namespace;
  config["acknowledge"] = "explicit";
  const auto* own_state = config.contains("state") ? config["state"].if_object() : nullptr;
  if ((own_state == nullptr || !own_state->contains("path")) && !data_path.empty()) {
    boost::json::object state = own_state == nullptr ? boost::json::object() : *own_state;
    state["path"] = data_path + "/state/" + file_safe(input.id);
    config["state"] = std::move(state);
  }
  if (!input.streams) return config;

  boost::json::object listed;
  for (const StreamSpec& stream : *input.streams) {
    boost::json::object settings = stream.settings;
    if (!has_dataset_of_its_own(stream, streams)) settings.erase("dataset");
    settings["enabled"] = true;
    if (stream.data_namespace) settings["namespace"] = *stream.data_namespace;
    listed[stream.name] = std::move(settings);
  }
  for (const StreamInfo& stream : streams) {
    if (!listed.contains(stream.name)) listed[stream.name] = {{"enabled", false}};
  }
  config["streams"] = std::move(listed);
  return config;
}

std::vector<std::string> secrets_of(const boost::json::object& config) {
  std::vector<std::string> found;
  collect(boost::json::value(config), "", found);
  return found;
}

std::vector<StreamTarget> targets_of(const Input& input, const std::vector<StreamInfo>& streams) {
  std::vector<StreamTarget> targets;
  for (const StreamInfo& stream : streams) {
    StreamTarget target{stream.name, stream.dataset, input.data_namespace,
                        !input.streams && !stream.opt_in};
    if (input.streams && !input.streams->empty()) {
      // One that is not listed would be of the name of those that are.
      if (const auto first = split_dataset(dataset_of(input.streams->front())))
        target.dataset = first->name + '.' + stream.name;
      for (const StreamSpec& spec : *input.streams) {
        if (spec.name != stream.name) continue;
        target.dataset = dataset_of(spec);
        if (spec.data_namespace) target.data_namespace = *spec.data_namespace;
        target.on = true;
      }
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace anthropic_metrics::host
