// SPDX-License-Identifier: Apache-2.0
#include "setup/lifecycle.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "setup/asking.hpp"
#include "setup/compare.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::string_view retention_word = "RETENTION";

std::string with_retention(std::string text, const std::string& retention) {
  for (std::size_t at = 0; (at = text.find(retention_word, at)) != std::string::npos;
       at += retention.size())
    text.replace(at, retention_word.size(), retention);
  return text;
}

// {"policy": ...}, for documents that are kept for ever or for a time.
json::object wanted_policy(const json::object& lifecycle, const std::string& retention) {
  if (retention.empty()) return part(lifecycle, "keep");
  return object_in(with_retention(json::serialize(part(lifecycle, "delete")), retention));
}

std::string number_at(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr ? json::serialize(*found) : std::string();
}

void settle(Step& step, bool same, bool replaced) {
  if (same) return;
  step.effect = replaced ? Effect::updated : Effect::left;
  if (!replaced) step.why = "it differs from ours; --replace-policy puts ours in its place";
}

}  // namespace

Result<void> plan_lifecycle(StoreClient& client, const json::object& assets, bool ism,
                            const SetupWishes& wishes, std::vector<Step>& steps) {
  const json::object& lifecycle = part(assets, "lifecycle");
  if (lifecycle.empty()) {
    if (wishes.retention.empty()) return {};
    return Failure{ExitCode::usage,
                   {"--retention: this engine manages the lifecycle of data streams itself; leave "
                    "the option out and set the retention of the data streams there"}};
  }
  const std::string name = text_in(lifecycle, "name");
  const std::string target = (ism ? "/_plugins/_ism/policies/" : "/_ilm/policy/") + name;
  const json::object wanted = wanted_policy(lifecycle, wishes.retention);
  Step step{.kind = "lifecycle policy", .name = name};
  const auto answer = answer_to(client, {.target = target});
  if (!answer) return answer.error();
  if (answer->status == 400 || answer->status == 405) {
    step.effect = Effect::left;
    step.why =
        "this cluster has no lifecycle management; data streams begin a new index only when "
        "asked to";
    steps.push_back(std::move(step));
    return {};
  }
  StoreRequest request{.method = "PUT", .target = target, .body = json::serialize(wanted)};
  if (answer->status == 404) {
    step.effect = Effect::created;
  } else if (!answer->fine()) {
    return refusal(client, *answer, "reading the lifecycle policy " + name);
  } else {
    const json::object said = object_in(answer->body);
    const json::value there(part(ism ? said : part(said, name), "policy"));
    if (!is_ours(there, wanted.at("policy"))) {
      return Failure{
          ExitCode::configuration,
          {fmt::format("{}: the lifecycle policy '{}' is there and was not made by this program; "
                       "nothing was changed, rename or remove it, then run setup again",
                       client.host(), name)}};
    }
    settle(step, contains(there, wanted.at("policy")),
           wishes.replace_policy || !wishes.retention.empty());
    if (ism)
      request.target += fmt::format("?if_seq_no={}&if_primary_term={}", number_at(said, "_seq_no"),
                                    number_at(said, "_primary_term"));
  }
  if (step.effect == Effect::created || step.effect == Effect::updated)
    step.requests.push_back(std::move(request));
  steps.push_back(std::move(step));
  return {};
}

}  // namespace anthropic_metrics::host
