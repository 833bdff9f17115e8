// SPDX-License-Identifier: Apache-2.0
// Files for finance as a user makes them: a month of a simulated organization, collected into
// files, read from there and from the API.
#include <boost/json/parse.hpp>
#include <fstream>
#include <map>

#include "base/decimal.hpp"
#include "finance/currency.hpp"
#include "organization.hpp"
#include "running_binary.hpp"
#include "simulator/decimal.hpp"

using namespace anthropic_metrics::test;
using anthropic_metrics::Decimal;
using anthropic_metrics::host::test::finish;
using anthropic_metrics::host::test::Finished;
namespace host = anthropic_metrics::host;
namespace json = boost::json;
namespace simulator = anthropic_metrics::simulator;
using namespace std::chrono_literals;

namespace {

constexpr const char* now = "2026-11-04T12:00:00Z";  // the simulator's time

/// With all of October in reach, and the dimensions that join usage with the bill.
void write_october_policy(const World& world) {
  std::ofstream(world.folder / "policy.yml") << fmt::format(
      R"(outputs:
  default: {{ type: file, path: "{}" }}
inputs:
  - type: anthropic_metrics
    id: once
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: 840h
        group_by: [context_window, inference_geo, model, service_tier, workspace_id]
      - data_stream.dataset: anthropic_metrics.cost
        initial_interval: 840h
)",
      (world.folder / "out").string(), std::string(simulator::default_admin_key),
      world.server.url(), world.server.certificate_authority().string());
}

Finished run(const World& world, const std::string& command,
             const std::vector<std::string>& options) {
  std::vector<std::string> words{command};
  words.insert(words.end(), options.begin(), options.end());
  for (const std::string& word : std::vector<std::string>{
           "-c", (world.folder / "policy.yml").string(), "--plugin", AM_PLUGIN, "--path.data",
           (world.folder / "data").string(), "--month", "2026-10", "--now", now})
    words.push_back(word);
  return finish(world.folder.path(), words);
}

/// What the simulator says that October cost, in cents.
Decimal truth(const World& world) {
  simulator::CostQuery query;
  query.start = std::chrono::sys_days(std::chrono::year(2026) / 10 / 1);
  query.end = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
  Decimal sum;
  for (const auto& row : world.organization.cost(query, world.organization.now()))
    sum = sum + Decimal::parse(simulator::format_amount(row.amount)).value();
  return sum;
}

/// The sum of a column of numbers; its cells and those before it have no commas in quotes.
Decimal sum_of(const std::string& csv, std::size_t column) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  Decimal sum;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (std::size_t i = 0; i <= column; ++i) std::getline(cells, cell, ',');
    sum = sum + Decimal::parse(cell).value();
  }
  return sum;
}

}  // namespace

TEST_CASE("files for finance are the same from files and from the API, and add up to the truth") {
  const World world(7);
  write_october_policy(world);
  REQUIRE(once(world.folder).code == 0);
  const Decimal cents = truth(world);
  REQUIRE_FALSE(cents.zero());

  for (const auto& [kind, column] : std::map<std::string, std::size_t>{{"csv", 5}, {"focus", 0}}) {
    CAPTURE(kind);
    const Finished files = run(world, "export", {kind, "--source", "store"});
    CAPTURE(files.err);
    REQUIRE(files.code == 0);
    const Finished api = run(world, "export", {kind, "--source", "api"});
    CAPTURE(api.err);
    REQUIRE(api.code == 0);
    CHECK(files.out == api.out);
    CHECK(sum_of(files.out, column) == host::units_of(cents, "USD"));
  }
  const Finished named =
      run(world, "export",
          {"focus", "--files",
           (world.folder / "out/metrics-anthropic_metrics.cost-default.ndjson").string(), "--files",
           (world.folder / "out/metrics-anthropic_metrics.usage-default.ndjson").string()});
  CHECK(named.code == 0);
  CHECK(named.out == run(world, "export", {"focus", "--source", "api"}).out);
  // Most of it is joined with usage.
  CHECK(named.out.find(",1000000 Tokens,") != std::string::npos);
  std::filesystem::create_directories(AM_BINARY_DIR "/finance");
  std::ofstream(AM_BINARY_DIR "/finance/focus-simulated.csv", std::ios::binary) << named.out;
}

TEST_CASE("a month is reconciled with the API and an invoice, to the cent") {
  const World world(8);
  write_october_policy(world);
  REQUIRE(once(world.folder).code == 0);
  const std::string total = host::to_the_cent(host::units_of(truth(world), "USD"), "USD");

  const Finished page = run(world, "reconcile", {"--invoice", total});
  CAPTURE(page.out, page.err);
  CHECK(page.code == 0);
  CHECK(page.out.starts_with("Reconciliation of 2026-10, organization "));
  CHECK(page.out == run(world, "reconcile", {"--invoice", total}).out);

  const Finished told = run(world, "reconcile", {"--format", "json"});
  CHECK(told.code == 0);
  const json::value value = json::parse(told.out);
  const json::value& one = value.at("organizations").at(0);
  CHECK(one.at("equal") == true);
  CHECK(one.at("complete") == true);
  const json::value& totals = one.at("sections").at(0);
  CHECK(totals.at("section") == "totals");
  for (const std::size_t row : {0U, 1U})
    CHECK(totals.at("rows").at(row).at("amount") ==
          host::units_of(truth(world), "USD").text().c_str());

  const Finished wrong = run(world, "reconcile", {"--invoice", "0.01", "--format", "csv"});
  CHECK(wrong.code == 2);
  CHECK(wrong.out.find(",totals,USD,") != std::string::npos);
}

TEST_CASE("a store that lacks documents is different, and an API that fails leaves half a page") {
  const World world(9);
  write_october_policy(world);
  REQUIRE(once(world.folder).code == 0);
  const auto file = world.folder / "out/metrics-anthropic_metrics.cost-default.ndjson";
  const std::string all = contents(file);
  // A document of October goes.
  const std::size_t at = all.find("\"2026-10-31T00:00:00Z\"");
  REQUIRE(at != std::string::npos);
  const std::size_t begin = all.rfind('\n', at) + 1;
  std::ofstream(file, std::ios::trunc)
      << all.substr(0, begin) << all.substr(all.find('\n', at) + 1);

  const Finished less = run(world, "reconcile", {});
  CAPTURE(less.out, less.err);
  CHECK(less.code == 2);
  CHECK(less.out.find("Days that differ") != std::string::npos);

  REQUIRE_FALSE(const_cast<simulator::Simulator&>(world.organization)
                    .add_faults(R"({"faults": [{"path": "/v1/organizations/cost_report",
                        "kind": "status", "status": 403, "count": 0}]})")
                    .has_value());
  const Finished half = run(world, "reconcile", {});
  CAPTURE(half.out, half.err);
  CHECK(half.code == 3);
  CHECK(half.out.find("Not everything could be compared") != std::string::npos);
  CHECK(half.out.find("Billed by workspace") != std::string::npos);
  CHECK(run(world, "export", {"csv", "--source", "api"}).code == 3);
}

TEST_CASE("what cannot be is told in a sentence") {
  const World world;
  write_october_policy(world);
  const auto fails = [&](const std::string& command, std::vector<std::string> options, int code,
                         const std::string& sentence) {
    std::vector<std::string> words{command};
    words.insert(words.end(), options.begin(), options.end());
    for (const std::string& word : std::vector<std::string>{
             "-c", (world.folder / "policy.yml").string(), "--plugin", AM_PLUGIN, "--now", now})
      words.push_back(word);
    const Finished done = finish(world.folder.path(), words);
    CAPTURE(sentence, done.out, done.err);
    CHECK(done.code == code);
    CHECK(done.err.find(sentence) != std::string::npos);
    CHECK(done.out.empty());
  };
  fails("reconcile", {"--month", "2026-12"}, 64, "has not begun, it is 2026-11-04");
  fails("reconcile", {"--month", "soon"}, 64, "is no month; write it like 2026-10");
  fails("reconcile", {}, 64, "say which days: --month");
  fails("reconcile", {"--month", "2026-10", "--invoice", "12.34,5"}, 64, "is no amount");
  fails("reconcile", {"--month", "2026-10", "--currency", "USD"}, 64, "--currency is of --invoice");
  fails("reconcile", {"--month", "2026-10", "--tolerance", "much"}, 64, "is no share in per cent");
  fails("export", {"csv", "--month", "2026-10", "--source", "files"}, 64, "name them with --files");
  fails("export", {"csv", "--month", "2026-10"}, 3, "there is no such file yet");
  const Finished nothing = finish(world.folder.path(), {"export", "focus", "--month", "2026-10"});
  CHECK(nothing.code == 64);
  CHECK(nothing.err.find("name it with -c") != std::string::npos);
}
