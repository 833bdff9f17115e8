// SPDX-License-Identifier: Apache-2.0
// The check agrees with documents that equal the truth, and finds what was planted.
#include "simulator/check.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "document_folder.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

json::object usage_fields(const UsageSum& sum) {
  json::object fields{{"bucket_start_time", format_rfc3339(sum.start)},
                      {"bucket_width", "1h"},
                      {"group_by", json::array{"model", "workspace_id"}},
                      {"model", sum.dimension(Dimension::model)},
                      {"uncached_input_tokens", sum.counters[uncached_input]},
                      {"cached_input_tokens", sum.counters[cache_read]},
                      {"cache_creation_5m_input_tokens", sum.counters[cache_write_5m]},
                      {"cache_creation_1h_input_tokens", sum.counters[cache_write_1h]},
                      {"output_tokens", sum.counters[output]},
                      {"web_search_requests", sum.counters[web_searches]}};
  const std::string& workspace = sum.dimension(Dimension::workspace_id);
  fields["workspace_id"] = workspace.empty() ? "Default" : workspace;
  return fields;
}

const Options options = calm_options();

std::vector<UsageSum> usage_truth_of(const Simulator& simulator) {
  UsageQuery query{time("2026-11-04T06:00:00Z"), time("2026-11-04T12:00:00Z"), Width::hour, {}, {}};
  query.group_by.set(index(Dimension::model));
  query.group_by.set(index(Dimension::workspace_id));
  return simulator.usage(query, simulator.now());
}

}  // namespace

TEST_CASE("Documents that sum to the truth pass, corrections included") {
  const Simulator simulator(options);
  DocumentFolder documents;
  for (const UsageSum& sum : usage_truth_of(simulator)) {
    UsageSum first = sum, correction = sum;
    first.counters[output] += 5;
    correction.counters = Counters{};
    correction.counters[output] = -5;
    documents.write("usage", usage_fields(first));
    documents.write("usage", usage_fields(correction));
  }
  for (const CostSum& sum :
       simulator.cost({time("2026-11-01T00:00:00Z"), time("2026-11-04T00:00:00Z"), true, false},
                      simulator.now())) {
    json::object fields{{"bucket_start_time", format_rfc3339(sum.day)},
                        {"group_by", "workspace_id"},
                        {"amount_exact", format_amount(sum.amount)}};
    fields["workspace_id"] = sum.key.workspace_id.empty() ? "Default" : sum.key.workspace_id;
    documents.write("cost", fields);
  }

  const CheckReport report = check_directory(documents.path(), options, simulator.now());

  std::ostringstream text;
  print(report, text);
  INFO(text.str());
  CHECK(report.passed());
  REQUIRE(report.streams.size() == 2);
  CHECK(report.streams[0].grain == "1h by model workspace_id");
  CHECK(report.streams[0].buckets == 6);
  CHECK(report.streams[1].buckets == 3);
  CHECK(text.str().find("equal to the API") != std::string::npos);
}

TEST_CASE("One token too many is found and named") {
  const Simulator simulator(options);
  DocumentFolder documents;
  bool planted = false;
  for (UsageSum sum : usage_truth_of(simulator)) {
    if (!planted && sum.start == time("2026-11-04T08:00:00Z"))
      sum.counters[cache_read] += 1, planted = true;
    documents.write("usage", usage_fields(sum));
  }

  const CheckReport report = check_directory(documents.path(), options, simulator.now());

  CHECK_FALSE(report.passed());
  REQUIRE(report.streams.size() == 1);
  CHECK(report.streams[0].differences == 1);
  CHECK(report.streams[0].examples.at(0).starts_with("2026-11-04T08:00:00Z claude-"));
}

TEST_CASE("A lost bucket in the middle and a hundredth of a millionth of a cent are differences") {
  const Simulator simulator(options);
  DocumentFolder documents;
  for (const UsageSum& sum : usage_truth_of(simulator)) {
    if (sum.start != time("2026-11-04T09:00:00Z")) documents.write("usage", usage_fields(sum));
  }
  const auto costs = simulator.cost(
      {time("2026-11-03T00:00:00Z"), time("2026-11-04T00:00:00Z"), false, false}, simulator.now());
  Amount amount = costs.at(0).amount;
  amount += parse_amount("0.00000001").value();
  documents.write("cost", {{"bucket_start_time", "2026-11-03T00:00:00Z"},
                           {"group_by", json::array{}},
                           {"amount_exact", format_amount(amount)}});

  const CheckReport report = check_directory(documents.path(), options, simulator.now());

  REQUIRE(report.streams.size() == 2);
  CHECK(report.streams[0].differences > 5);
  CHECK(report.streams[1].differences == 1);
}

TEST_CASE("A repeated id and an unreadable line fail the check") {
  const Simulator simulator(options);
  DocumentFolder documents;
  for (const UsageSum& sum : usage_truth_of(simulator)) documents.write("usage", usage_fields(sum));
  REQUIRE(check_directory(documents.path(), options, simulator.now()).passed());

  documents.write_line(
      "copy",
      R"({"data_stream":{"dataset":"anthropic_metrics.other"},"event":{"id":"id-1"},"anthropic":{}})");
  documents.write_line("torn", R"({"data_stream":{"datas)");
  documents.write_line("foreign", R"({"message":"not ours"})");

  const CheckReport report = check_directory(documents.path(), options, simulator.now());
  CHECK_FALSE(report.passed());
  CHECK(report.duplicate_ids == 1);
  CHECK(report.fault_count == 1);
}

TEST_CASE("Documents sent again count once, which is all right when resends are") {
  const Simulator simulator(options);
  DocumentFolder documents;
  for (const UsageSum& sum : usage_truth_of(simulator)) documents.write("usage", usage_fields(sum));
  std::filesystem::copy(documents.path() / "anthropic_metrics.usage.ndjson",
                        documents.path() / "again.ndjson");

  const CheckReport report = check_directory(documents.path(), options, simulator.now());

  CHECK(report.duplicate_ids == report.documents / 2);
  CHECK_FALSE(report.passed());
  CHECK(report.passed(true));
}

TEST_CASE("The latest rate limits are compared with those that held") {
  Simulator simulator(options);
  const json::value page = ask(simulator, "/v1/organizations/rate_limits");
  DocumentFolder documents;
  documents.write("rate_limit", {{"group_type", "files"}, {"limits", json::array{}}},
                  "2026-11-04T11:00:00Z");  // an earlier poll
  for (const auto& entry : page.at("data").as_array()) {
    json::object fields{{"group_type", entry.at("group_type")}, {"limits", entry.at("limits")}};
    if (entry.at("models").is_array()) fields["models"] = entry.at("models");
    if (const auto* group = entry.as_object().if_contains("group"))
      fields["group_id"] = group->at("id");
    documents.write("rate_limit", fields);
  }
  CHECK(check_directory(documents.path(), options, simulator.now()).passed());

  documents.write("rate_limit", {{"group_type", "invented"}, {"limits", json::array{}}});
  const CheckReport report = check_directory(documents.path(), options, simulator.now());
  REQUIRE(report.streams.size() == 1);
  CHECK(report.streams[0].differences == 1);
}

TEST_CASE("A directory without documents does not pass") {
  const DocumentFolder documents;
  CHECK_FALSE(check_directory(documents.path(), options, time("2026-11-04T12:00:00Z")).passed());
}

TEST_CASE("Documents of a list are compared with what the API lists at the last poll") {
  const Simulator simulator(options);
  const std::vector<DescribedStream> described{{"keys", "/v1/organizations/api_keys", true}};
  DocumentFolder documents;
  documents.write("keys", {{"id", "apikey_of_yesterday"}}, "2026-11-03T12:00:00Z");
  const auto& keys = simulator.organization().api_keys;
  for (const ApiKey& key : keys) documents.write("keys", {{"id", key.id}, {"name", key.name}});

  CheckReport report = check_directory(documents.path(), options, simulator.now(), described);
  CHECK(report.passed());
  REQUIRE(report.streams.size() == 1);
  CHECK(report.streams[0].buckets == keys.size());
  CHECK(report.streams[0].documents == keys.size() + 1);
  CHECK(report.others.empty());

  // What nobody describes is compared with nothing, and said to be.
  report = check_directory(documents.path(), options, simulator.now());
  CHECK(report.streams.empty());
  CHECK(report.others.at("keys") == keys.size() + 1);

  documents.write("keys", {{"id", keys.front().id}, {"name", "another"}});
  report = check_directory(documents.path(), options, simulator.now(), described);
  CHECK_FALSE(report.passed());
  CHECK(report.streams[0].differences == 1);
  CHECK(report.streams[0].examples.at(0).starts_with("2026-11-04T12:00:00Z: no entry says: "));
}

TEST_CASE("A list may be collected with what is archived, or without") {
  const Simulator simulator(options);
  const std::vector<DescribedStream> described{{"places", "/v1/organizations/workspaces", true}};
  for (const bool archived : {true, false}) {
    DocumentFolder documents;
    const auto& workspaces = simulator.organization().workspaces;
    for (std::size_t i = 1; i < workspaces.size(); ++i)
      if (archived || !workspaces[i].archived_at)
        documents.write("places", {{"id", workspaces[i].id}});
    CHECK(check_directory(documents.path(), options, simulator.now(), described).passed());
  }
}

TEST_CASE("A described stream without documents fails the check, if the API serves what it asks") {
  const Simulator simulator(options);
  DocumentFolder documents;
  for (const UsageSum& sum : usage_truth_of(simulator)) documents.write("usage", usage_fields(sum));
  std::vector<DescribedStream> described{
      {"usage", "/v1/organizations/usage_report/messages", false},
      {"later", "/v1/organizations/not_yet_known", false},
      {"health", "", true}};
  CHECK(check_directory(documents.path(), options, simulator.now(), described).passed());

  described.push_back({"cost", "/v1/organizations/cost_report", false});
  const CheckReport report = check_directory(documents.path(), options, simulator.now(), described);
  CHECK_FALSE(report.passed());
  CHECK(report.streams.back().stream == "cost");
  CHECK(report.streams.back().examples.at(0) == "no document was collected");
}

TEST_CASE("A description is read as the collector prints it, and anything else is refused") {
  DocumentFolder folder;
  const auto file = folder.path() / "description.json";
  std::ofstream(file)
      << R"({"streams":[{"name":"usage","endpoint":"/v1/u","history":true},{"name":"health","history":false}]})";
  const auto described = read_description(file);
  REQUIRE(described.size() == 2);
  CHECK(described[0].endpoint == "/v1/u");
  CHECK_FALSE(described[0].list);
  CHECK(described[1].endpoint.empty());

  std::ofstream(file) << "{}";
  CHECK_THROWS_AS(read_description(file), std::runtime_error);
}
