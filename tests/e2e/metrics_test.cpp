// SPDX-License-Identifier: Apache-2.0
// The endpoint of a host that collects for real: its numbers are those of the simulator and of the
// files, and the key is in none of its answers.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

#include "canary.hpp"
#include "http_client.hpp"
#include "organization.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
using anthropic_metrics::host::test::Answered;
using anthropic_metrics::host::test::get;
using Catch::Matchers::ContainsSubstring;
namespace simulator = anthropic_metrics::simulator;

namespace {

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

/// The port that the host's log names.
std::uint16_t port_of(const ScratchFolder& folder) {
  const std::string place = "health, status and metrics are at http://localhost:";
  std::string log;
  REQUIRE(eventually([&] {
    log = contents(folder / "log.txt");
    const std::size_t at = log.find(place);
    return at != std::string::npos && log.find('\n', at) != std::string::npos;
  }));
  return static_cast<std::uint16_t>(std::stoi(log.substr(log.find(place) + place.size())));
}

/// Samples of one metric, by its labels as they are written.
std::map<std::string, double> samples(const std::string& text, const std::string& name) {
  std::map<std::string, double> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string whole = "anthropic_metrics_" + name;
    if (!line.starts_with(whole + "{") && !line.starts_with(whole + " ")) continue;
    const std::size_t space = line.rfind(' ');
    found[line.substr(whole.size(), space - whole.size())] = std::stod(line.substr(space + 1));
  }
  return found;
}

double sum(const std::map<std::string, double>& samples, const std::string& part = "") {
  double all = 0;
  for (const auto& [labels, value] : samples)
    if (labels.find(part) != std::string::npos) all += value;
  return all;
}

struct File {
  double documents = 0, bytes = 0;
};
File file(const ScratchFolder& folder, const std::string& stream) {
  const std::string text =
      contents(folder / ("out/metrics-anthropic_metrics." + stream + "-default.ndjson"));
  return {static_cast<double>(std::count(text.begin(), text.end(), '\n')),
          static_cast<double>(text.size())};
}

const std::vector<std::string> endpoint{"-E", "http.enabled=true", "-E", "http.port=0"};

// What a command prints.
std::string said(const std::string& command) {
  std::FILE* const out = ::popen(command.c_str(), "r");
  REQUIRE(out != nullptr);
  std::string text;
  for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text += static_cast<char>(c);
  CHECK(::pclose(out) == 0);
  return text;
}

}  // namespace

TEST_CASE("metrics are what the simulator served and what stands in the files") {
  const World world(1, R"({"faults": [
    {"path": "/v1/organizations/cost_report", "kind": "status", "status": 500, "count": 1},
    {"path": "/v1/organizations/usage_report/messages", "kind": "status", "status": 429,
     "retry_after": "1", "count": 1}]})");
  write_policy(world.folder, world);
  const Process host(world.folder, "run", endpoint);
  const std::uint16_t port = port_of(world.folder);

  std::string text;
  const bool settled = eventually([&] {
    text = get(port, "/metrics").body;
    // The input itself is degraded: the simulated present is another than this machine's.
    return sum(samples(text, "stream_health"), "state=\"healthy\"") == 4 &&
           sum(samples(text, "outbox_documents")) == 0 &&
           sum(samples(text, "stream_documents_total")) ==
               sum(samples(text, "written_documents_total"));
  });
  CAPTURE(text);
  REQUIRE(settled);

  std::map<int, double> served;
  for (const simulator::LoggedRequest& request : world.organization.requests())
    ++served[request.status];
  CHECK(served.size() == 3);
  for (const auto& [status, requests] : served) {
    CAPTURE(status);
    CHECK(sum(samples(text, "stream_requests_total"),
              "status=\"" + std::to_string(status) + "\"") == requests);
  }
  CHECK(sum(samples(text, "stream_retries_total")) == 2);

  for (const char* stream : {"usage", "cost", "rate_limit", "health"}) {
    CAPTURE(stream);
    const File written = file(world.folder, stream);
    CHECK(written.documents > 0);
    const std::string dataset = "dataset=\"anthropic_metrics." + std::string(stream) + "\"";
    CHECK(sum(samples(text, "written_documents_total"), dataset) == written.documents);
    CHECK(sum(samples(text, "written_bytes_total"), dataset) == written.bytes);
    CHECK(sum(samples(text, "stream_documents_total"), "stream=\"" + std::string(stream) + "\"") ==
          written.documents);
  }

  CHECK(sum(samples(text, "output_items_total"), "outcome=\"created\"") ==
        sum(samples(text, "written_documents_total")));
  CHECK(sum(samples(text, "output_document_bytes_total")) ==
        sum(samples(text, "written_bytes_total")));

  // Server time goes on meanwhile, and a poll may move both.
  const double now =
      static_cast<double>(world.organization.now().time_since_epoch() / std::chrono::seconds(1));
  const double exact = sum(samples(text, "stream_exact_until_timestamp_seconds"), "\"usage\"");
  CHECK(std::abs(now - exact - sum(samples(text, "stream_lag_seconds"), "\"usage\"")) < 60);
  CHECK(std::fmod(exact, 3600) == 0);
}

TEST_CASE("totals of days and months are what the documents in the files add up to") {
  const World world;
  write_policy(world.folder, world);
  // From the beginning of the month before, whatever day the simulated present is.
  std::string policy = contents(world.folder / "policy.yml");
  for (const char* stream : {"usage", "cost"}) {
    const std::string entry = "anthropic_metrics." + std::string(stream) + "\n";
    policy.insert(policy.find(entry) + entry.size(), "        initial_interval: 1536h\n");
  }
  std::ofstream(world.folder / "policy.yml") << policy;
  const Process host(world.folder, "run", endpoint);
  const std::uint16_t port = port_of(world.folder);
  std::string text;
  const bool settled = eventually([&] {
    text = get(port, "/metrics").body;
    return sum(samples(text, "stream_health"), "state=\"healthy\"") == 4 &&
           sum(samples(text, "outbox_documents")) == 0 &&
           samples(text, "cost_dollars").size() == 4 && samples(text, "tokens").size() == 4 * 5;
  });
  CAPTURE(text, contents(world.folder / "log.txt"));
  REQUIRE(settled);

  const std::chrono::year_month_day today{
      std::chrono::floor<std::chrono::days>(world.organization.now())};
  const auto month_before = today.year() / today.month() - std::chrono::months(1);
  const std::string day =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(today.year()),
                  static_cast<unsigned>(today.month()), static_cast<unsigned>(today.day()));
  const std::string before = fmt::format("{:04}-{:02}", static_cast<int>(month_before.year()),
                                         static_cast<unsigned>(month_before.month()));
  for (const auto& [period, beginning] : std::map<std::string, std::string>{
           {"current_day", day}, {"current_month", day.substr(0, 7)}, {"previous_month", before}}) {
    CAPTURE(period, beginning);
    double output = 0, cents = 0;
    for (const std::string stream : {"usage", "cost"}) {
      std::istringstream lines(
          contents(world.folder / ("out/metrics-anthropic_metrics." + stream + "-default.ndjson")));
      for (std::string line; std::getline(lines, line);) {
        const auto document = boost::json::parse(line);
        if (!std::string(document.at("@timestamp").as_string()).starts_with(beginning)) continue;
        const auto& row = document.at("anthropic").at(stream);
        if (stream == "usage")
          output += row.at("output_tokens").to_number<double>();
        else
          cents += row.at("amount").to_number<double>();
      }
    }
    const std::string label = "period=\"" + period + "\"";
    CHECK(sum(samples(text, "tokens"), label + ",kind=\"output\"") == output);
    CHECK(std::abs(sum(samples(text, "cost_dollars"), label) * 100 - cents) < 1e-6 * (1 + cents));
    if (period != "current_day") CHECK(output * cents > 0);
  }

  // The estimate of the month's end is not mixed with it, and the command tells both.
  const double billed = sum(samples(text, "cost_dollars"), "period=\"current_month\"");
  const auto estimates = samples(text, "month_end_estimate_dollars");
  REQUIRE(estimates.size() == 3);
  CHECK(sum(estimates, "bound=\"low\"") >= billed - 0.01);
  CHECK(sum(estimates, "bound=\"estimate\"") > sum(estimates, "bound=\"low\""));
  CHECK(sum(estimates, "bound=\"high\"") > sum(estimates, "bound=\"estimate\""));
  const std::string told =
      said(fmt::format("{} forecast --json --url http://127.0.0.1:{}", AM_HOST_BINARY, port));
  CAPTURE(told);
  const auto input = boost::json::parse(told).at(0);
  CHECK(std::abs(std::stod(std::string(input.at("billed").at("usd").as_string())) - billed) <
        1e-9 * billed);
  CHECK(std::stod(std::string(input.at("estimate").at("usd").as_string())) ==
        sum(estimates, "bound=\"estimate\""));
  CHECK(input.at("estimate").at("weeks_of_history") == 8);
}

TEST_CASE("a refused stream is failed in health, status and metrics, and no answer holds the key") {
  const World world(1, R"({"faults": [
    {"path": "/v1/organizations/cost_report", "kind": "status", "status": 403, "count": 0}]})",
                    std::string(canary));
  write_policy(world.folder, world, std::string(canary));
  const Process host(world.folder, "run", endpoint);
  const std::uint16_t port = port_of(world.folder);

  Answered health;
  REQUIRE(eventually([&] {
    health = get(port, "/health");
    return health.status == 503;
  }));
  CHECK_THAT(health.body, ContainsSubstring("failed: input once is failed: cost: "));
  const Answered status = get(port, "/status");
  const auto told = boost::json::parse(status.body);
  CHECK(told.at("health") == "failed");
  CHECK(told.at_pointer("/inputs/0/streams/cost/error/http_status") == 403);
  CHECK(told.at_pointer("/outputs/0/type") == "file");
  const Answered metrics = get(port, "/metrics");
  CHECK(sum(samples(metrics.body, "stream_health"), "\"cost\",state=\"failed\"") == 1);

  for (const Answered& answered : {health, status, metrics})
    CHECK_FALSE(holds_canary(answered.body));
}
