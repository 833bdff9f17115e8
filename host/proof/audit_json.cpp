// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

json::array list(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::array list(const std::vector<Sum>& sums) {
  json::array list;
  for (const Sum& sum : sums)
    list.push_back(json::object{{"field", sum.field}, {"api", sum.api}, {"store", sum.store}});
  return list;
}

json::object to_json(const Difference& difference) {
  return {{"kind", std::string(to_string(difference.kind))},
          {"bucket_start_time", time_text(difference.start)},
          {"bucket_width", difference.grain.width},
          {"group_by", list(difference.grain.group_by)},
          {"dimensions", json::parse("{" + difference.dimensions + "}")},
          {"fields", list(difference.fields)}};
}

json::object to_json(const StreamAudit& audit, const RowFields& fields) {
  json::array differences;
  for (const Difference& difference : audit.differences) differences.push_back(to_json(difference));
  json::array findings;
  for (const Finding& finding : audit.findings)
    findings.push_back(json::object{{"kind", finding.kind},
                                    {"count", finding.count},
                                    {"example", finding.example},
                                    {"sentence", finding.sentence}});
  return {{"stream", audit.stream},
          {"data_stream", audit.data_stream},
          {"bucket_width", audit.grain.width},
          {"group_by", list(audit.grain.group_by)},
          {"from", time_text(audit.from)},
          {"to", time_text(audit.to)},
          {"buckets", audit.buckets},
          {"rows", audit.rows},
          {"documents", audit.documents},
          {"sums", list(sums_of(fields, audit.api, audit.store))},
          {"different_rows", audit.different_rows},
          {"on_their_way", audit.on_their_way},
          {"differences", std::move(differences)},
          {"findings", std::move(findings)}};
}

}  // namespace

std::string json_of(const AuditReport& report, const std::vector<RowFields>& fields) {
  json::array streams;
  for (std::size_t i = 0; i < report.streams.size(); ++i)
    streams.push_back(to_json(report.streams[i], fields[i]));
  json::object out{{"from", time_text(report.from)},    {"to", time_text(report.to)},
                   {"equal", report.equal()},           {"complete", report.complete()},
                   {"problems", list(report.problems)}, {"streams", std::move(streams)}};
  if (report.repair)
    out["repair"] = {{"documents", report.repair->documents},
                     {"written", report.repair->written()},
                     {"different_rows_after", report.repair->different_rows_after},
                     {"problems", list(report.repair->problems)}};
  return json::serialize(out) + "\n";
}

}  // namespace anthropic_metrics::host
