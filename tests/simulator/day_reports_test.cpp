// SPDX-License-Identifier: Apache-2.0
// The reports of whole days: Claude Code, activity of people, and summaries.
#include <map>
#include <set>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;
using namespace std::chrono_literals;

namespace {

const std::string claude_code = "/v1/organizations/usage_report/claude_code?starting_at=";
const std::string users = "/v1/organizations/analytics/users?";
const std::string summaries = "/v1/organizations/analytics/summaries?";

Request asked(const std::string& target) {
  return {"GET",
          target,
          {{"x-api-key", default_enterprise_key}, {"anthropic-version", "2023-06-01"}},
          ""};
}

json::value answer(Simulator& simulator, const std::string& target) {
  const Reply reply = simulator.handle(asked(target));
  INFO(target << ": " << reply.response.body.substr(0, 400));
  REQUIRE(reply.response.status == 200);
  return body_of(reply);
}

Options enterprise_options() {
  Options options = calm_options();
  options.kind = OrganizationKind::enterprise;
  return options;
}

std::string key_of(const json::value& row) {
  const auto member = [&](const char* name) {
    const auto* value = row.as_object().if_contains(name);
    return value == nullptr ? std::string("absent") : json::serialize(*value);
  };
  return member("actor") + member("customer_type") + member("subscription_type") +
         member("terminal_type") + member("is_remote");
}

std::int64_t sessions(Simulator& simulator, const std::string& day) {
  std::int64_t sum = 0;
  for (const auto& row : data_of(simulator, claude_code + day + "&limit=1000"))
    sum += row.at("core_metrics").at("num_sessions").as_int64();
  return sum;
}

}  // namespace

TEST_CASE(
    "Claude Code has both kinds of actors, absent and null members, halves of cents and equal "
    "keys") {
  Simulator simulator(calm_options());
  std::set<std::string> actors, absent;
  std::set<bool> whole;
  int repeated = 0;
  for (int day = 10; day < 31; ++day) {
    std::set<std::string> keys;
    for (const auto& row :
         data_of(simulator, claude_code + "2026-10-" + std::to_string(day) + "&limit=1000")) {
      const auto& object = row.as_object();
      actors.insert(text(row.at("actor").at("type")));
      repeated += keys.insert(key_of(row)).second ? 0 : 1;
      if (!object.contains("is_remote")) absent.insert("is_remote");
      if (!object.contains("subscription_type"))
        absent.insert("subscription_type");
      else if (row.at("subscription_type").is_null())
        absent.insert("null");
      for (const auto& model : row.at("model_breakdown").as_array())
        whole.insert(model.at("estimated_cost").at("amount").is_int64());
    }
  }
  CHECK(actors == std::set<std::string>{"api_actor", "user_actor"});
  CHECK(absent.size() == 3);
  CHECK(whole.size() == 2);
  CHECK(repeated > 0);
}

TEST_CASE(
    "A day of Claude Code grows until an hour after its end, but not within a sequence of pages") {
  Options options = calm_options();
  Simulator simulator(options);
  const std::string today = claude_code + "2026-11-04";
  const std::int64_t noon = sessions(simulator, "2026-11-04");
  const json::value first = ask(simulator, today + "&limit=5");
  REQUIRE(first.at("has_more").as_bool());
  simulator.advance(8h);
  CHECK(sessions(simulator, "2026-11-04") > noon);

  std::int64_t walked = 0;
  for (json::value page = first;;) {
    for (const auto& row : page.at("data").as_array())
      walked += row.at("core_metrics").at("num_sessions").as_int64();
    if (!page.at("has_more").as_bool()) break;
    page = ask(simulator, today + "&limit=5&page=" + text(page.at("next_page")));
  }
  CHECK(walked == noon);

  simulator.advance(5h);
  const std::int64_t end = sessions(simulator, "2026-11-04");
  simulator.advance(24h);
  CHECK(sessions(simulator, "2026-11-04") == end);
  CHECK_FALSE(refusal(simulator, get(claude_code + "2026-11-04T00:00:00Z"), 400).empty());
  CHECK_FALSE(refusal(simulator, get(today + "&bucket_width=1d"), 400).empty());
  CHECK(data_of(simulator, claude_code + "2026-12-24").empty());
}

TEST_CASE("Activity opens to an Enterprise key alone, in an Enterprise organization alone") {
  Simulator simulator(enterprise_options());
  CHECK(refusal(simulator, get(users + "date=2026-11-01"), 403).find("read:analytics") !=
        std::string::npos);
  Simulator console(calm_options());
  CHECK_FALSE(refusal(console, asked(users + "date=2026-11-01"), 400).empty());
  CHECK(body_of(console.handle(asked(users + "date=2026-11-01")))
            .at("error")
            .at("details")
            .at("error_code") == "organization_type_not_supported");
}

TEST_CASE("A day of activity that is not yet aggregated is refused with the newest one") {
  Options options = enterprise_options();
  options.epoch = time("2026-11-04T09:59:00Z");
  Simulator simulator(options);
  CHECK(refusal(simulator, asked(users + "date=2026-11-03"), 400).find("2026-11-02") !=
        std::string::npos);
  CHECK_FALSE(refusal(simulator, asked(users), 400).empty());
  simulator.advance(1min);
  const json::value page = answer(simulator, users + "date=2026-11-03&limit=1000");
  std::set<std::string> ids;
  for (const auto& row : page.at("data").as_array()) {
    for (const char* block : {"chat_metrics", "claude_code_metrics", "cowork_metrics",
                              "design_metrics", "office_metrics", "science_metrics"})
      CHECK(row.at(block).is_object());
    CHECK(row.at("claude_code_metrics")
              .at("core_metrics")
              .at("lines_of_code")
              .at("added_count")
              .is_int64());
    if (row.at("user").is_object()) ids.insert(text(row.at("user").at("id")));
  }
  CHECK(ids.size() > 4);
}

TEST_CASE("Activity pages, is revised a little within days, and adds up over a range") {
  Options options = enterprise_options();
  Simulator simulator(options);
  const auto messages = [&](const std::string& query) {
    std::int64_t sum = 0;
    std::string page;
    for (;;) {
      const json::value got = answer(simulator, users + query + "&limit=3" + page);
      for (const auto& row : got.at("data").as_array())
        for (const auto& count : row.at("chat_metrics").as_object())
          sum += count.value().as_int64();
      if (got.at("next_page").is_null()) return sum;
      page = "&page=" + text(got.at("next_page"));
    }
  };
  const auto early = messages("date=2026-11-02");
  simulator.advance(24h * 5);
  const auto late = messages("date=2026-11-02");
  CHECK(early < late);
  CHECK(early > late * 9 / 10);
  CHECK(messages("starting_date=2026-11-02&ending_date=2026-11-04") ==
        late + messages("date=2026-11-03"));
}

TEST_CASE("Summaries have a day each, with rolling windows that contain each other") {
  Simulator simulator(enterprise_options());
  const json::value body =
      answer(simulator, summaries + "starting_date=2026-10-20&ending_date=2026-11-01");
  REQUIRE(body.at("summaries").as_array().size() == 12);
  for (const auto& day : body.at("summaries").as_array()) {
    const auto count = [&](const char* name) { return day.at(name).as_int64(); };
    CHECK(count("daily_active_user_count") <= count("weekly_active_user_count"));
    CHECK(count("weekly_active_user_count") <= count("monthly_active_user_count"));
    CHECK(day.at("daily_adoption_rate").is_double());
  }
  CHECK_FALSE(
      refusal(simulator, asked(summaries + "starting_date=2026-11-01&ending_date=2026-12-01"), 400)
          .empty());
}
