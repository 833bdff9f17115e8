// SPDX-License-Identifier: Apache-2.0
// Dashboards and alert rules, through Kibana's public interface and without Fleet.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <utility>

#include "setup/asking.hpp"
#include "setup/compare.hpp"
#include "setup/store_setup.hpp"
#include "store/engine.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// Kibana takes no request that changes something without it: no page of others can send it.
const net::Header not_a_page{"kbn-xsrf", "anthropic-metrics"};
constexpr std::string_view boundary = "anthropic-metrics-e7d1c4f0a2b35986";

Failure not_kibana(const StoreClient& client) {
  return {ExitCode::configuration,
          {fmt::format("--kibana: {} is not Kibana; give the address that a browser opens, such as "
                       "https://kibana.example:5601, with /s/NAME behind it for a space",
                       client.host())}};
}

// One file of a form, as a browser would send it.
StoreRequest import_of(const json::array& objects) {
  std::string body = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"anthropic_metrics.ndjson\""
      "\r\nContent-Type: application/ndjson\r\n\r\n",
      boundary);
  for (const json::value& object : objects) body += json::serialize(object) + "\n";
  body += fmt::format("\r\n--{}--\r\n", boundary);
  return {.method = "POST",
          .target = "/api/saved_objects/_import?overwrite=true",
          .body = std::move(body),
          .type = fmt::format("multipart/form-data; boundary={}", boundary),
          .headers = {not_a_page}};
}

Result<Step> rule_step(StoreClient& client, const std::string& id, const json::object& rule,
                       const SetupWishes& wishes) {
  const json::object& create = part(rule, "create");
  const json::object& update = part(rule, "update");
  const std::string target = "/api/alerting/rule/" + id;
  Step step{.kind = "Kibana rule", .name = text_in(create, "name")};
  const auto found = look_up(client, target, "Kibana: reading the rule " + step.name);
  if (!found) return found.error();
  if (!*found) {
    step.effect = Effect::created;
    step.why = "switched off";
    step.requests.push_back({.method = "POST",
                             .target = target,
                             .body = json::serialize(create),
                             .headers = {not_a_page}});
  } else if (!contains(json::value(**found), json::value(update))) {
    step.effect = wishes.replace_rules ? Effect::updated : Effect::left;
    if (wishes.replace_rules)
      step.requests.push_back({.method = "PUT",
                               .target = target,
                               .body = json::serialize(update),
                               .headers = {not_a_page}});
    else
      step.why = "it differs from ours; --replace-rules puts ours in its place";
  }
  return step;
}

// The version of the Kibana there, if it can be used.
Result<std::string> kibana_version(StoreClient& client, const json::object& ours) {
  const auto answer = answer_to(client, {.target = "/api/status"});
  if (!answer) return answer.error();
  if (answer->status == 401 || answer->status == 403)
    return refusal(client, *answer, "Kibana: asking for its state");
  const json::object said = object_in(answer->body);
  const std::string version = text_in(part(said, "version"), "number");
  if (version.empty() && !said.contains("status")) return not_kibana(client);
  if (answer->status == 503) {
    return Failure{ExitCode::sink_failed,
                   {fmt::format("{}: Kibana is not ready; wait until it is, then run setup again",
                                client.host())}};
  }
  if (version.empty()) {
    // Without a login it says only that it is there.
    return Failure{ExitCode::refused,
                   {fmt::format("{}: Kibana does not take the credential; use one that may log in "
                                "to Kibana, in the policy's output or with -E",
                                client.host())}};
  }
  if (const auto least = too_old(ours, version_in(version))) {
    return Failure{ExitCode::configuration,
                   {fmt::format("{} is Kibana {}; dashboards and rules need {} or newer, update "
                                "it or leave --kibana out",
                                client.host(), version, *least)}};
  }
  return version;
}

}  // namespace

Result<SetupPlan> plan_kibana(StoreClient& client, const Assets& assets, const SetupWishes& wishes,
                              bool managed) {
  const json::object& ours = assets.kibana();
  const auto version = kibana_version(client, ours);
  if (!version) return version.error();
  SetupPlan plan;
  plan.place = fmt::format("Kibana {} at {}", *version, client.host());
  plan.managed_by_fleet = managed;
  const json::array& objects = ours.at("objects").get_array();
  Step dashboards{.kind = "Kibana", .name = fmt::format("{} saved objects", objects.size())};
  if (managed) {
    dashboards.effect = Effect::left;
    dashboards.why = "Fleet has installed the package and looks after them";
  } else {
    dashboards.effect = Effect::updated;
    dashboards.requests.push_back(import_of(objects));
  }
  plan.steps.push_back(std::move(dashboards));
  for (const auto& rule : part(ours, "rules")) {
    if (!rule.value().is_object()) continue;
    auto step = rule_step(client, std::string(rule.key()), rule.value().get_object(), wishes);
    if (!step) return step.error();
    plan.steps.push_back(std::move(*step));
  }
  return plan;
}

}  // namespace anthropic_metrics::host
