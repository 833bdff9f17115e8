// SPDX-License-Identifier: Apache-2.0
#include "report_check.hpp"

#include <algorithm>

#include "claude_code_data.hpp"
#include "compare.hpp"

namespace anthropic_metrics::simulator {
namespace {

using std::string;

constexpr Int128 whole = Int128{1'000'000'000} * 1'000'000'000;

string grain_of(const string& width, const Documents::GroupBy& group_by) {
  string text = width + (group_by.empty() ? " ungrouped" : " by");
  for (const string& name : group_by) text += " " + name;
  return text;
}

string text_of(const AnalyticsMeasures& measures, bool cost) {
  if (cost) {
    return format_amount(measures.amount) + " (list " + format_amount(measures.list_amount) + ", " +
           std::to_string(measures.requests) + " requests)";
  }
  string text = "{";
  for (const std::int64_t counter : measures.counters) text += std::to_string(counter) + ", ";
  return text + std::to_string(measures.requests) + " requests}";
}

/// The latest watermark that was ever sent.
Instant furthest_watermark(const Options& options, Instant as_of) {
  Instant furthest = refresh_at(options, as_of).complete_until;
  for (int back = 0; back < 12; ++back) {
    const Refresh earlier = refresh_at(options, as_of - options.analytics_refresh * back);
    if (earlier.watermark) furthest = std::max(furthest, *earlier.watermark);
  }
  return furthest;
}

using ClaudeCodeSums =
    std::map<std::pair<Instant, ClaudeCodeDocuments::Key>, std::map<string, Amount>>;

void put(std::map<string, Amount>& sums, const char* name, std::int64_t count) {
  if (count != 0) sums[name] += Amount{whole * count};
}

void add_entry(const ClaudeCodeEntry& entry, Instant day, ClaudeCodeSums& sums) {
  ClaudeCodeDocuments::Key key{"activity",
                               string(entry.actor_type),
                               entry.actor,
                               string(entry.customer_type),
                               string(entry.subscription_type.value_or("")),
                               string(entry.terminal_type),
                               entry.is_remote ? (*entry.is_remote ? "true" : "false") : "",
                               ""};
  auto& activity = sums[{day, key}];
  put(activity, "sessions", entry.sessions);
  put(activity, "lines_added", entry.lines_added);
  put(activity, "lines_removed", entry.lines_removed);
  put(activity, "commits", entry.commits);
  put(activity, "pull_requests", entry.pull_requests);
  for (const ClaudeCodeTool& tool : entry.tools) {
    put(activity, "tools_accepted", tool.accepted);
    put(activity, "tools_rejected", tool.rejected);
    const string name(tool.name.substr(0, tool.name.rfind("_tool")));
    if (name == "simulated_future") continue;  // has no field of its own
    put(activity, (name + "_accepted").c_str(), tool.accepted);
    put(activity, (name + "_rejected").c_str(), tool.rejected);
  }
  key[0] = "model";
  for (const ClaudeCodeModel& model : entry.models) {
    key[7] = model.model;
    auto& tokens = sums[{day, key}];
    put(tokens, "input_tokens", model.input);
    put(tokens, "output_tokens", model.output);
    put(tokens, "cached_input_tokens", model.cache_read);
    put(tokens, "cache_creation_input_tokens", model.cache_creation);
    if (model.half_cents != 0) tokens["estimated_amount"] += Amount{whole / 2 * model.half_cents};
  }
}

/// The same without the names of actors.
ClaudeCodeSums without_actors(const ClaudeCodeSums& sums) {
  ClaudeCodeSums merged;
  for (const auto& [place, measures] : sums) {
    auto key = place.second;
    key[2].clear();
    for (const auto& [name, amount] : measures) merged[{place.first, key}][name] += amount;
  }
  return merged;
}

/// A measure that was corrected to nothing equals one that is absent.
ClaudeCodeSums without_zeros(ClaudeCodeSums sums) {
  for (auto& entry : sums)
    std::erase_if(entry.second, [](const auto& measure) { return measure.second == Amount{}; });
  std::erase_if(sums, [](const auto& entry) { return entry.second.empty(); });
  return sums;
}

string text_of(const std::map<string, Amount>& measures) {
  string text;
  for (const auto& [name, amount] : measures)
    text += (text.empty() ? "" : ", ") + name + " " + format_amount(amount);
  return text.empty() ? "nothing" : text;
}

}  // namespace

StreamCheck check_analytics(const Api& api, const Options& options, Instant as_of, bool cost,
                            const string& width, const Documents::GroupBy& group_by,
                            const AnalyticsDocuments& documents) {
  StreamCheck result{cost ? "analytics_cost" : "analytics_usage",
                     grain_of(width, group_by),
                     documents.count,
                     0,
                     0,
                     0,
                     {}};
  AnalyticsQuery query;
  query.cost = cost;
  query.width = width == "1m" ? Width::minute : width == "1h" ? Width::hour : Width::day;
  for (std::size_t f = 0; f < facet_count; ++f)
    if (group_by.contains(string(facet_names[f]))) query.group_by.set(f);
  const Refresh refresh = refresh_at(options, as_of);
  const std::chrono::seconds length = simulator::length(*query.width);
  query.start = documents.sums.begin()->first.first;
  const Instant last = documents.sums.rbegin()->first.first + length;
  query.end = query.start;
  while (query.end + length <= std::min(last, refresh.complete_until)) query.end += length;
  result.buckets = static_cast<std::uint64_t>((query.end - query.start) / length);

  std::map<std::pair<Instant, FacetValues>, AnalyticsMeasures> found, expected;
  for (const auto& [place, measures] : documents.sums) {
    const bool early = place.first + length > furthest_watermark(options, as_of);
    if (place.first < query.end || early) found[place] = measures;
  }
  for (const AnalyticsRow& row : api.analytics().rows(query, refresh)) {
    if (row.parts.empty()) expected[{row.start, row.group}] += row.total;
    for (const auto& [group, measures] : row.parts) expected[{row.start, group}] += measures;
  }
  compare(result, found, expected,
          [cost](const auto& key, const AnalyticsMeasures& want, const AnalyticsMeasures& have) {
            return place_text(key.first, key.second) + ": the API reports " + text_of(want, cost) +
                   ", the documents sum to " + text_of(have, cost);
          });
  return result;
}

StreamCheck check_claude_code(const Api& api, const Options& options, Instant as_of,
                              const ClaudeCodeDocuments& documents) {
  StreamCheck result{"claude_code", "1d by actor and model", documents.count, 0, 0, 0, {}};
  const Instant first = documents.sums.begin()->first.first;
  const Instant last = documents.sums.rbegin()->first.first;
  ClaudeCodeSums expected;
  std::set<string> names;
  for (Instant day = first; day <= last; day += std::chrono::days{1}) {
    ++result.buckets;
    for (const ClaudeCodeEntry& entry :
         claude_code_day(options, api.organization(), day, claude_code_boundary(as_of))) {
      names.insert(entry.actor);
      add_entry(entry, day, expected);
    }
  }
  ClaudeCodeSums found = documents.sums;
  const bool named = std::all_of(found.begin(), found.end(), [&](const auto& entry) {
    return names.contains(entry.first.second[2]);
  });
  if (!named) {
    result.grain = "1d by model";
    found = without_actors(found);
    expected = without_actors(expected);
  }
  compare(result, without_zeros(std::move(found)), without_zeros(std::move(expected)),
          [](const auto& key, const auto& want, const auto& have) {
            return place_text(key.first, key.second) + ": the API reports " + text_of(want) +
                   ", the documents sum to " + text_of(have);
          });
  return result;
}

}  // namespace anthropic_metrics::simulator
