// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <unordered_set>

#include "rate_limit_data.hpp"
#include "truth.hpp"

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;
using std::string;

constexpr std::size_t examples_kept = 10;

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

using Row = std::array<string, dimension_count>;

struct UsageGrain {
  std::set<string> group_by;
  std::uint64_t documents = 0;
  std::map<std::pair<Instant, Row>, Counters> sums;
};

struct CostGrain {
  std::uint64_t documents = 0;
  std::map<std::pair<Instant, CostKey>, Amount> sums;
};

struct RateLimitPoll {
  std::set<string> groups;  ///< each as one canonical text
  std::uint64_t documents = 0;
};

string canonical(const string& id, const string& type, const std::vector<string>& models,
                 std::map<string, std::int64_t> limits) {
  string text = type + " " + id + " [";
  for (const string& model : models) text += model + " ";
  text += "]";
  for (const auto& [name, value] : limits) text += " " + name + "=" + std::to_string(value);
  return text;
}

string describe(Instant start, const auto& values) {
  string text = format_rfc3339(start);
  for (const string& value : values) {
    if (!value.empty()) text += " " + value;
  }
  return text;
}

string describe(const Counters& counters) {
  string text = "{";
  for (std::size_t i = 0; i < counters.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(counters[i]);
  return text + "}";
}

/// Everything read, then compared.
class Check {
 public:
  Check(const Options& options, Instant as_of) : options_(options), as_of_(as_of), api_(options_) {}

  void read(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    string line;
    for (std::uint64_t number = 1; std::getline(file, line); ++number) {
      if (line.empty()) continue;
      try {
        boost::system::error_code error;
        const json::value value = json::parse(line, error);
        if (error || !value.is_object()) throw BadDocument("not a JSON object");
        read_document(value.as_object());
      } catch (const BadDocument& bad) {
        fault(path.filename().string() + ":" + std::to_string(number) + ": " + bad.what());
      }
    }
  }

  CheckReport finish() {
    for (const auto& [key, grain] : usage_) compare_usage(key.first, grain);
    for (const auto& [group_by, grain] : cost_) compare_cost(group_by, grain);
    if (!polls_.empty()) compare_rate_limits();
    return std::move(report_);
  }

 private:
  void fault(string sentence) {
    ++report_.fault_count;
    if (report_.faults.size() < examples_kept) report_.faults.push_back(std::move(sentence));
  }

  void read_document(const json::object& document) {
    const auto* stream = document.if_contains("data_stream");
    if (stream == nullptr || !stream->is_object()) return;
    const string dataset = text_or_empty(stream->as_object(), "dataset");
    if (!dataset.starts_with("anthropic_metrics.")) return;
    ++report_.documents;
    const string id = text_at(object_at(document, "event"), "id");
    if (!ids_.insert(id).second) {
      ++report_.duplicate_ids;
      fault("event.id " + id + " occurs more than once");
    }
    const json::object& fields = object_at(document, "anthropic");
    if (dataset == "anthropic_metrics.usage")
      read_usage(object_at(fields, "usage"));
    else if (dataset == "anthropic_metrics.cost")
      read_cost(object_at(fields, "cost"));
    else if (dataset == "anthropic_metrics.rate_limit")
      read_rate_limit(document, object_at(fields, "rate_limit"));
  }

  void read_usage(const json::object& usage) {
    const auto group_by = group_by_of(usage);
    UsageGrain& grain = usage_[{text_at(usage, "bucket_width"), group_by}];
    grain.group_by = group_by;
    ++grain.documents;
    Row row;
    for (std::size_t d = 0; d < dimension_count; ++d) {
      const auto name = dimension_names[d];
      if (group_by.contains(string(name)))
        row[d] = name == "workspace_id" ? workspace_of(usage) : text_or_empty(usage, name);
    }
    add(grain.sums[{time_at(usage, "bucket_start_time"), row}],
        {number_at(usage, "uncached_input_tokens"), number_at(usage, "cached_input_tokens"),
         number_at(usage, "cache_creation_5m_input_tokens"),
         number_at(usage, "cache_creation_1h_input_tokens"), number_at(usage, "output_tokens"),
         number_at(usage, "web_search_requests")});
  }

  void read_cost(const json::object& cost) {
    const auto group_by = group_by_of(cost);
    CostGrain& grain = cost_[group_by];
    ++grain.documents;
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
    grain.sums[{time_at(cost, "bucket_start_time"), key}] += *amount;
  }

  void read_rate_limit(const json::object& document, const json::object& limit) {
    RateLimitPoll& poll = polls_[time_at(document, "@timestamp")];
    ++poll.documents;
    ++rate_limit_documents_;
    std::vector<string> models;
    if (const auto* list = limit.if_contains("models"); list != nullptr && list->is_array()) {
      for (const auto& model : list->as_array())
        models.emplace_back(model.is_string() ? string(model.as_string()) : "?");
    }
    std::map<string, std::int64_t> limits;
    const auto& entries = at(limit, "limits");
    if (!entries.is_array()) throw BadDocument("field 'limits' should be an array");
    for (const auto& entry : entries.as_array()) {
      if (!entry.is_object()) throw BadDocument("field 'limits' should be an array of objects");
      limits[text_at(entry.as_object(), "type")] = number_at(entry.as_object(), "value");
    }
    poll.groups.insert(
        canonical(text_or_empty(limit, "group_id"), text_at(limit, "group_type"), models, limits));
  }

  template <class Key, class Value, class Describe>
  void compare(StreamCheck& result, const std::map<Key, Value>& found,
               const std::map<Key, Value>& expected, Describe describe_row) {
    std::set<Key> keys;
    for (const auto& entry : found) keys.insert(entry.first);
    for (const auto& entry : expected) keys.insert(entry.first);
    result.rows = keys.size();
    for (const Key& key : keys) {
      // A row that was corrected to nothing equals one that is absent.
      const auto here = found.find(key);
      const auto there = expected.find(key);
      const Value have = here == found.end() ? Value{} : here->second;
      const Value want = there == expected.end() ? Value{} : there->second;
      if (have == want) continue;
      ++result.differences;
      if (result.examples.size() < examples_kept)
        result.examples.push_back(describe_row(key, want, have));
    }
  }

  void compare_usage(const string& width_name, const UsageGrain& grain) {
    StreamCheck result{"usage",
                       width_name + (grain.group_by.empty() ? " ungrouped" : " by"),
                       grain.documents,
                       0,
                       0,
                       0,
                       {}};
    UsageQuery query;
    query.width =
        width_name == "1m" ? Width::minute : (width_name == "1h" ? Width::hour : Width::day);
    for (const string& name : grain.group_by) {
      result.grain += " " + name;
      if (const auto dimension = dimension_by_name(name)) query.group_by.set(index(*dimension));
    }
    query.start = grain.sums.begin()->first.first;
    query.end = grain.sums.rbegin()->first.first + length(query.width);
    result.buckets = static_cast<std::uint64_t>((query.end - query.start) / length(query.width));
    std::map<std::pair<Instant, Row>, Counters> expected;
    for (const UsageSum& sum : usage_truth(api_, query, as_of_))
      expected[{sum.start, sum.dimensions}] = sum.counters;
    compare(result, grain.sums, expected,
            [](const auto& key, const Counters& want, const Counters& have) {
              return describe(key.first, key.second) + ": the API reports " + describe(want) +
                     ", the documents sum to " + describe(have);
            });
    report_.streams.push_back(std::move(result));
  }

  void compare_cost(const std::set<string>& group_by, const CostGrain& grain) {
    StreamCheck result{
        "cost", group_by.empty() ? "1d ungrouped" : "1d by", grain.documents, 0, 0, 0, {}};
    for (const string& name : group_by) result.grain += " " + name;
    const CostQuery query{grain.sums.begin()->first.first,
                          grain.sums.rbegin()->first.first + std::chrono::days{1},
                          group_by.contains("workspace_id"), group_by.contains("description")};
    result.buckets = static_cast<std::uint64_t>((query.end - query.start) / std::chrono::days{1});
    std::map<std::pair<Instant, CostKey>, Amount> expected;
    for (const CostSum& sum : cost_truth(api_, query, as_of_))
      expected[{sum.day, sum.key}] = sum.amount;
    compare(result, grain.sums, expected,
            [](const auto& key, const Amount& want, const Amount& have) {
              const CostKey& k = key.second;
              return describe(key.first, std::array{k.workspace_id, k.description, k.service_tier,
                                                    k.context_window, k.inference_geo}) +
                     ": the API reports " + format_amount(want) + ", the documents sum to " +
                     format_amount(have);
            });
    report_.streams.push_back(std::move(result));
  }

  /// Only the last poll: earlier ones held what held then.
  void compare_rate_limits() {
    const auto& [polled_at, poll] = *polls_.rbegin();
    StreamCheck result{"rate_limit", "", rate_limit_documents_, poll.documents, 0, 0, {}};
    std::map<string, bool> found, expected;
    for (const string& group : poll.groups) found[group] = true;
    for (const RateLimit& limit : organization_rate_limits(options_, polled_at)) {
      std::map<string, std::int64_t> limits;
      for (const Limiter& limiter : limit.limits) limits[limiter.type] = limiter.value;
      expected[canonical(limit.group_id, limit.group_type, limit.models, limits)] = true;
    }
    compare(result, found, expected, [at = polled_at](const string& group, bool want, bool) {
      return format_rfc3339(at) + ": " + (want ? "no document for " : "no such limit: ") + group;
    });
    report_.streams.push_back(std::move(result));
  }

  const Options& options_;
  const Instant as_of_;
  const Api api_;
  CheckReport report_;
  std::unordered_set<string> ids_;
  std::map<std::pair<string, std::set<string>>, UsageGrain> usage_;
  std::map<std::set<string>, CostGrain> cost_;
  std::map<Instant, RateLimitPoll> polls_;
  std::uint64_t rate_limit_documents_ = 0;
};

}  // namespace

bool CheckReport::passed() const {
  const bool equal = std::all_of(streams.begin(), streams.end(),
                                 [](const StreamCheck& s) { return s.differences == 0; });
  return equal && !streams.empty() && fault_count == 0;
}

CheckReport check_directory(const std::filesystem::path& directory, const Options& options,
                            Instant as_of) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.path().extension() == ".ndjson")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Check check(options, as_of);
  for (const auto& file : files) check.read(file);
  return check.finish();
}

void print(const CheckReport& report, std::ostream& out) {
  for (const StreamCheck& stream : report.streams) {
    out << stream.stream << (stream.grain.empty() ? "" : " " + stream.grain) << ": "
        << stream.documents << " documents, " << stream.buckets
        << (stream.stream == "rate_limit" ? " groups, " : " buckets, ") << stream.rows << " rows, "
        << (stream.differences == 0 ? "equal to the API"
                                    : std::to_string(stream.differences) + " DIFFERENCES")
        << '\n';
    for (const string& example : stream.examples) out << "  " << example << '\n';
  }
  if (report.streams.empty()) out << "no documents of anthropic_metrics found\n";
  if (report.fault_count != 0) out << report.fault_count << " faulty documents\n";
  for (const string& fault : report.faults) out << "  " << fault << '\n';
}

}  // namespace anthropic_metrics::simulator
