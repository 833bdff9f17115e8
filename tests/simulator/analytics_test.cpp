// SPDX-License-Identifier: Apache-2.0
// The analytics reports of usage and cost: what they refuse, how their pages are cut, how their
// watermark moves, and that they tell the same tokens and money as the older reports.
#include <algorithm>
#include <map>
#include <set>

#include "simulator/analytics_data.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;
using namespace std::chrono_literals;

namespace {

const std::string usage = "/v1/organizations/analytics/usage?";
const std::string cost = "/v1/organizations/analytics/cost?";
const Headers beta{{"anthropic-beta", "analytics-usage-cost-2026-08-24"}};
const std::string hours =
    "starting_at=2026-11-02T00:00:00Z&ending_at=2026-11-03T00:00:00Z"
    "&time_bucket_width=1h";
const std::string days =
    "starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:00Z"
    "&time_bucket_width=1d";
const std::string in_time = "&order_by=time&order=asc";
const std::string by_five =
    "&group_by[]=api_key_id&group_by[]=model&group_by[]=service_tier&group_by[]=workspace_id"
    "&group_by[]=product";

/// All rows of a query, and the lengths of its pages.
json::array rows_of(Simulator& simulator, const std::string& target,
                    std::vector<std::size_t>* lengths = nullptr) {
  json::array rows;
  std::string page;
  for (bool more = true; more;) {
    const json::value answer = ask(simulator, target + page, beta);
    if (lengths != nullptr) lengths->push_back(answer.at("data").as_array().size());
    for (const auto& row : answer.at("data").as_array()) rows.push_back(row);
    more = answer.at("has_more").as_bool();
    CHECK(answer.at("next_page").is_null() != more);
    if (more) page = "&page=" + text(answer.at("next_page"));
  }
  return rows;
}

std::int64_t number(const json::value& row, std::string_view path) {
  return row.at_pointer(std::string(path)).as_int64();
}

void refused(Simulator& simulator, const std::string& target, std::string_view beginning) {
  INFO(target);
  CHECK(refusal(simulator, get(target, beta), 400).starts_with(beginning));
}

}  // namespace

TEST_CASE("Analytics reports refuse what is missing, too long, too old, too much or unknown") {
  Simulator simulator(calm_options());
  CHECK(refusal(simulator, get(usage + hours), 400).find("analytics-usage-cost-2026-08-24") !=
        std::string::npos);
  refused(simulator, usage, "starting_at: ");
  refused(simulator, usage + "starting_at=2026-11-01T00:00:00Z&time_bucket_width=1h",
          "ending_at: ");
  refused(simulator, usage + "starting_at=2025-12-31T00:00:00Z&ending_at=2026-01-02T00:00:00Z",
          "starting_at: ");
  const std::string from = "starting_at=2026-09-01T00:00:00Z&ending_at=";
  refused(simulator, usage + from + "2026-10-03T00:00:00Z&time_bucket_width=1d", "ending_at: ");
  refused(simulator, usage + from + "2026-09-02T00:01:00Z&time_bucket_width=1m", "ending_at: ");
  refused(simulator, usage + from + "2026-09-02T00:00:00Z&time_bucket_width=2h",
          "time_bucket_width: ");
  refused(simulator, usage + hours + by_five + "&group_by[]=actor", "group_by: ");
  refused(simulator, usage + hours + "&group_by[]=cost_type", "group_by: ");
  refused(simulator, usage + hours + "&group_by[]=planet", "group_by: ");
  refused(simulator, usage + hours + "&order_by=amount", "order_by: ");
  refused(simulator, cost + hours + "&order_by=total_tokens", "order_by: ");
  refused(simulator, usage + hours + "&limit=1001", "limit: ");
  refused(simulator, usage + hours + "&bucket_width=1h", "bucket_width: ");
  CHECK_FALSE(rows_of(simulator, cost + days + by_five +
                                     "&group_by[]=cost_type&group_by[]=token_type&limit=1000")
                  .empty());
  Options options = calm_options();
  options.hipaa = true;
  Simulator closed(options);
  CHECK_FALSE(refusal(closed, get(usage + hours, beta), 400).empty());
}

TEST_CASE("Analytics rows are sparse, in time order when asked, and every dimension is there") {
  Options options = calm_options();
  options.groups = 2;
  options.activity = 0.02;
  Simulator simulator(options);
  const json::array rows = rows_of(simulator, usage + hours + in_time + by_five + "&limit=7");
  REQUIRE_FALSE(rows.empty());
  std::set<std::string> starts;
  std::string last;
  for (const auto& row : rows) {
    CHECK(last <= text(row.at("starting_at")));
    last = text(row.at("starting_at"));
    starts.insert(last);
    CHECK(row.at("group").as_object().size() == usage_facet_count);
    CHECK(row.at("group").at("actor").is_null());
    CHECK(row.at("group").at("workspace_id").is_string());
  }
  // Some hours have no row at all.
  CHECK(starts.size() < 24);
}

TEST_CASE("By default rows are ranked by amount across buckets, twenty on a page") {
  Simulator simulator(calm_options());
  const json::value page = ask(simulator, cost + days + "&group_by[]=model", beta);
  REQUIRE(page.at("data").as_array().size() == 20);
  double last = 1e300;
  std::set<std::string> starts;
  for (const auto& row : page.at("data").as_array()) {
    const double amount = std::stod(text(row.at("cost").at("amount")));
    CHECK(amount <= last);
    last = amount;
    starts.insert(text(row.at("starting_at")));
    CHECK(row.at("cost").at("requests").is_int64());
    CHECK(std::stod(text(row.at("cost").at("list_amount"))) >= amount);
  }
  CHECK(starts.size() > 1);
}

TEST_CASE("Cost that fans out makes pages longer than the limit, without requests") {
  Simulator simulator(calm_options());
  std::vector<std::size_t> lengths;
  const std::string query = cost + days + in_time + "&group_by[]=model&limit=10";
  const json::array rows =
      rows_of(simulator, query + "&group_by[]=cost_type&group_by[]=token_type", &lengths);
  CHECK(*std::max_element(lengths.begin(), lengths.end()) > 10);
  Amount fanned, whole;
  for (const auto& row : rows) {
    CHECK(row.at("cost").at("requests").is_null());
    fanned += parse_amount(text(row.at("cost").at("amount"))).value();
  }
  for (const auto& row : rows_of(simulator, query))
    whole += parse_amount(text(row.at("cost").at("amount"))).value();
  CHECK(fanned == whole);
}

TEST_CASE("Actors that cannot be rendered are rows of their own with one and the same group") {
  Options options = calm_options();
  options.groups = 200;
  Simulator simulator(options);
  std::map<std::string, int> seen;
  std::set<std::string> types;
  const json::array rows =
      rows_of(simulator, usage + hours + in_time +
                             "&group_by[]=actor&group_by[]=model&group_by[]=actor_type&limit=1000");
  for (const auto& row : rows) {
    const json::value& actor = row.at("group").at("actor");
    types.insert(actor.is_null() ? "" : text(actor.at("type")));
    if (actor.is_null()) CHECK(row.at("group").at("actor_type").is_null());
    ++seen[text(row.at("starting_at")) + json::serialize(row.at("group"))];
  }
  CHECK(types == std::set<std::string>{"", "api_actor", "federated_actor", "service_account_actor",
                                       "user_actor"});
  int repeated = 0;
  for (const auto& [group, count] : seen) repeated += count > 1 ? 1 : 0;
  CHECK(repeated > 0);
}

TEST_CASE("Groups of people overlap, so that their sums exceed the total") {
  Options options = calm_options();
  options.groups = 100;
  Simulator simulator(options);
  std::int64_t total = 0, grouped = 0;
  for (const auto& row : rows_of(simulator, usage + hours + in_time))
    total += number(row, "/usage/total_tokens");
  for (const auto& row : rows_of(simulator, usage + hours + in_time + "&group_by[]=rbac_group_id"))
    grouped += number(row, "/usage/total_tokens");
  CHECK(grouped > total);
}

TEST_CASE("Filters restrict rows, and an empty key stands for use without one") {
  Simulator simulator(calm_options());
  const std::string query = usage + hours + in_time + "&group_by[]=api_key_id&limit=1000";
  const json::array all = rows_of(simulator, query);
  std::string key;
  for (const auto& row : all)
    if (row.at("group").at("api_key_id").is_string()) key = text(row.at("group").at("api_key_id"));
  std::size_t with_key = 0, without = 0;
  for (const auto& row : rows_of(simulator, query + "&api_key_ids[]=&api_key_ids[]=" + key))
    (row.at("group").at("api_key_id").is_null() ? without : with_key) += 1;
  CHECK(with_key > 0);
  CHECK(without > 0);
  CHECK(with_key + without < all.size());
  CHECK(rows_of(simulator, query + "&workspace_ids[]=wrkspc_unknown").empty());
}

TEST_CASE("Without a width there is one row per combination over the whole range") {
  Simulator simulator(calm_options());
  const json::array rows =
      rows_of(simulator, usage + "starting_at=2026-11-01T00:00:00Z&group_by[]=model&limit=1000");
  std::set<std::string> models;
  for (const auto& row : rows) {
    CHECK(row.at("starting_at") == "2026-11-01T00:00:00Z");
    CHECK(row.at("ending_at") == "2026-11-04T12:00:00Z");
    const json::value& model = row.at("group").at("model");
    CHECK(models.insert(model.is_null() ? "" : text(model)).second);
  }
  CHECK(models.size() > 2);
}

TEST_CASE("A page from before the latest refresh is gone, and one of another query is refused") {
  Simulator simulator(calm_options());
  const std::string query = usage + hours + in_time + by_five;
  const std::string page = "&page=" + text(ask(simulator, query, beta).at("next_page"));
  simulator.advance(30min);
  CHECK(simulator.handle(get(query + page, beta)).response.status == 200);
  refused(simulator, usage + hours + in_time + page, "page: ");
  simulator.advance(30min);
  CHECK_FALSE(refusal(simulator, get(query + page, beta), 410).empty());
}

TEST_CASE("The watermark moves, and unless it is plain it also stays, is null and goes back") {
  for (const bool odd : {false, true}) {
    Options options = calm_options();
    options.odd_watermark = odd;
    Simulator simulator(options);
    std::map<std::string, int> steps;
    Instant last = time("2026-01-01T00:00:00Z");
    for (int hour = 0; hour < 200; ++hour) {
      const json::value mark =
          ask(simulator, usage + hours + "&limit=1", beta).at("data_refreshed_at");
      simulator.advance(1h);
      if (mark.is_null()) {
        ++steps["null"];
        continue;
      }
      const Instant now = time(text(mark));
      ++steps[now > last ? "moves" : now == last ? "stays" : "goes back"];
      last = now;
    }
    INFO("odd " << odd);
    CHECK(steps.size() == (odd ? 4 : 1));
    CHECK(steps["moves"] > 100);
  }
}

TEST_CASE("Beyond the watermark buckets are incomplete, and complete when it has passed them") {
  Simulator simulator(calm_options());
  const std::string query = usage +
                            "starting_at=2026-11-04T10:00:00Z&ending_at=2026-11-04T11:00:00Z"
                            "&time_bucket_width=1h";
  CHECK(ask(simulator, query, beta).at("data_refreshed_at") == "2026-11-04T10:00:00Z");
  const auto early = number(rows_of(simulator, query).at(0), "/usage/total_tokens");
  simulator.advance(1h);
  CHECK(ask(simulator, query, beta).at("data_refreshed_at") == "2026-11-04T11:00:00Z");
  const auto whole = number(rows_of(simulator, query).at(0), "/usage/total_tokens");
  CHECK(early < whole);
  simulator.advance(24h);
  CHECK(number(rows_of(simulator, query).at(0), "/usage/total_tokens") == whole);
}

TEST_CASE("Hours are revised for 29 days, equally at every width, and never later") {
  Options options = calm_options();
  options.revision_rate = 0.5;
  Simulator simulator(options);
  const auto sum = [&](const std::string& width) {
    std::int64_t total = 0, requests = 0;
    for (const auto& row : rows_of(simulator, usage +
                                                  "starting_at=2026-11-02T00:00:00Z&ending_at="
                                                  "2026-11-03T00:00:00Z&limit=1000"
                                                  "&time_bucket_width=" +
                                                  width)) {
      total += number(row, "/usage/total_tokens");
      requests += number(row, "/usage/requests");
    }
    return std::pair(total, requests);
  };
  std::set<std::pair<std::int64_t, std::int64_t>> seen{sum("1d")};
  CHECK(sum("1h") == sum("1d"));
  CHECK(sum("1m") == sum("1d"));
  simulator.advance(24h * 10);
  seen.insert(sum("1d"));
  simulator.advance(24h * 17);
  seen.insert(sum("1d"));
  simulator.advance(24h * 4);
  const auto last = sum("1d");
  seen.insert(last);
  CHECK(seen.size() == 4);
  simulator.advance(24h * 100);
  CHECK(sum("1d") == last);
}

TEST_CASE("Thirty days later both kinds of reports tell the same tokens and the same money") {
  Options options;  // with everything that changes after the fact
  options.seed = 11;
  options.epoch = time("2026-12-04T12:00:00Z");
  Simulator simulator(options);
  const std::string range = "starting_at=2026-11-02T00:00:00Z&ending_at=2026-11-03T00:00:00Z";
  std::map<std::string, std::int64_t> older, newer;
  const std::string old_usage = usage_path + "?" + range + "&bucket_width=1h";
  for (const auto& bucket :
       data_of(simulator, old_usage + "&group_by[]=api_key_id&group_by[]=model")) {
    for (const auto& row : bucket.at("results").as_array()) {
      older[text(bucket.at("starting_at")) + json::serialize(row.at("api_key_id")) +
            text(row.at("model"))] = number(row, "/output_tokens");
    }
  }
  for (const auto& row : rows_of(simulator, usage + hours + in_time + "&limit=1000" +
                                                "&group_by[]=api_key_id&group_by[]=model")) {
    const json::value& group = row.at("group");
    if (group.at("model").is_null()) continue;  // spans of code execution, which only this one has
    newer[text(row.at("starting_at")) + json::serialize(group.at("api_key_id")) +
          text(group.at("model"))] = number(row, "/usage/output_tokens");
  }
  CHECK(older == newer);

  std::map<std::string, Amount> old_cost, new_cost;
  const std::string& default_id = simulator.organization().workspaces[0].id;
  const json::array old_days =
      data_of(simulator, cost_path + "?" + range + "&group_by[]=workspace_id");
  for (const auto& row : old_days.at(0).at("results").as_array()) {
    const auto& id = row.at("workspace_id");
    old_cost[id.is_null() ? default_id : text(id)] = parse_amount(text(row.at("amount"))).value();
  }
  for (const auto& row :
       rows_of(simulator, cost + hours + in_time + "&group_by[]=workspace_id&group_by[]=product")) {
    new_cost[text(row.at("group").at("workspace_id"))] +=
        parse_amount(text(row.at("cost").at("amount"))).value();
  }
  CHECK(old_cost == new_cost);
}

TEST_CASE("An Enterprise organization has no workspace ids, and a parent has children") {
  Options options = calm_options();
  options.kind = OrganizationKind::enterprise;
  options.parent = true;
  Simulator simulator(options);
  std::set<std::string> organizations;
  for (const auto& row :
       rows_of(simulator,
               usage + hours + in_time + "&group_by[]=workspace_id&group_by[]=organization_id")) {
    CHECK(row.at("group").at("workspace_id").is_null());
    organizations.insert(text(row.at("group").at("organization_id")));
  }
  CHECK(organizations.size() == 2);
}
