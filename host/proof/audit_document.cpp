// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/sha256.hpp"
#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::size_t id_size = 22;

// In the form of all ids: 128 bits in base64url.
std::string id_of(const std::string& text) {
  const Sha256 hash = sha256(text);
  std::string id = base64(std::string(hash.begin(), hash.end())).substr(0, id_size);
  std::replace(id.begin(), id.end(), '+', '-');
  std::replace(id.begin(), id.end(), '/', '_');
  return id;
}

}  // namespace

json::object to_json(const AuditFound& found) {
  json::object all{{"at", time_text(found.at)},
                   {"from", time_text(found.from)},
                   {"to", time_text(found.to)},
                   {"complete", found.complete},
                   {"differences", found.differences},
                   {"repaired", found.repaired},
                   {"repaired_total", found.repaired_total}};
  if (found.last_exact_to) all["last_exact_to"] = time_text(*found.last_exact_to);
  if (!found.problem.empty()) all["problem"] = found.problem;
  return all;
}

AuditDocument document_of(const AuditFound& found, const std::string& stream,
                          const std::string& organization, const StreamTarget& health) {
  AuditDocument document;
  document.id = id_of(
      fmt::format("audit\n{}\n{}\n{}\n{}", organization, health.data_stream(), stream, found.at));
  json::object facts{{"checked_to", time_text(found.to)}, {"differences", found.differences}};
  if (found.last_exact_to) facts["last_exact_to"] = time_text(*found.last_exact_to);
  facts["repaired"] = found.repaired;
  facts["stream"] = stream;
  document.json = json::serialize(json::object{
      {"@timestamp", time_text(found.at)},
      {"anthropic", {{"health", {{"audit", std::move(facts)}}}}},
      {"data_stream",
       {{"dataset", health.dataset}, {"namespace", health.data_namespace}, {"type", "metrics"}}},
      {"ecs", {{"version", "9.3.0"}}},
      {"event",
       {{"category", json::array{"process"}},
        {"dataset", health.dataset},
        {"id", document.id},
        {"kind", "metric"},
        {"module", "anthropic_metrics"},
        {"type", json::array{"info"}}}},
      {"input", {{"type", "anthropic_metrics"}}},
      {"organization", {{"id", organization}}},
      {"tags", json::array{"forwarded"}}});
  return document;
}

}  // namespace anthropic_metrics::host
