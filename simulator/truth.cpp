// SPDX-License-Identifier: Apache-2.0
#include "truth.hpp"

#include <algorithm>

namespace anthropic_metrics::simulator {

std::vector<UsageSum> usage_truth(const Api& api, const UsageQuery& query, Instant as_of) {
  std::vector<UsageSum> sums;
  std::vector<std::array<std::string, dimension_count>> rows;
  api.usage().visit(query, as_of,
                    {[&](std::span<const Tuple> tuples) {
                       for (const Tuple& tuple : tuples) {
                         auto& row = rows.emplace_back();
                         for (std::size_t d = 0; d < dimension_count; ++d) {
                           row[d] = api.organization().value(static_cast<Dimension>(d), tuple[d]);
                         }
                       }
                     },
                     [&](Instant start, std::span<const Counters> counters) {
                       for (std::size_t i = 0; i < counters.size(); ++i) {
                         if (!empty(counters[i])) sums.push_back({start, rows[i], counters[i]});
                       }
                     }});
  return sums;
}

std::vector<CostSum> cost_truth(const Api& api, const CostQuery& query, Instant as_of) {
  std::vector<CostSum> sums;
  for (Instant day = query.start; day < query.end; day += std::chrono::days{1}) {
    for (const auto& [key, amount] : api.cost().day(query, day, as_of))
      sums.push_back({day, key, amount});
  }
  return sums;
}

Result<std::string> truth_body(const Api& api, const Target& target, Instant now) {
  if (target.find("limit") || target.find("page"))
    return invalid("truth: limit and page are not used here");
  if (const auto text = target.find("as_of")) {
    const auto as_of = parse_rfc3339(*text);
    if (!as_of) return invalid("as_of: Input should be a valid datetime in RFC 3339 format");
    now = std::chrono::floor<std::chrono::seconds>(*as_of);
  }
  const auto stream = target.find("stream").value_or("usage");
  Target query = target;
  std::erase_if(query.parameters,
                [](const auto& p) { return p.first == "stream" || p.first == "as_of"; });
  std::string body;
  if (stream == "usage") {
    auto request = parse_usage_request(query, {{"anthropic-beta", "fast-mode-2026-02-01"}}, now);
    if (!request) return request.error();
    request->window.page_end = request->query.end = request->window.end;
    body = usage_page(*request, api.organization(), api.usage(), now);
  } else if (stream == "cost") {
    auto request = parse_cost_request(query, now);
    if (!request) return request.error();
    request->window.page_end = request->query.end = request->window.end;
    body = cost_page(*request, api.cost(), now);
  } else {
    return invalid("stream: Input should be 'usage' or 'cost'");
  }
  body.insert(1, "\"as_of\":\"" + format_rfc3339(now) + "\",");
  return body;
}

}  // namespace anthropic_metrics::simulator
