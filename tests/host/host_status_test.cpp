// SPDX-License-Identifier: Apache-2.0
// What the host's endpoint says, page by page.
#include "endpoint/host_status.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <sstream>

#include "endpoint/pages.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

const char* const plugin_says = R"({
  "instance_id": "acme", "health": "healthy", "organization_id": "org-1",
  "state": {"durable": true}, "tls": {"verified": true},
  "delivery": {"ready": 1, "in_flight": 2, "handed_out_batches": 30, "retried_batches": 4,
               "pending_documents": 500, "pending_bytes": 6000, "delivered_documents": 7,
               "dropped_documents": 8, "rejected_documents": 9},
  "streams": {
    "usage": {"health": "healthy", "cursor": "2026-09-01T00:00:00Z",
      "last_success": "2026-09-01T00:05:00Z", "next_due": "2026-09-01T01:05:00Z",
      "lag_seconds": 420, "polls": 10, "pages": 11,
      "requests": 12, "requests_by_status": {"200": 9, "429": 2, "none": 1}, "retries": 3,
      "received_bytes": 13, "documents": 14, "corrections": 15, "gaps": 0,
      "set_aside": {"rows": 16, "buckets": []},
      "totals": {"current_day": {"from": "2026-09-01T00:00:00Z", "cents": "1234.5",
                                 "counts": {"output_tokens": 77, "web_search_requests": 2}}},
      "backfill": {"from": "2026-01-01T00:00:00Z", "done_share": 0.25}},
    "health": {"health": "healthy", "polls": 1}}})";

HostStatus sample(const std::string& details = plugin_says) {
  HostStatus status;
  status.version = "1.2.3";
  status.plugin = "anthropic_metrics";
  status.plugin_version = "1.2.4";
  status.plugin_abi = "1.0";
  status.uptime = std::chrono::milliseconds(12'500);
  status.inputs.push_back({"acme", "default", json::parse(details).as_object()});
  OutputStatus output;
  output.name = "default";
  output.type = "elasticsearch";
  output.report.accepted = 100;
  output.report.present = 5;
  output.report.retried = 6;
  output.report.rejected = 7;
  output.report.requests = 8;
  output.report.failed = 1;
  output.report.bytes = 900;
  output.report.sent_bytes = 90;
  output.report.latency = {1, 0, 2, 0, 0, 0, 0, 0, 0, 4};
  output.report.latency_sum_s = 1.5;
  output.report.dead_letters = 7;
  status.outputs.push_back(output);
  status.written.push_back({"anthropic_metrics.usage", "default", 105, 999});
  return status;
}

// Samples by name and labels, after a check of the text's form.
std::map<std::string, std::string> samples(const std::string& text) {
  std::map<std::string, std::string> found;
  std::map<std::string, std::string> types;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      CHECK(types.emplace(line.substr(7, space - 7), line.substr(space + 1)).second);
    }
    if (line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    CAPTURE(line);
    CHECK(found.emplace(line.substr(0, space), line.substr(space + 1)).second);
  }
  return found;
}

HealthVerdict judged(const std::string& details, OutputStatus output = {},
                     std::chrono::seconds uptime = std::chrono::seconds(1)) {
  HostStatus status = sample(details);
  status.outputs = {std::move(output)};
  status.uptime = uptime;
  return judge(status);
}

OutputStatus output_that(HealthState state) {
  OutputStatus output;
  output.name = "store";
  output.state = state;
  output.sentence = "it is full";
  return output;
}

}  // namespace

TEST_CASE("every number of the plugin and of the output is a metric") {
  const auto found = samples(metrics_text(sample()));
  const std::string stream = R"({input="acme",stream="usage")";
  const std::string output = R"({output="default",type="elasticsearch")";
  for (
      const auto& [name, value] : std::map<std::string, std::string>{
          {R"(build_info{version="1.2.3",plugin="anthropic_metrics",plugin_version="1.2.4",plugin_abi="1.0"})",
           "1"},
          {"uptime_seconds", "12.5"},
          {R"(health{state="healthy"})", "1"},
          {R"(health{state="failed"})", "0"},
          {R"(input_info{input="acme",output="default",organization_id="org-1",durable="true"})",
           "1"},
          {R"(input_health{input="acme",state="healthy"})", "1"},
          {"stream_health" + stream + R"(,state="healthy"})", "1"},
          {"stream_requests_total" + stream + R"(,status="200"})", "9"},
          {"stream_requests_total" + stream + R"(,status="429"})", "2"},
          {"stream_requests_total" + stream + R"(,status="none"})", "1"},
          {"stream_polls_total" + stream + "}", "10"},
          {"stream_pages_total" + stream + "}", "11"},
          {"stream_retries_total" + stream + "}", "3"},
          {"stream_received_bytes_total" + stream + "}", "13"},
          {"stream_documents_total" + stream + "}", "14"},
          {"stream_corrections_total" + stream + "}", "15"},
          {"stream_gaps_total" + stream + "}", "0"},
          {"stream_set_aside_rows" + stream + "}", "16"},
          {R"(stream_set_aside_rows{input="acme",stream="health"})", "0"},
          {"stream_lag_seconds" + stream + "}", "420"},
          {"stream_exact_until_timestamp_seconds" + stream + "}", "1788220800"},
          {"stream_last_success_timestamp_seconds" + stream + "}", "1788221100"},
          {"stream_next_due_timestamp_seconds" + stream + "}", "1788224700"},
          {"stream_backfill_done_ratio" + stream + "}", "0.25"},
          {R"(tokens{input="acme",organization_id="org-1",stream="usage",period="current_day",kind="output"})",
           "77"},
          {R"(cost_dollars{input="acme",organization_id="org-1",stream="usage",period="current_day"})",
           "12.345"},
          {R"(outbox_batches{input="acme",state="ready"})", "1"},
          {R"(outbox_batches{input="acme",state="in_flight"})", "2"},
          {R"(outbox_documents{input="acme"})", "500"},
          {R"(outbox_bytes{input="acme"})", "6000"},
          {R"(outbox_handed_out_batches_total{input="acme"})", "30"},
          {R"(outbox_retried_batches_total{input="acme"})", "4"},
          {R"(outbox_delivered_documents_total{input="acme"})", "7"},
          {R"(outbox_dropped_documents_total{input="acme"})", "8"},
          {R"(outbox_rejected_documents_total{input="acme"})", "9"},
          {R"(written_documents_total{dataset="anthropic_metrics.usage",namespace="default"})",
           "105"},
          {R"(written_bytes_total{dataset="anthropic_metrics.usage",namespace="default"})", "999"},
          {"output_health" + output + R"(,state="healthy"})", "1"},
          {"output_items_total" + output + R"(,outcome="created"})", "100"},
          {"output_items_total" + output + R"(,outcome="present"})", "5"},
          {"output_items_total" + output + R"(,outcome="retried"})", "6"},
          {"output_items_total" + output + R"(,outcome="rejected"})", "7"},
          {"output_requests_total" + output + "}", "8"},
          {"output_failed_requests_total" + output + "}", "1"},
          {"output_document_bytes_total" + output + "}", "900"},
          {"output_sent_bytes_total" + output + "}", "90"},
          {"output_dead_letters" + output + "}", "7"},
          {"output_request_duration_seconds_bucket" + output + R"(,le="0.01"})", "1"},
          {"output_request_duration_seconds_bucket" + output + R"(,le="0.05"})", "3"},
          {"output_request_duration_seconds_bucket" + output + R"(,le="30"})", "3"},
          {"output_request_duration_seconds_bucket" + output + R"(,le="+Inf"})", "7"},
          {"output_request_duration_seconds_sum" + output + "}", "1.5"},
          {"output_request_duration_seconds_count" + output + "}", "7"}}) {
    CAPTURE(name);
    const auto at = found.find("anthropic_metrics_" + name);
    CHECK(at != found.end());
    if (at != found.end()) CHECK(at->second == value);
  }
}

TEST_CASE("labels hold any name") {
  HostStatus status = sample();
  status.inputs[0].id = "a\"b\\c\nd";
  CHECK_THAT(metrics_text(status), ContainsSubstring(R"(input="a\"b\\c\nd")"));
}

TEST_CASE("a plugin that says nothing, or nonsense, makes no metric of it") {
  for (const char* details :
       {"{}", R"({"streams": 7, "delivery": []})",
        R"({"streams": {"usage": {"polls": "x", "cursor": 1, "backfill": 2}}})"})
    CHECK_THAT(metrics_text(sample(details)),
               ContainsSubstring("anthropic_metrics_build_info") &&
                   !ContainsSubstring("anthropic_metrics_stream_polls_total{"));
}

TEST_CASE("health is that of the worst, in one sentence") {
  struct Case {
    const char* details;
    HealthState output, whole;
    bool fine;
    const char* sentence;
  };
  const char* const healthy = R"({"health": "healthy"})";
  for (
      const Case& c :
      {Case{healthy, HealthState::healthy, HealthState::healthy, true,
            "all inputs and outputs work"},
       {healthy, HealthState::degraded, HealthState::degraded, true,
        "output store is degraded: it is full"},
       {healthy, HealthState::failed, HealthState::failed, false,
        "output store is failed: it is full"},
       {R"({"health": "degraded", "streams": {"usage": {"health": "degraded", "message": "HTTP 500"}}})",
        HealthState::healthy, HealthState::degraded, true,
        "input acme is degraded: usage: HTTP 500"},
       {R"({"health": "failed", "streams": {"cost": {"health": "failed", "message": "HTTP 403"}}})",
        HealthState::degraded, HealthState::failed, false, "input acme is failed: cost: HTTP 403"},
       {R"({"health": "degraded", "time": {"health": "degraded", "message": "clocks differ"}})",
        HealthState::healthy, HealthState::degraded, true, "input acme is degraded: clocks differ"},
       {R"({"health": "stopped"})", HealthState::healthy, HealthState::failed, false,
        "input acme is failed: it says no more; see its log"},
       {R"({"health": "of a later version"})", HealthState::healthy, HealthState::degraded, true,
        "input acme is degraded: it says no more; see its log"},
       {R"({"health": "starting"})", HealthState::healthy, HealthState::starting, true,
        "input acme has not read all of its streams once yet"}}) {
    CAPTURE(c.details, c.sentence);
    const HealthVerdict verdict = judged(c.details, output_that(c.output));
    CHECK(verdict.state == c.whole);
    CHECK(verdict.fine == c.fine);
    CHECK(verdict.sentence == c.sentence);
  }
}

TEST_CASE("a start that takes too long is no fine one") {
  const char* const starting = R"({"health": "starting"})";
  CHECK(judged(starting, {}, start_grace).fine);
  CHECK_FALSE(judged(starting, {}, start_grace + std::chrono::seconds(1)).fine);
  HostStatus status = sample();
  status.inputs.clear();
  CHECK(judge(status).fine);
  status.uptime = start_grace + std::chrono::seconds(1);
  CHECK_FALSE(judge(status).fine);
}

TEST_CASE("status is the plugin's account with the host's around it") {
  const auto status = json::parse(status_json(sample())).as_object();
  CHECK(status.at("health") == "healthy");
  CHECK(status.at("version") == "1.2.3");
  CHECK(status.at("uptime_seconds") == 12);
  CHECK(status.at("plugin").at("version") == "1.2.4");
  const auto& input = status.at("inputs").at(0);
  CHECK(input.at("id") == "acme");
  CHECK(input.at("output") == "default");
  CHECK(input.at("streams").at("usage").at("lag_seconds") == 420);
  CHECK(input.at("delivery").at("pending_bytes") == 6000);
  const auto& output = status.at("outputs").at(0);
  CHECK(output.at("type") == "elasticsearch");
  CHECK(output.at("counters").at("created") == 100);
  CHECK(output.at("counters").at("dead_letters") == 7);
  CHECK(status.at("written").at(0).at("documents") == 105);
}

TEST_CASE("each page has its type, and there are no others") {
  int asked = 0;
  const auto now = [&] {
    ++asked;
    return sample();
  };
  CHECK(page("/health", now).body == "healthy: all inputs and outputs work\n");
  CHECK(page("/status", now).type == "application/json");
  CHECK(page("/metrics", now).type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(asked == 3);
  CHECK(page("/", now).status == 200);
  for (const char* path : {"/metrics/", "/healthz", "/../etc/passwd", "/Health"}) {
    CHECK(page(path, now).status == 404);
  }
  CHECK(asked == 3);
}
