// SPDX-License-Identifier: Apache-2.0
// `anthropic-metrics backfill` for real: killed in the middle several times and started again, it
// ends by itself when history is there, and the file it leaves equals the API.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "host_process.hpp"
#include "simulated_transport.hpp"
#include "simulator/server.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;

namespace {

void write_policy(const ScratchFolder& folder, const simulator::Server& server,
                  const std::string& files = "rotate_every_kb: 1048576") {
  std::ofstream(folder / "policy.yml")
      << fmt::format(R"(agent.logging.level: warning
outputs:
  default:
    type: file
    path: {}
    {}
inputs:
  - type: anthropic_metrics
    id: history
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    batch.max_documents: 20
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: 6h
        settle: 0s
        group_by: [model]
      - data_stream.dataset: anthropic_metrics.cost
        initial_interval: 24h
        settle: 0s
        group_by: [workspace_id]
      - data_stream.dataset: anthropic_metrics.rate_limit
)",
                     (folder / "out").string(), files, simulator::default_admin_key, server.url(),
                     server.certificate_authority().string());
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace

TEST_CASE("a backfill that is killed again and again ends with files that equal the API") {
  simulator::Options options;
  options.groups = 4;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.1;
  options.late_within = 3h;
  options.restate_within = 10h;
  simulator::Simulator simulator(options);
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "certificates");
  simulator::Server server(simulator, {.certificates = folder / "certificates"});
  write_policy(folder, server);
  const std::vector<std::string> arguments{"--from", "2026-09-20", "--timeout", "60"};

  Random random(3);
  int cut = 0;
  for (int i = 0; i < 6; ++i) {
    simulator.clear_requests();
    Process process(folder, "backfill", arguments);
    // The organization, a live window of each stream, then history.
    const auto requests = static_cast<std::size_t>(pick(random, 2, 5));
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (simulator.requests().size() < requests && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(200us);
    std::this_thread::sleep_for(std::chrono::microseconds(pick(random, 0, 10'000)));
    cut += process.kill() ? 1 : 0;
  }
  CHECK(cut >= 3);

  simulator.clear_requests();
  const int code = Process(folder, "backfill", arguments).wait();
  const std::string log = contents(folder / "log.txt");
  INFO(log);
  REQUIRE(code == 0);
  // Said whatever the policy's log level is.
  CHECK(count_of(log, "usage: history back to 2026-09-20T00:00:00Z is collected") == 1);
  CHECK(count_of(log, "cost: history back to 2026-09-20T00:00:00Z is collected") == 1);
  for (const auto& request : simulator.requests())
    CHECK(request.target.find("rate_limits") == std::string::npos);

  ModelStore store;
  for (const auto& file : document_files(folder / "out")) store.put(contents(file));
  const auto verdict =
      compare(simulator, store, folder / "data/state/history", simulator.now(), {0min, 0min});
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  for (const std::string& fault : store.faults()) FAIL_CHECK(fault);
  CHECK(verdict.rows > 2000);

  // Asked again, there is nothing left to collect.
  simulator.clear_requests();
  CHECK(Process(folder, "backfill", arguments).wait() == 0);
  for (const auto& request : simulator.requests())
    CHECK(request.target.find("starting_at=2026-09-2") == std::string::npos);
  // A stream that has no history, and a day that is none.
  CHECK(Process(folder, "backfill", {"--from", "2026-09-20", "--stream", "rate_limit"}).wait() ==
        78);
  CHECK(contents(folder / "log.txt").find("cost, usage have") != std::string::npos);
  CHECK(Process(folder, "backfill", {"--from", "August"}).wait() == 78);
  CHECK(contents(folder / "log.txt").find("backfill_from") != std::string::npos);
  std::cout << fmt::format(
      "backfill by command: killed {} times; {} documents, {} written twice under one id, {} rows "
      "compared, {} wrong sums\n",
      cut, store.documents(), store.conflicts(), verdict.rows, verdict.problems.size());
}

TEST_CASE("a backfill beyond its output's room stops, loses nothing, and goes on with more room") {
  simulator::Options options;
  options.groups = 4;
  simulator::Simulator simulator(options);
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "certificates");
  simulator::Server server(simulator, {.certificates = folder / "certificates"});
  write_policy(folder, server, "rotate_every_kb: 200\n    number_of_files: 2");
  const std::vector<std::string> arguments{"--from", "2026-09-20", "--timeout", "60"};
  const auto documents = [&] {
    ModelStore store;
    for (const auto& file : document_files(folder / "out")) store.put(contents(file));
    return store.documents();
  };

  const int full = Process(folder, "backfill", arguments).wait();
  const std::string said = contents(folder / "log.txt");
  INFO(said);
  CHECK(full == 74);
  CHECK(count_of(said, "usage: history from 2026-09-20 is at most ") == 1);
  CHECK(count_of(said, "is full: there are 2 files of 200 KB") == 1);
  CHECK(count_of(said, "nothing is lost") == 1);
  const auto before = documents();
  CHECK(before > 100);
  // Again without more room: nothing is thrown away.
  CHECK(Process(folder, "backfill", arguments).wait() == 74);
  CHECK(documents() == before);

  write_policy(folder, server, "rotate_every_kb: 200\n    number_of_files: 1000");
  REQUIRE(Process(folder, "backfill", arguments).wait() == 0);
  CHECK(count_of(contents(folder / "log.txt"), ": it fits") >= 1);

  ModelStore store;
  for (const auto& file : document_files(folder / "out")) store.put(contents(file));
  const auto verdict =
      compare(simulator, store, folder / "data/state/history", simulator.now(), {0min, 0min});
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  for (const std::string& fault : store.faults()) FAIL_CHECK(fault);
  CHECK(store.documents() > before);
}
