// SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <stdexcept>

#include "activity_check.hpp"
#include "compare.hpp"
#include "documents.hpp"
#include "list_check.hpp"
#include "report_check.hpp"
#include "state_check.hpp"
#include "truth.hpp"

namespace anthropic_metrics::simulator {
namespace {

using std::string;

string describe(const Counters& counters) {
  string text = "{";
  for (std::size_t i = 0; i < counters.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(counters[i]);
  return text + "}";
}

string join(const std::set<string>& names) {
  string text;
  for (const string& name : names) text += " " + name;
  return names.empty() ? " ungrouped" : " by" + text;
}

StreamCheck check_usage(const Api& api, Instant as_of, const string& width,
                        const Documents::GroupBy& group_by, const UsageDocuments& documents) {
  StreamCheck result{"usage", width + join(group_by), documents.count, 0, 0, 0, {}};
  UsageQuery query;
  query.width = width == "1m" ? Width::minute : (width == "1h" ? Width::hour : Width::day);
  for (const string& name : group_by) {
    if (const auto dimension = dimension_by_name(name)) query.group_by.set(index(*dimension));
  }
  query.start = documents.sums.begin()->first.first;
  query.end = documents.sums.rbegin()->first.first + length(query.width);
  result.buckets = static_cast<std::uint64_t>((query.end - query.start) / length(query.width));
  std::map<std::pair<Instant, DimensionValues>, Counters> expected;
  for (const UsageSum& sum : usage_truth(api, query, as_of))
    expected[{sum.start, sum.dimensions}] = sum.counters;
  compare(result, documents.sums, expected,
          [](const auto& key, const Counters& want, const Counters& have) {
            return place_text(key.first, key.second) + ": the API reports " + describe(want) +
                   ", the documents sum to " + describe(have);
          });
  return result;
}

StreamCheck check_cost(const Api& api, Instant as_of, const Documents::GroupBy& group_by,
                       const CostDocuments& documents) {
  StreamCheck result{"cost", "1d" + join(group_by), documents.count, 0, 0, 0, {}};
  const CostQuery query{documents.sums.begin()->first.first,
                        documents.sums.rbegin()->first.first + std::chrono::days{1},
                        group_by.contains("workspace_id"), group_by.contains("description")};
  result.buckets = static_cast<std::uint64_t>((query.end - query.start) / std::chrono::days{1});
  std::map<std::pair<Instant, CostKey>, Amount> expected;
  for (const CostSum& sum : cost_truth(api, query, as_of))
    expected[{sum.day, sum.key}] = sum.amount;
  compare(result, documents.sums, expected,
          [](const auto& key, const Amount& want, const Amount& have) {
            const CostKey& k = key.second;
            const std::array values{k.workspace_id, k.description, k.service_tier, k.context_window,
                                    k.inference_geo};
            return place_text(key.first, values) + ": the API reports " + format_amount(want) +
                   ", the documents sum to " + format_amount(have);
          });
  return result;
}

/// The last poll of a list, as for rate limits.
StreamCheck check_list(const Api& api, const Options& options, const DescribedStream& stream,
                       const std::map<Instant, std::vector<Said>>& polls) {
  StreamCheck result{stream.name, "", 0, 0, 0, 0, {}};
  for (const auto& entry : polls) result.documents += entry.second.size();
  const auto& [polled_at, poll] = *polls.rbegin();
  const ListCheck found = compare_list(api, options, stream.endpoint, polled_at, poll);
  result.buckets = result.rows = found.entries;
  result.differences = found.differences.size();
  for (const string& difference : found.differences)
    if (result.examples.size() < examples_kept)
      result.examples.push_back(format_rfc3339(polled_at) + ": " + difference);
  return result;
}

/// What nobody collected does not differ, so it has to be asked for by name.
void check_described(const Api& api, const Options& options, const Documents& documents,
                     const std::vector<DescribedStream>& described, CheckReport& report) {
  for (const DescribedStream& stream : described) {
    if (!api.serves(stream.endpoint) || stream.opt_in) continue;
    const auto other = documents.others.find(stream.name);
    if (other != documents.others.end() && stream.list) {
      report.streams.push_back(check_list(api, options, stream, other->second));
      report.others.erase(stream.name);
    } else if (!report.others.contains(stream.name) &&
               std::none_of(report.streams.begin(), report.streams.end(),
                            [&](const StreamCheck& s) { return s.stream == stream.name; })) {
      report.streams.push_back({stream.name, "", 0, 0, 0, 1, {"no document was collected"}});
    }
  }
}

}  // namespace

std::vector<DescribedStream> read_description(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const string text{std::istreambuf_iterator<char>(stream), {}};
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* streams = object == nullptr ? nullptr : object->if_contains("streams");
  if (streams == nullptr || !streams->is_array())
    throw std::runtime_error(file.string() + " describes no streams; use what 'anthropic-metrics " +
                             "export description' prints");
  std::vector<DescribedStream> described;
  for (const auto& one : streams->as_array()) {
    const auto* endpoint = one.as_object().if_contains("endpoint");
    const auto* opt_in = one.as_object().if_contains("opt_in");
    described.push_back({string(one.at("name").as_string()),
                         endpoint == nullptr ? string() : string(endpoint->as_string()),
                         !one.at("history").as_bool(),
                         opt_in != nullptr && opt_in->is_bool() && opt_in->as_bool()});
  }
  return described;
}

bool CheckReport::passed(bool resends_allowed) const {
  const bool equal = std::all_of(streams.begin(), streams.end(),
                                 [](const StreamCheck& s) { return s.differences == 0; });
  return equal && !streams.empty() && fault_count == 0 && (resends_allowed || duplicate_ids == 0);
}

CheckReport check_directory(const std::filesystem::path& directory, const Options& options,
                            Instant as_of, const std::vector<DescribedStream>& described) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.path().extension() == ".ndjson")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Documents documents;
  for (const auto& file : files) documents.read(file);

  const Api api(options);
  CheckReport report;
  report.documents = documents.count;
  report.duplicate_ids = documents.duplicate_ids;
  report.fault_count = documents.fault_count;
  report.faults = documents.faults;
  for (const auto& [grain, sums] : documents.usage) {
    report.streams.push_back(check_usage(api, as_of, grain.first, grain.second, sums));
  }
  for (const auto& [group_by, sums] : documents.cost) {
    report.streams.push_back(check_cost(api, as_of, group_by, sums));
  }
  for (const auto& [grain, sums] : documents.analytics) {
    const auto& [is_cost, width, group_by] = grain;
    report.streams.push_back(check_analytics(api, options, as_of, is_cost, width, group_by, sums));
  }
  if (documents.claude_code.count != 0)
    report.streams.push_back(check_claude_code(api, options, as_of, documents.claude_code));
  if (documents.activity.count != 0)
    report.streams.push_back(check_activity(options, as_of, documents.activity));
  if (documents.summaries.count != 0)
    report.streams.push_back(check_summaries(options, as_of, documents.summaries));
  if (!documents.rate_limits.empty())
    report.streams.push_back(check_rate_limits(options, documents.rate_limits));
  if (!documents.workspace_limits.empty())
    report.streams.push_back(check_workspace_limits(api, options, documents.workspace_limits));
  if (!documents.spend_limits.empty())
    report.streams.push_back(check_spend_limits(api, options, documents.spend_limits));
  for (const auto& [stream, history] : documents.entities)
    report.streams.push_back(check_entities(api, options, stream, as_of, history));
  for (const auto& [stream, polls] : documents.others)
    for (const auto& poll : polls) report.others[stream] += poll.second.size();
  check_described(api, options, documents, described, report);
  return report;
}

void print(const CheckReport& report, std::ostream& out) {
  for (const StreamCheck& stream : report.streams) {
    out << stream.stream << (stream.grain.empty() ? "" : " " + stream.grain) << ": "
        << stream.documents << " documents, " << stream.buckets
        << (stream.stream.starts_with("rate_limit") ? " groups, "
            : stream.grain.empty()                  ? " entries, "
                                                    : " buckets, ")
        << stream.rows << " rows, "
        << (stream.differences == 0 ? "equal to the API"
                                    : std::to_string(stream.differences) + " DIFFERENCES")
        << '\n';
    for (const string& example : stream.examples) out << "  " << example << '\n';
  }
  for (const auto& [stream, count] : report.others)
    out << stream << ": " << count
        << " documents, not compared: the API reports nothing like them\n";
  if (report.streams.empty()) out << "no documents of anthropic_metrics found\n";
  if (report.duplicate_ids != 0) {
    out << report.duplicate_ids
        << " documents repeat the id of another and were not counted again\n";
  }
  if (report.fault_count != 0) out << report.fault_count << " faulty documents\n";
  for (const string& fault : report.faults) out << "  " << fault << '\n';
}

}  // namespace anthropic_metrics::simulator
