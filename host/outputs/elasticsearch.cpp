// SPDX-License-Identifier: Apache-2.0
#include "outputs/elasticsearch.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

#include "base/time_text.hpp"
#include "outputs/bulk_sink.hpp"
#include "outputs/store_check.hpp"
#include "policy/duration.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

// As Beats has them; a preset decides about these keys, whatever else the policy says.
struct Preset {
  std::string_view name;
  std::uint64_t bulk_max_size;
  std::uint64_t worker;
  std::uint64_t compression_level;
  std::chrono::seconds backoff_init;
  std::chrono::seconds backoff_max;
};
using namespace std::chrono_literals;
constexpr std::array<Preset, 4> presets{{{"balanced", 1600, 1, 1, 1s, 60s},
                                         {"throughput", 1600, 4, 1, 1s, 60s},
                                         {"scale", 1600, 1, 1, 5s, 300s},
                                         {"latency", 50, 1, 1, 1s, 60s}}};
constexpr std::array<std::string_view, 5> of_presets{"bulk_max_size", "worker", "compression_level",
                                                     "backoff.init", "backoff.max"};

std::optional<std::chrono::milliseconds> time(PolicyContext& context, const OutputSection& section,
                                              const char* key) {
  const Node* node = section.node.find_path(key);
  if (node == nullptr || node->is_null()) return std::nullopt;
  const auto read = anthropic_metrics::parse_duration(node->text);  // 500ms, as in Beats
  if (read && read->count() > 0) return *read;
  context.fault(node->place, fmt::format("{}.{}", section.path, key),
                fmt::format("'{}' is not a time to wait", node->text),
                "a duration such as 1s or 5m", "");
  return std::nullopt;
}

void apply_preset(PolicyContext& context, const OutputSection& section, BulkSettings& settings) {
  const auto word = context.text(section.node, "preset", section.path);
  if (!word || *word == "custom") return;
  const auto preset = std::find_if(presets.begin(), presets.end(),
                                   [&](const Preset& one) { return one.name == *word; });
  if (preset == presets.end()) {
    context.fault(section.node.find("preset")->place, section.path + ".preset",
                  fmt::format("there is no preset '{}'", *word),
                  "balanced, throughput, scale, latency or custom", "");
    return;
  }
  for (const std::string_view key : of_presets) {
    const Node* node = section.node.find_path(key);
    if (node == nullptr) continue;
    context.note(LogLevel::warn,
                 fmt::format("{}: {}.{} has no effect beside preset '{}'; take preset: custom",
                             to_string(node->place), section.path, key, *word));
  }
  settings.bulk_max_size = preset->bulk_max_size;
  settings.worker = preset->worker;
  settings.compression_level = preset->compression_level;
  settings.backoff_init = preset->backoff_init;
  settings.backoff_max = preset->backoff_max;
}

void read_dead_letters(PolicyContext& context, const OutputSection& section,
                       BulkSettings& settings) {
  const auto data = context.variables.known.find("path.data");
  if (data != context.variables.known.end() && !data->second.empty())
    settings.dead_letter_path = data->second + "/dead_letter";
  const Node* node = section.node.find("dead_letter");
  if (node == nullptr || node->is_null()) return;
  const std::string path = section.path + ".dead_letter";
  settings.dead_letter_path = context.text(*node, "path", path).value_or(settings.dead_letter_path);
  settings.dead_letter_max_kb =
      context.whole(*node, "max_kb", path, 1, 1'000'000'000).value_or(settings.dead_letter_max_kb);
}

BulkSettings read_bulk(PolicyContext& context, const OutputSection& section) {
  BulkSettings settings;
  const auto whole = [&](const char* key, std::uint64_t least, std::uint64_t most,
                         std::uint64_t& value) {
    value = context.whole(section.node, key, section.path, least, most).value_or(value);
  };
  whole("bulk_max_size", 1, 100'000, settings.bulk_max_size);
  whole("bulk_max_bytes", 1024, 1'000'000'000, settings.bulk_max_bytes);
  whole("worker", 1, 64, settings.worker);
  whole("workers", 1, 64, settings.worker);
  whole("compression_level", 0, 9, settings.compression_level);
  whole("max_retries", 0, 1000, settings.max_retries);
  settings.backoff_init = time(context, section, "backoff.init").value_or(settings.backoff_init);
  settings.backoff_max = time(context, section, "backoff.max").value_or(settings.backoff_max);
  settings.backoff_max = std::max(settings.backoff_max, settings.backoff_init);
  settings.require_templates = context.boolean(section.node, "require_templates", section.path)
                                   .value_or(settings.require_templates);
  apply_preset(context, section, settings);
  read_dead_letters(context, section, settings);
  return settings;
}

OutputPtr read(PolicyContext& context, const OutputSection& section) {
  StoreSettings store = read_store(context, section);
  BulkSettings bulk = read_bulk(context, section);
  return std::make_shared<ElasticsearchOutput>(section.name, std::move(store), std::move(bulk));
}

const OutputRegistration registered({.name = "elasticsearch",
                                     .keys = {"hosts",
                                              "protocol",
                                              "path",
                                              "api_key",
                                              "username",
                                              "password",
                                              "bearer_token",
                                              "headers",
                                              "ssl",
                                              "proxy_url",
                                              "proxy_disable",
                                              "timeout",
                                              "backoff",
                                              "preset",
                                              "bulk_max_size",
                                              "bulk_max_bytes",
                                              "worker",
                                              "workers",
                                              "max_retries",
                                              "compression_level",
                                              "require_templates",
                                              "dead_letter"},
                                     .read = read});

}  // namespace

ElasticsearchOutput::ElasticsearchOutput(std::string name, StoreSettings store, BulkSettings bulk)
    : Output(std::move(name)), store_(std::move(store)), bulk_(std::move(bulk)) {}

std::unique_ptr<Sink> ElasticsearchOutput::make_sink(Log& log) const {
  return std::make_unique<BulkSink>(name(), store_, bulk_, log);
}

Result<std::vector<std::string>> ElasticsearchOutput::test(const std::vector<StreamTarget>& targets,
                                                           Log& log) const {
  return check_store(name(), store_, bulk_, targets, log);
}

bool ElasticsearchOutput::same_as(const Output& other) const {
  const auto* store = dynamic_cast<const ElasticsearchOutput*>(&other);
  return store != nullptr && store->name() == name() && store->store_ == store_ &&
         store->bulk_ == bulk_;
}

}  // namespace anthropic_metrics::host
