// SPDX-License-Identifier: Apache-2.0
// For real: the host binary, killed at random moments while it talks TLS to a simulator and writes
// a file, and started again on the same state. In the end the file, read as a store would, equals
// the API.
//
//   AM_KILLS=<n>   how many (default 60)
//   AM_SEED=<n>    of the moments
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "host_process.hpp"
#include "scratch_folder.hpp"
#include "simulated_transport.hpp"
#include "simulator/server.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;

namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

void write_policy(const ScratchFolder& folder, const simulator::Server& server) {
  Inputs::add(folder / "policy.yml");
  std::ofstream(folder / "policy.yml") << fmt::format(
      R"(outputs:
  default:
    type: file
    path: {}
    rotate_every_kb: 1048576
inputs:
  - type: anthropic_metrics
    id: killed
    use_output: default
    data_stream.namespace: default
    admin_api_key: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    batch.max_documents: 10
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        interval: 1m
        initial_interval: 24h
        settle: 0s
        group_by: [model, workspace_id]
      - data_stream.dataset: anthropic_metrics.cost
        interval: 1m
        initial_interval: 48h
        settle: 0s
        group_by: [workspace_id]
)",
      (folder / "out").string(), canary, server.url(), server.certificate_authority().string());
}

}  // namespace

TEST_CASE("a host that is killed again and again leaves a file whose sums equal the API") {
  const std::uint64_t kills = number("AM_KILLS", 60);
  const std::uint64_t seed = number("AM_SEED", 1);
  Random random(seed);
  simulator::Options options;
  options.admin_key = canary;
  options.seed = seed;
  options.groups = 4;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.2;
  options.late_within = 3h;
  options.restate_within = 10h;
  simulator::Simulator simulator(options);
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "certificates");
  simulator::Server server(simulator, {.certificates = folder / "certificates"});
  write_policy(folder, server);
  INFO("AM_SEED=" << seed << " AM_KILLS=" << kills << ", log of the last start:\n"
                  << contents(folder / "log.txt"));

  const auto whole_run = [&] {
    const auto began = Clock::now();
    const int code = Process(folder, "run", {"--once", "--timeout", "60"}).wait();
    INFO(contents(folder / "log.txt"));
    REQUIRE(code == 0);
    return Clock::now() - began;
  };
  // As long as a run of this machine takes, so that every moment of it is hit.
  const auto usual = std::chrono::duration_cast<std::chrono::microseconds>(whole_run()).count();

  const auto usage_file = folder / "out/metrics-anthropic_metrics.usage-default.ndjson";
  std::uint64_t hit = 0, with_requests = 0, with_documents = 0, torn = 0;
  const auto began = Clock::now();
  for (std::uint64_t i = 0; i < kills; ++i) {
    simulator.advance(std::chrono::minutes(pick(random, 10, 120)));
    simulator.clear_requests();
    const auto size = std::filesystem::file_size(usage_file);
    Process process(folder, "run");
    if (chance(random, 50)) {
      // A moment after a request, when answers are decoded, committed, handed out and written.
      const auto requests = static_cast<std::size_t>(pick(random, 1, 3));
      const auto limit = Clock::now() + 10s;
      while (simulator.requests().size() < requests && Clock::now() < limit)
        std::this_thread::sleep_for(200us);
      std::this_thread::sleep_for(std::chrono::microseconds(pick(random, 0, 20'000)));
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(pick(random, 0, usual)));
    }
    hit += process.kill() ? 1u : 0u;
    with_requests += simulator.requests().empty() ? 0u : 1u;
    with_documents += std::filesystem::file_size(usage_file) > size ? 1u : 0u;
    const std::string text = contents(usage_file);
    torn += text.empty() || text.back() == '\n' ? 0u : 1u;
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  CHECK(hit == kills);

  whole_run();
  ModelStore store;
  for (const auto& file : document_files(folder / "out")) {
    const std::string text = contents(file);
    REQUIRE((text.empty() || text.back() == '\n'));
    store.put(text);
  }
  const auto verdict =
      compare(simulator, store, folder / "data/state/killed", simulator.now(), {0min, 0min});
  for (const std::string& problem : verdict.problems) FAIL_CHECK(problem);
  for (const std::string& fault : store.faults()) FAIL_CHECK(fault);
  CHECK(verdict.rows > 50);
  std::cout << fmt::format(
      "{} kills in {:.1f} s ({} after a request, {} after documents were written, {} in the middle "
      "of a line); "
      "{} documents, {} corrections, {} written twice under one id; {} rows compared, {} wrong "
      "sums\n",
      kills, took.count(), with_requests, with_documents, torn, store.documents(),
      store.corrections(), store.conflicts(), verdict.rows, verdict.problems.size());
}
