// SPDX-License-Identifier: Apache-2.0
// The check of names, limits, analytics and Claude Code agrees with documents that say what the API
// says, and finds what was planted.
#include <sstream>

#include "document_folder.hpp"
#include "simulator/check.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;
using namespace std::chrono_literals;

namespace {

const std::string root = "/v1/organizations/";
const Headers beta{
    {"anthropic-beta", "analytics-usage-cost-2026-08-24,spend-limit-reads-2026-09-26"}};

/// Everything, in which names change.
Options lively() {
  Options options = calm_options();
  options.kind = OrganizationKind::any;
  options.directory_change_rate = 0.2;
  options.groups = 200;
  return options;
}

std::string shown(const CheckReport& report) {
  std::ostringstream text;
  print(report, text);
  return text.str();
}

/// Passes, and has one stream of this name.
void agrees(const DocumentFolder& documents, const Simulator& simulator,
            const std::string& stream) {
  const CheckReport report =
      check_directory(documents.path(), simulator.options(), simulator.now());
  INFO(shown(report));
  CHECK(report.passed());
  REQUIRE(report.streams.size() == 1);
  CHECK(report.streams[0].stream == stream);
  CHECK(report.streams[0].rows > 5);
}

void differs(const DocumentFolder& documents, const Simulator& simulator, std::uint64_t times,
             std::string_view example) {
  const CheckReport report =
      check_directory(documents.path(), simulator.options(), simulator.now());
  INFO(shown(report));
  REQUIRE(report.streams.size() == 1);
  CHECK(report.streams[0].differences == times);
  REQUIRE_FALSE(report.streams[0].examples.empty());
  CHECK(report.streams[0].examples[0].find(example) != std::string::npos);
}

json::value or_nothing(const json::value& value, const char* member) {
  return value.is_null() ? json::value() : value.at(member);
}

void put(json::object& fields, const char* name, const json::value& value) {
  if (!value.is_null()) fields[name] = value;
}

/// What the list says, as the collector's documents say it.
void write_workspaces(DocumentFolder& documents, Simulator& simulator) {
  const std::string now = format_rfc3339(simulator.now());
  const auto list =
      data_of(simulator, root + "workspaces?limit=1000&include_archived=true&include_default=true");
  for (const auto& entry : list) {
    json::object fields;
    for (const char* name : {"id", "name", "created_at", "archived_at", "display_color"})
      put(fields, name, entry.at(name));
    fields["state"] = entry.at("archived_at").is_null() ? "live" : "archived";
    const auto& residency = entry.at("data_residency");
    for (const char* name : {"workspace_geo", "default_inference_geo", "allowed_inference_geos"})
      fields[name] = residency.at(name);
    json::array tags;
    for (const auto& tag : entry.at("tags").as_object())
      tags.push_back(json::value(std::string(tag.key()) + ":" + text(tag.value())));
    fields["tags"] = tags;
    fields["is_default"] = entry.at("name") == "Default";
    documents.write("workspace", fields, now);
  }
}

void write_analytics(DocumentFolder& documents, Simulator& simulator, bool cost,
                     std::int64_t too_much = 0) {
  const std::string query = root + "analytics/" + (cost ? "cost" : "usage") +
                            "?starting_at=2026-11-03T00:00:00Z&ending_at=2026-11-04T00:00:00Z"
                            "&time_bucket_width=1h&limit=1000&order_by=time&order=asc"
                            "&group_by[]=actor&group_by[]=model";
  std::string page;
  for (bool more = true; more;) {
    const json::value answer = ask(simulator, query + page, beta);
    for (const auto& row : answer.at("data").as_array()) {
      json::object fields{{"bucket_start_time", row.at("starting_at")},
                          {"bucket_width", "1h"},
                          {"group_by", json::array{"actor", "model"}}};
      put(fields, "model", row.at("group").at("model"));
      if (const json::value& actor = row.at("group").at("actor"); !actor.is_null()) {
        fields["actor_type"] = actor.at("type");
        for (const char* id : {"user_id", "service_account_id", "api_key_id", "subject"})
          if (actor.as_object().contains(id)) fields["actor_id"] = actor.at(id);
      }
      if (cost) {
        fields["amount_exact"] = row.at("cost").at("amount");
        fields["list_amount_exact"] = row.at("cost").at("list_amount");
        fields["requests"] = row.at("cost").at("requests");
      } else {
        const json::value& usage = row.at("usage");
        fields["uncached_input_tokens"] = usage.at("uncached_input_tokens");
        fields["cached_input_tokens"] = usage.at("cache_read_input_tokens");
        fields["output_tokens"] = usage.at("output_tokens").as_int64() + too_much;
        too_much = 0;
        fields["cache_creation_5m_input_tokens"] =
            usage.at("cache_creation").at("ephemeral_5m_input_tokens");
        fields["cache_creation_1h_input_tokens"] =
            usage.at("cache_creation").at("ephemeral_1h_input_tokens");
        fields["web_search_requests"] = usage.at("server_tool_use").at("web_search_requests");
        fields["requests"] = usage.at("requests");
      }
      documents.write(cost ? "analytics_cost" : "analytics_usage", fields);
    }
    more = answer.at("has_more").as_bool();
    if (more) page = "&page=" + text(answer.at("next_page"));
  }
}

}  // namespace

TEST_CASE("The latest document of each workspace must say what the list says") {
  Simulator simulator(lively());
  DocumentFolder documents;
  write_workspaces(documents, simulator);
  simulator.advance(24h * 60);
  // Names have changed since, and nobody told.
  const CheckReport stale = check_directory(documents.path(), simulator.options(), simulator.now());
  CHECK_FALSE(stale.passed());
  write_workspaces(documents, simulator);
  agrees(documents, simulator, "workspace");

  documents.write("workspace", {{"id", "wrkspc_invented"}}, format_rfc3339(simulator.now()));
  differs(documents, simulator, 1, "wrkspc_invented");
}

TEST_CASE("Keys and people are compared too, people also without their names") {
  for (const bool personal : {true, false}) {
    Simulator simulator(lively());
    DocumentFolder documents;
    for (const auto& entry : data_of(simulator, root + "users?limit=1000")) {
      json::object fields{
          {"id", entry.at("id")}, {"role", entry.at("role")}, {"added_at", entry.at("added_at")}};
      if (personal) fields["email"] = entry.at("email"), fields["name"] = entry.at("name");
      documents.write("user", fields);
    }
    // Somebody who has left.
    documents.write("user", {{"id", "user_gone"}}, "2026-10-01T00:00:00Z");
    agrees(documents, simulator, "user");
  }
  Simulator simulator(lively());
  DocumentFolder documents;
  for (const auto& entry : data_of(simulator, root + "api_keys?limit=1000")) {
    json::object fields;
    for (const char* name : {"id", "name", "status", "created_at", "expires_at"})
      put(fields, name, entry.at(name));
    put(fields, "created_by_id", or_nothing(entry.at("created_by"), "id"));
    put(fields, "created_by_type", or_nothing(entry.at("created_by"), "type"));
    if (const json::value& principal = entry.at("principal"); !principal.is_null()) {
      fields["principal_type"] = principal.at("type");
      for (const char* id : {"user_id", "service_account_id"})
        if (principal.as_object().contains(id)) fields["principal_id"] = principal.at(id);
    }
    fields["scope"] = entry.at("scope").at("type");
    if (entry.at("scope").as_object().contains("workspace_id"))
      fields["workspace_id"] = entry.at("scope").at("workspace_id");
    documents.write("api_key", fields);
  }
  agrees(documents, simulator, "api_key");
  documents.write("api_key", {{"id", simulator.organization().api_keys[0].id}});
  CHECK_FALSE(check_directory(documents.path(), simulator.options(), simulator.now()).passed());
}

TEST_CASE("Limits of workspaces are compared with values, origins and what is in force") {
  Options options = lively();
  options.limit_change_rate = 0.5;
  Simulator simulator(options);
  DocumentFolder documents;
  const auto write = [&](const std::string& id, std::int64_t too_much) {
    const auto list =
        data_of(simulator, root + "workspaces/" + id + "/rate_limits?include_inherited=true");
    for (const auto& entry : list) {
      json::array limits;
      for (const auto& limit : entry.at("limits").as_array()) {
        const std::int64_t value = limit.at("value").as_int64() + too_much;
        const json::value& above = limit.at("org_limit");
        json::object one{
            {"type", limit.at("type")},
            {"value", value},
            {"source", limit.at("source").at("type")},
            {"effective", above.is_null() ? value : std::min(value, above.as_int64())}};
        put(one, "organization_value", above);
        limits.push_back(one);
      }
      json::object fields{{"scope", "workspace"},
                          {"workspace_id", id},
                          {"group_type", entry.at("group_type")},
                          {"limits", limits}};
      if (entry.at("models").is_array()) fields["models"] = entry.at("models");
      if (const auto* group = entry.as_object().if_contains("group"))
        fields["group_id"] = group->at("id");
      documents.write("rate_limit", fields, format_rfc3339(simulator.now()));
      too_much = 0;
    }
  };
  const auto& workspaces = simulator.organization().workspaces;
  std::string last;
  for (std::size_t i = 1; i < workspaces.size(); ++i)
    if (!workspaces[i].archived_at) write(last = workspaces[i].id, 0);
  agrees(documents, simulator, "rate_limit of workspaces");

  simulator.advance(1h);
  for (std::size_t i = 1; i < workspaces.size(); ++i)
    if (!workspaces[i].archived_at) write(workspaces[i].id, workspaces[i].id == last ? 1 : 0);
  differs(documents, simulator, 2, last);
}

TEST_CASE("Spend limits are compared at the last poll") {
  Simulator simulator(lively());
  DocumentFolder documents;
  const auto list = ask(simulator, root + "spend_limits?limit=1000", beta).at("data").as_array();
  const auto write = [&](bool but_one) {
    for (std::size_t i = but_one ? 1 : 0; i < list.size(); ++i) {
      json::object fields{{"id", list[i].at("id")},
                          {"scope", list[i].at("scope").at("type")},
                          {"enabled", list[i].at("is_enabled")}};
      for (const char* name : {"currency", "period", "created_at", "updated_at"})
        fields[name] = list[i].at(name);
      if (list[i].at("amount").is_string())
        fields["amount"] = std::stoll(text(list[i].at("amount")));
      for (const auto& member : list[i].at("scope").as_object())
        if (member.key() != "type") fields[member.key()] = member.value();
      documents.write("spend_limit", fields, format_rfc3339(simulator.now()));
    }
  };
  write(false);
  agrees(documents, simulator, "spend_limit");
  simulator.advance(1h);
  write(true);
  differs(documents, simulator, 1, "no document for " + text(list[0].at("id")));
}

TEST_CASE("Analytics documents are added up per group, rows of one group with them") {
  for (const bool cost : {false, true}) {
    Simulator simulator(lively());
    DocumentFolder documents;
    write_analytics(documents, simulator, cost);
    agrees(documents, simulator, cost ? "analytics_cost" : "analytics_usage");
  }
  Simulator simulator(lively());
  DocumentFolder documents;
  write_analytics(documents, simulator, false, 1);
  differs(documents, simulator, 1, "2026-11-03T00:00:00Z");
}

TEST_CASE("Analytics documents of buckets that no watermark has passed are differences") {
  Simulator simulator(lively());
  DocumentFolder documents;
  write_analytics(documents, simulator, false);
  documents.write("analytics_usage", {{"bucket_start_time", "2026-11-04T11:00:00Z"},
                                      {"bucket_width", "1h"},
                                      {"group_by", json::array{"actor", "model"}},
                                      {"uncached_input_tokens", 1},
                                      {"cached_input_tokens", 1},
                                      {"output_tokens", 1}});
  const CheckReport report =
      check_directory(documents.path(), simulator.options(), simulator.now());
  CHECK_FALSE(report.passed());
}

TEST_CASE("Claude Code is compared with actors or without, and equal keys are added") {
  for (const bool named : {true, false}) {
    Simulator simulator(lively());
    DocumentFolder documents;
    bool planted = false;
    const auto write = [&](std::int64_t too_much) {
      for (const auto& entry : data_of(
               simulator, root + "usage_report/claude_code?starting_at=2026-11-02&limit=1000")) {
        json::object common{{"bucket_start_time", "2026-11-02T00:00:00Z"},
                            {"actor_type", entry.at("actor").at("type")},
                            {"customer_type", entry.at("customer_type")},
                            {"terminal_type", entry.at("terminal_type")}};
        const auto& actor = entry.at("actor").as_object();
        if (named)
          common["actor"] = actor.contains("email_address") ? actor.at("email_address")
                                                            : actor.at("api_key_name");
        for (const char* name : {"subscription_type", "is_remote"})
          if (const auto* value = entry.as_object().if_contains(name)) put(common, name, *value);
        json::object activity = common;
        activity["kind"] = "activity";
        const auto& core = entry.at("core_metrics");
        activity["sessions"] = core.at("num_sessions").as_int64() + too_much;
        activity["lines_added"] = core.at("lines_of_code").at("added");
        activity["lines_removed"] = core.at("lines_of_code").at("removed");
        activity["commits"] = core.at("commits_by_claude_code");
        activity["pull_requests"] = core.at("pull_requests_by_claude_code");
        std::int64_t accepted = 0, rejected = 0;
        for (const auto& tool : entry.at("tool_actions").as_object()) {
          const std::string name(tool.key().substr(0, tool.key().rfind("_tool")));
          accepted += tool.value().at("accepted").as_int64();
          rejected += tool.value().at("rejected").as_int64();
          activity[name + "_accepted"] = tool.value().at("accepted");
          activity[name + "_rejected"] = tool.value().at("rejected");
        }
        activity["tools_accepted"] = accepted;
        activity["tools_rejected"] = rejected;
        documents.write("claude_code", activity);
        for (const auto& model : entry.at("model_breakdown").as_array()) {
          json::object fields = common;
          fields["kind"] = "model";
          fields["model"] = model.at("model");
          const auto& tokens = model.at("tokens");
          fields["input_tokens"] = tokens.at("input");
          fields["output_tokens"] = tokens.at("output");
          fields["cached_input_tokens"] = tokens.at("cache_read");
          fields["cache_creation_input_tokens"] = tokens.at("cache_creation");
          const auto& amount = model.at("estimated_cost").at("amount");
          fields["estimated_amount_exact"] =
              amount.is_int64()
                  ? std::to_string(amount.as_int64())
                  : std::to_string(static_cast<std::int64_t>(amount.as_double())) + ".5";
          documents.write("claude_code", fields);
        }
        too_much = 0;
        if (planted) return;
      }
    };
    write(0);
    agrees(documents, simulator, "claude_code");
    planted = true;
    write(1);
    CHECK_FALSE(check_directory(documents.path(), simulator.options(), simulator.now()).passed());
  }
}

TEST_CASE(
    "Activity is compared by person, product and metric, and summaries by their latest revision") {
  Options options = lively();
  options.enterprise_scopes = {"read:analytics"};
  Simulator simulator(options);
  const auto answer = [&](const std::string& target) {
    return body_of(simulator.handle(
        {"GET",
         root + "analytics/" + target,
         {{"x-api-key", default_enterprise_key}, {"anthropic-version", "2023-06-01"}},
         ""}));
  };
  DocumentFolder documents;
  const auto write = [&](const json::value& user, const std::string& product,
                         const std::string& metric, const json::value& value) {
    json::object fields{{"bucket_start_time", "2026-11-02T00:00:00Z"},
                        {"product", product},
                        {"metric", metric},
                        {"value", value}};
    put(fields, "user_id", or_nothing(user, "id"));
    documents.write("analytics_user", fields);
  };
  const json::value day = answer("users?date=2026-11-02&limit=1000");
  for (const auto& row : day.at("data").as_array()) {
    write(row.at("user"), "all", "web_search_count", row.at("web_search_count"));
    for (const char* block : {"chat", "cowork", "design", "science"})
      for (const auto& count : row.at(std::string(block) + "_metrics").as_object())
        write(row.at("user"), block, std::string(count.key()), count.value());
    for (const auto& app : row.at("office_metrics").as_object())
      for (const auto& count : app.value().as_object())
        write(row.at("user"), "office_" + std::string(app.key()), std::string(count.key()),
              count.value());
    const auto& code = row.at("claude_code_metrics");
    for (const auto& count : code.at("core_metrics").as_object())
      if (count.value().is_int64())
        write(row.at("user"), "claude_code", std::string(count.key()), count.value());
    for (const auto& count : code.at("core_metrics").at("lines_of_code").as_object())
      write(row.at("user"), "claude_code", "lines_of_code." + std::string(count.key()),
            count.value());
    for (const auto& tool : code.at("tool_actions").as_object())
      for (const auto& count : tool.value().as_object())
        write(row.at("user"), "claude_code",
              "tool_actions." + std::string(tool.key()) + "." + std::string(count.key()),
              count.value());
  }
  agrees(documents, simulator, "analytics_user");
  write(json::value(), "chat", "message_count", 1);
  differs(documents, simulator, 1, "message_count");

  DocumentFolder summaries;
  const json::value told = answer("summaries?starting_date=2026-10-20&ending_date=2026-11-01");
  const auto summarize = [&](const json::value& one, std::int64_t revision, std::int64_t too_many) {
    json::object fields{{"bucket_start_time", one.at("starting_at")},
                        {"revision", revision},
                        {"assigned_seats", one.at("assigned_seat_count").as_int64() + too_many},
                        {"pending_invites", one.at("pending_invite_count")}};
    for (const char* period : {"daily", "weekly", "monthly"}) {
      const std::string name = std::string(period) + "_active_user";
      fields[name + "s"] = one.at(name + "_count");
    }
    summaries.write("analytics_summary", fields);
  };
  for (const auto& one : told.at("summaries").as_array()) {
    summarize(one, 2, 0);
    summarize(one, 1, 5);
  }
  agrees(summaries, simulator, "analytics_summary");
  summarize(told.at("summaries").at(0), 3, 5);
  differs(summaries, simulator, 1, "2026-10-20");
}

TEST_CASE("A stream that is off unless asked for may have no documents") {
  Simulator simulator(lively());
  DocumentFolder documents;
  write_workspaces(documents, simulator);
  std::vector<DescribedStream> described{{"user", root + "users", true, true}};
  CHECK(
      check_directory(documents.path(), simulator.options(), simulator.now(), described).passed());
  described[0].opt_in = false;
  CHECK_FALSE(
      check_directory(documents.path(), simulator.options(), simulator.now(), described).passed());
}
