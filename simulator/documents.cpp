// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

constexpr std::size_t faults_kept = 10;

/// What a line lacks or has wrong; becomes a fault of the report.
struct BadDocument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const json::value& at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) throw BadDocument("field '" + string(key) + "' is missing");
  return *value;
}

const json::object& object_at(const json::object& object, std::string_view key) {
  const auto& value = at(object, key);
  if (!value.is_object()) throw BadDocument("field '" + string(key) + "' should be an object");
  return value.as_object();
}

/// The text of a keyword; empty when absent, which is how documents write null.
string text_or_empty(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) throw BadDocument("field '" + string(key) + "' should be a string");
  return string(value->as_string());
}

string text_at(const json::object& object, std::string_view key) {
  at(object, key);
  return text_or_empty(object, key);
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto& value = at(object, key);
  if (!value.is_int64())
    throw BadDocument("field '" + string(key) + "' should be a 64-bit integer");
  return value.as_int64();
}

Instant time_at(const json::object& object, std::string_view key) {
  const auto time = parse_rfc3339(text_at(object, key));
  if (!time) throw BadDocument("field '" + string(key) + "' should be RFC 3339");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

std::set<string> group_by_of(const json::object& object) {
  std::set<string> names;
  const auto* value = object.if_contains("group_by");
  if (value == nullptr) return names;
  if (value->is_string()) return {string(value->as_string())};
  if (!value->is_array()) throw BadDocument("field 'group_by' should be an array of strings");
  for (const auto& name : value->as_array()) {
    if (!name.is_string()) throw BadDocument("field 'group_by' should be an array of strings");
    names.emplace(name.as_string());
  }
  return names;
}

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
  const string exact = text_at(cost, "amount_exact");
  const auto amount = parse_amount(exact);
  if (!amount) throw BadDocument("field 'amount_exact' should be a decimal, got '" + exact + "'");
  const Instant start = time_at(cost, "bucket_start_time");
  CostDocuments& grain = documents.cost[group_by];
  ++grain.count;
  grain.sums[{start, key}] += *amount;
}

void read_rate_limit(Instant polled_at, const json::object& fields, Documents& documents) {
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
    limit.limits.push_back(
        {text_at(entry.as_object(), "type"), number_at(entry.as_object(), "value"), {}, false});
  }
  RateLimitDocuments& poll = documents.rate_limits[polled_at];
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
  if (text_or_empty(object_at(document, "event"), "kind") == "pipeline_error")
    throw BadDocument("an entry of " + stream + " was set aside");
  documents.others[stream][time_at(document, "@timestamp")].push_back(said(at(fields, stream)));
}

}  // namespace

Said said(const json::value& value) {
  Said all;
  collect(value, all);
  return all;
}

string canonical(const RateLimit& limit) {
  std::vector<string> words = limit.models;
  for (const Limiter& limiter : limit.limits)
    words.push_back(limiter.type + "=" + std::to_string(limiter.value));
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
  const json::object& fields = object_at(document, "anthropic");
  if (name == "usage") {
    read_usage(object_at(fields, "usage"), *this);
  } else if (name == "cost") {
    read_cost(object_at(fields, "cost"), *this);
  } else if (name == "rate_limit") {
    read_rate_limit(time_at(document, "@timestamp"), object_at(fields, "rate_limit"), *this);
  } else {
    read_other(name, document, fields, *this);
  }
}

}  // namespace anthropic_metrics::simulator
