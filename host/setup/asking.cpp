// SPDX-License-Identifier: Apache-2.0
#include "setup/asking.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <system_error>
#include <utility>

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// What a login needs for a setup, beyond what it needs to ship.
constexpr std::string_view privileges =
    "let it manage index templates, ingest pipelines and the lifecycle (on Elasticsearch the "
    "cluster privileges monitor, manage_index_templates, manage_ingest_pipelines and manage_ilm), "
    "and give it the index privileges manage and view_index_metadata on the "
    "data streams that the policy names, such as metrics-anthropic_metrics.*";
constexpr std::string_view kibana_privileges =
    "give it the Kibana privileges All for Saved Objects Management, Dashboard and Stack Rules in "
    "this space";

bool of_kibana(std::string_view what) {
  return what.starts_with("Kibana");
}

}  // namespace

Result<StoreAnswer> answer_to(StoreClient& client, StoreRequest request) {
  auto answer = client.ask(std::move(request));
  if (!answer) {
    std::string line = answer.error().line;
    if (line.find("; ") == std::string::npos)
      line += "; check the address, and that it can be reached from here";
    return Failure{ExitCode::sink_failed, {std::move(line)}};
  }
  return std::move(*answer);
}

Failure refusal(const StoreClient& client, const StoreAnswer& answer, std::string_view what) {
  const std::string reason = reason_of(answer);
  switch (answer.status) {
    case 401:
      return {ExitCode::refused,
              {fmt::format("{}: the credential is not accepted ({}); correct api_key, or username "
                           "and password, of the policy's output",
                           client.host(), reason)}};
    case 403:
      return {ExitCode::refused,
              {fmt::format("{}: {}: the credential may not do this ({}); {}", client.host(), what,
                           reason, of_kibana(what) ? kibana_privileges : privileges)}};
    default:
      return {ExitCode::sink_failed,
              {fmt::format("{}: {} was refused ({}); what was done before stays, run setup again "
                           "when the cause is removed",
                           client.host(), what, reason)}};
  }
}

Result<std::optional<json::object>> look_up(StoreClient& client, const std::string& target,
                                            std::string_view what) {
  const auto answer = answer_to(client, {.target = target});
  if (!answer) return answer.error();
  if (answer->status == 404) return std::optional<json::object>();
  if (!answer->fine()) return refusal(client, *answer, what);
  return std::optional(object_in(answer->body));
}

json::object object_in(std::string_view text) {
  std::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return {};
  return std::move(value.get_object());
}

std::optional<std::string> too_old(const json::object& part, std::pair<int, int> version) {
  const json::value* least = part.if_contains("least");
  if (least == nullptr || !least->is_array() || least->get_array().size() != 2) return {};
  const std::pair<int, int> wanted{
      static_cast<int>(least->get_array()[0].to_number<std::int64_t>()),
      static_cast<int>(least->get_array()[1].to_number<std::int64_t>())};
  if (version >= wanted) return {};
  return fmt::format("{}.{}", wanted.first, wanted.second);
}

}  // namespace anthropic_metrics::host
