// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "document_fields.hpp"
#include "entity_check.hpp"
#include "report_documents.hpp"

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

constexpr std::size_t faults_kept = 10;

/// A default workspace is written as a name, and compared as the null it stands for.
string workspace_of(const json::object& object) {
  const string id = text_or_empty(object, "workspace_id");
  return id == "Default" ? string{} : id;
}

void read_usage(const json::object& usage, Documents& documents) {
  const string width = text_at(usage, "bucket_width");
  if (width != "1m" && width != "1h" && width != "1d")
    throw BadDocument("field 'bucket_width' should be 1m, 1h or 1d");
  const auto group_by = group_by_of(usage);
  DimensionValues row;
  for (std::size_t d = 0; d < dimension_count; ++d) {
    const auto name = dimension_names[d];
    if (group_by.contains(string(name)))
      row[d] = name == "workspace_id" ? workspace_of(usage) : text_or_empty(usage, name);
  }
  const Instant start = time_at(usage, "bucket_start_time");
  const Counters counters{number_at(usage, "uncached_input_tokens"),
                          number_at(usage, "cached_input_tokens"),
                          number_at(usage, "cache_creation_5m_input_tokens"),
                          number_at(usage, "cache_creation_1h_input_tokens"),
                          number_at(usage, "output_tokens"),
                          number_at(usage, "web_search_requests")};
  UsageDocuments& grain = documents.usage[{width, group_by}];
  ++grain.count;
  add(grain.sums[{start, row}], counters);
}

void read_cost(const json::object& cost, Documents& documents) {
  const auto group_by = group_by_of(cost);
  CostKey key;
  if (group_by.contains("workspace_id")) key.workspace_id = workspace_of(cost);
  if (group_by.contains("description")) {
    key.description = text_or_empty(cost, "description");
    key.model = text_or_empty(cost, "model");
    key.service_tier = text_or_empty(cost, "service_tier");
    key.context_window = text_or_empty(cost, "context_window");
    key.inference_geo = text_or_empty(cost, "inference_geo");
    key.cost_type = text_or_empty(cost, "cost_type");
    key.token_type = text_or_empty(cost, "token_type");
  }
  const Amount amount = amount_at(cost, "amount_exact");
  const Instant start = time_at(cost, "bucket_start_time");
  CostDocuments& grain = documents.cost[group_by];
  ++grain.count;
  grain.sums[{start, key}] += amount;
}

void read_rate_limit(Instant polled_at, const json::object& fields, Documents& documents) {
  const string workspace =
      text_or_empty(fields, "scope") == "workspace" ? text_at(fields, "workspace_id") : string();
  RateLimit limit;
  limit.group_id = text_or_empty(fields, "group_id");
  limit.group_type = text_at(fields, "group_type");
  if (const auto* models = fields.if_contains("models"); models != nullptr) {
    if (!models->is_array()) throw BadDocument("field 'models' should be an array");
    for (const auto& model : models->as_array())
      limit.models.emplace_back(model.is_string() ? string(model.as_string()) : "?");
  }
  const auto& entries = at(fields, "limits");
  if (!entries.is_array()) throw BadDocument("field 'limits' should be an array");
  for (const auto& entry : entries.as_array()) {
    if (!entry.is_object()) throw BadDocument("field 'limits' should be an array of objects");
    const json::object& one = entry.as_object();
    Limiter limiter{text_at(one, "type"), number_at(one, "value"), {}, false};
    if (one.contains("organization_value"))
      limiter.organization_value = number_at(one, "organization_value");
    limiter.inherited = text_or_empty(one, "source") == "organization";
    if (!workspace.empty() && number_at(one, "effective") != effective(limiter))
      throw BadDocument("field 'effective' should be " + std::to_string(effective(limiter)));
    limit.limits.push_back(std::move(limiter));
  }
  RateLimitDocuments& poll = workspace.empty() ? documents.rate_limits[polled_at]
                                               : documents.workspace_limits[workspace][polled_at];
  ++poll.count;
  poll.groups.insert(canonical(limit));
}

void collect(const json::value& value, Said& all) {
  if (const auto* object = value.if_object())
    for (const auto& member : *object) collect(member.value(), all);
  else if (const auto* array = value.if_array())
    for (const auto& element : *array) collect(element, all);
  else if (!value.is_null())
    all.insert(json::serialize(value));
}

void read_other(const string& stream, const json::object& document, const json::object& fields,
                Documents& documents) {
  documents.others[stream][time_at(document, "@timestamp")].push_back(said(at(fields, stream)));
}

/// Keeps the latest document of each thing.
void read_entity(const string& stream, Instant at, const json::object& fields,
                 Documents& documents) {
  EntityHistory& history = documents.entities[stream];
  ++history.count;
  const string id = text_at(fields, "id");
  Instant& latest = history.seen[id];
  if (at < latest) return;
  latest = at;
  history.latest[id] = fields;
}

}  // namespace

Said said(const json::value& value) {
  Said all;
  collect(value, all);
  return all;
}

std::int64_t effective(const Limiter& limiter) {
  return std::min(limiter.value, limiter.organization_value.value_or(limiter.value));
}

string canonical(const RateLimit& limit) {
  std::vector<string> words = limit.models;
  for (const Limiter& limiter : limit.limits) {
    string word = limiter.type + "=" + std::to_string(limiter.value);
    if (limiter.organization_value) word += "/" + std::to_string(*limiter.organization_value);
    if (limiter.inherited) word += " inherited";
    words.push_back(std::move(word));
  }
  std::sort(words.begin(), words.end());
  string text = limit.group_type;
  if (!limit.group_id.empty()) text += " " + limit.group_id;
  for (const string& word : words) text += " " + word;
  return text;
}

void Documents::fault(string sentence) {
  ++fault_count;
  if (faults.size() < faults_kept) faults.push_back(std::move(sentence));
}

void Documents::read(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    try {
      read_line(line);
    } catch (const BadDocument& bad) {
      fault(path.filename().string() + ":" + std::to_string(number) + ": " + bad.what());
    }
  }
}

void Documents::read_line(const string& line) {
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error || !value.is_object()) throw BadDocument("not a JSON object");
  const json::object& document = value.as_object();
  const auto* stream = document.if_contains("data_stream");
  if (stream == nullptr || !stream->is_object()) return;
  const string dataset = text_or_empty(stream->as_object(), "dataset");
  const auto* event = document.if_contains("event");
  const bool ours = event != nullptr && event->is_object() &&
                    text_or_empty(event->as_object(), "module") == "anthropic_metrics";
  // A data set may have any name before its stream.
  if (!ours && !dataset.starts_with("anthropic_metrics.")) return;
  const string name = dataset.substr(dataset.rfind('.') + 1);
  ++count;
  const string id = text_at(object_at(document, "event"), "id");
  if (!ids_.insert(id).second) {
    ++duplicate_ids;
    return;
  }
  if (text_or_empty(object_at(document, "event"), "kind") == "pipeline_error")
    throw BadDocument("an entry of " + name + " was set aside");
  const json::object& fields = object_at(document, "anthropic");
  if (name == "usage") {
    read_usage(object_at(fields, "usage"), *this);
  } else if (name == "cost") {
    read_cost(object_at(fields, "cost"), *this);
  } else if (name == "rate_limit") {
    read_rate_limit(time_at(document, "@timestamp"), object_at(fields, "rate_limit"), *this);
  } else if (name == "spend_limit") {
    const json::object& limit = object_at(fields, name);
    spend_limits[time_at(document, "@timestamp")][text_at(limit, "id")] = limit;
  } else if (is_entity_stream(name)) {
    read_entity(name, time_at(document, "@timestamp"), object_at(fields, name), *this);
  } else if (name == "analytics_usage" || name == "analytics_cost") {
    read_analytics(name == "analytics_cost", object_at(fields, name), *this);
  } else if (name == "claude_code") {
    read_claude_code(object_at(fields, name), *this);
  } else if (name == "analytics_user") {
    read_activity(object_at(fields, name), *this);
  } else if (name == "analytics_summary") {
    read_summary(object_at(fields, name), *this);
  } else {
    read_other(name, document, fields, *this);
  }
}

}  // namespace anthropic_metrics::simulator
