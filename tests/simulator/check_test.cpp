// SPDX-License-Identifier: Apache-2.0
// The check agrees with documents that equal the truth, and finds what was planted.
#include "simulator/check.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "own_folder.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

/// A directory of documents that ends with the test.
class Directory {
 public:
  void write(std::string_view stream, json::object fields,
             std::string_view timestamp = "2026-11-04T12:00:00Z") {
    const std::string dataset = "anthropic_metrics." + std::string(stream);
    json::object document{{"@timestamp", timestamp},
                          {"data_stream", json::object{{"dataset", dataset}}},
                          {"event", json::object{{"id", "id-" + std::to_string(++count_)}}},
                          {"anthropic", json::object{{stream, std::move(fields)}}}};
    write_line(dataset, json::serialize(document));
  }
  void write_line(const std::string& name, const std::string& line) {
    std::ofstream(path() / (name + ".ndjson"), std::ios::app) << line << '\n';
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  anthropic_metrics::test::OwnFolder folder_{"check"};
  int count_ = 0;
};

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
  Directory documents;
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
  Directory documents;
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
  Directory documents;
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
  Directory documents;
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
  Directory documents;
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
  Directory documents;
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
  const Directory documents;
  CHECK_FALSE(check_directory(documents.path(), options, time("2026-11-04T12:00:00Z")).passed());
}
