// SPDX-License-Identifier: Apache-2.0
// For real: the host binary, killed inside its own writes: half of the bytes of a write are there,
// or a wait for the disk has begun. In the end the file, read as a store would, equals the API. The
// same kills find a plugin that forgets a batch too early, so they would find it in ours.
//
//   AM_KILLS=<n>   how many (default 60)
//   AM_SEED=<n>    at which write
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "final_check.hpp"
#include "host_process.hpp"
#include "scratch_folder.hpp"
#include "simulated_transport.hpp"
#include "simulator/server.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace simulator = anthropic_metrics::simulator;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr const char* reports =
    R"(      - {data_stream.dataset: anthropic_metrics.usage, interval: 1m, initial_interval: 24h,
          settle: 0s, group_by: [model, workspace_id]}
      - {data_stream.dataset: anthropic_metrics.cost, interval: 1m, initial_interval: 48h,
          settle: 0s, group_by: [workspace_id]}
)";

// Sparse rows of a watermark, days of rows that are added, what changes and what is as it is.
constexpr const char* other_streams =
    R"(      - {data_stream.dataset: anthropic_metrics.analytics_usage, interval: 1m, enabled: true,
          initial_interval: 24h}
      - {data_stream.dataset: anthropic_metrics.analytics_cost, interval: 1m, enabled: true,
          initial_interval: 72h}
      - {data_stream.dataset: anthropic_metrics.claude_code, interval: 1m, enabled: true,
          initial_interval: 48h}
      - {data_stream.dataset: anthropic_metrics.api_key, interval: 1m}
      - {data_stream.dataset: anthropic_metrics.spend_limit, interval: 1m}
)";

/// What is killed: the streams of a policy, an organization, and how many documents a batch has. A
/// bucket with more than twice as many rows is written in slices.
struct Subject {
  const char* streams = reports;
  int groups = 4;
  int batch = 10;
};

void write_policy(const ScratchFolder& folder, const simulator::Server& server,
                  const Subject& subject) {
  Inputs::add(folder / "policy.yml");
  std::ofstream(folder / "policy.yml") << fmt::format(
      R"(outputs:
  default: {{type: file, path: {}, rotate_every_kb: 1048576}}
inputs:
  - type: anthropic_metrics
    id: killed
    use_output: default
    data_stream.namespace: default
    admin_api_key: {}
    oauth_token: {}
    url: {}
    ssl.certificate_authorities: ["{}"]
    batch.max_documents: {}
    streams:
{})",
      (folder / "out").string(), canary, simulator::default_oauth_token, server.url(),
      server.certificate_authority().string(), subject.batch, subject.streams);
}

std::filesystem::path with_folder(const std::filesystem::path& folder) {
  std::filesystem::create_directory(folder);
  return folder;
}

/// The host's environment while a process is started.
class Preloaded {
 public:
  Preloaded(std::uint64_t kill_at, const std::filesystem::path& count) {
    ::setenv("LD_PRELOAD", AM_KILL_SHIM, 1);
    ::setenv("AM_KILL_AT", std::to_string(kill_at).c_str(), 1);
    ::setenv("AM_KILL_COUNT", count.c_str(), 1);
  }
  ~Preloaded() {
    for (const char* name : {"LD_PRELOAD", "AM_KILL_AT", "AM_KILL_COUNT"}) ::unsetenv(name);
  }
  Preloaded(const Preloaded&) = delete;
  Preloaded& operator=(const Preloaded&) = delete;
};

simulator::Options organization(std::uint64_t seed, const Subject& subject) {
  simulator::Options options;
  options.admin_key = canary;
  options.kind = simulator::OrganizationKind::any;
  options.seed = seed;
  options.groups = subject.groups;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.2;
  options.late_within = 3h;
  options.restate_within = 10h;
  options.directory_change_rate = 0.1;
  return options;
}

/// A host on one state, killed inside its writes.
class Killed {
 public:
  Killed(const char* plugin, std::uint64_t seed, const Subject& subject)
      : plugin_(plugin), random_(seed), simulator_(organization(seed, subject)) {
    write_policy(folder_, server_, subject);
  }

  /// One round that nobody kills; how many writes and syncs it took.
  std::uint64_t whole_run() {
    const int code = run(0);
    INFO(contents(folder_ / "log.txt"));
    REQUIRE(code == 0);
    return std::strtoull(contents(folder_ / "count.txt").c_str(), nullptr, 10);
  }

  void kill(std::uint64_t kills) {
    writes = whole_run();
    for (std::uint64_t i = 0; i < kills; ++i) {
      simulator_.advance(std::chrono::minutes(pick(random_, 30, 240)));
      // A run on known state writes less than the first one did; half of the kills strike early.
      const auto most = static_cast<std::int64_t>(i % 2 == 0 ? writes : writes / 4);
      const int code =
          run(static_cast<std::uint64_t>(pick(random_, 1, std::max<std::int64_t>(most, 1))));
      REQUIRE((code == 0 || code == 128 + SIGKILL));
      hit += code == 0 ? 0u : 1u;
      for (const auto& file : document_files(documents())) {
        const std::string text = contents(file);
        torn += text.empty() || text.back() == '\n' ? 0u : 1u;
      }
    }
    whole_run();
  }

  simulator::Simulator& simulator() { return simulator_; }
  std::filesystem::path documents() const { return folder_ / "out"; }
  std::filesystem::path state() const { return folder_ / "data/state/killed"; }

  std::uint64_t hit = 0, torn = 0, writes = 0;

 private:
  int run(std::uint64_t kill_at) {
    const Preloaded shim(kill_at, folder_ / "count.txt");
    return Process(folder_, "run", {"--once", "--timeout", "60"}, plugin_).wait();
  }

  const char* plugin_;
  Random random_;
  simulator::Simulator simulator_;
  ScratchFolder folder_;
  simulator::Server server_{simulator_, {.certificates = with_folder(folder_ / "certificates")}};
};

struct Outcome {
  std::uint64_t hit = 0, torn = 0;
  Verdict verdict{};
  std::vector<std::string> faults{};
  std::uint64_t writes = 0, repeated = 0;
};

Outcome kill_amid(const char* plugin, std::uint64_t kills, std::uint64_t seed,
                  const Subject& subject = {}) {
  Killed killed(plugin, seed, subject);
  killed.kill(kills);
  Outcome outcome{.hit = killed.hit, .torn = killed.torn, .writes = killed.writes};
  ModelStore store;
  for (const auto& file : document_files(killed.documents())) store.put(contents(file));
  outcome.verdict =
      compare(killed.simulator(), store, killed.state(), killed.simulator().now(), {0min, 0min});
  outcome.faults = store.faults();
  if (std::filesystem::exists(killed.state() / "went-back.txt"))
    outcome.faults.push_back(contents(killed.state() / "went-back.txt"));
  outcome.repeated = store.conflicts();
  return outcome;
}

}  // namespace

TEST_CASE(
    "a host that is killed in the middle of its writes leaves a file whose sums equal the API") {
  // The second: in buckets of five to ten slices, so that most kills leave one half emitted.
  const Subject subject = GENERATE(Subject{}, Subject{reports, 30, 2});
  const std::uint64_t kills = number("AM_KILLS", 60), seed = number("AM_SEED", 1);
  INFO("AM_SEED=" << seed << " AM_KILLS=" << kills << ", batches of " << subject.batch);
  const Outcome outcome = kill_amid(AM_PLUGIN, kills, seed, subject);
  for (const std::string& problem : outcome.verdict.problems) FAIL_CHECK(problem);
  for (const std::string& fault : outcome.faults) FAIL_CHECK(fault);
  CHECK(outcome.verdict.rows > 50);
  CHECK(outcome.hit > kills / 4);
  std::cout << fmt::format(
      "{} writes and syncs in the first run; {} of {} kills struck, {} left a torn line, {} "
      "documents came twice under one id; {} rows compared, {} wrong sums\n",
      outcome.writes, outcome.hit, kills, outcome.torn, outcome.repeated, outcome.verdict.rows,
      outcome.verdict.problems.size());
}

TEST_CASE("kills in the middle of writes of the other kinds of streams leave what the API tells") {
  const std::uint64_t kills = number("AM_KILLS", 60) / 3, seed = number("AM_SEED", 1);
  Killed killed(AM_PLUGIN, seed, {.streams = other_streams});
  killed.kill(kills);
  // What was collected amid kills is final a month later, and read again then.
  const auto cutoff = std::chrono::floor<std::chrono::days>(killed.simulator().now());
  for (int day = 0; day < 32; day += 8) {
    killed.simulator().advance(8 * 24h);
    killed.whole_run();
  }
  const simulator::CheckReport report = check_final(killed.documents(), killed.simulator(), cutoff);
  INFO("AM_SEED=" << seed << " AM_KILLS=" << kills << '\n' << shown(report));
  CHECK(report.passed(true));
  CHECK(report.streams.size() == 5);
  CHECK(killed.hit > kills / 4);
  std::cout << fmt::format("{} writes and syncs in the first run; {} of {} kills struck\n{}",
                           killed.writes, killed.hit, kills, shown(report));
}

TEST_CASE("kills in the middle of writes find a batch that is forgotten when it is handed out") {
  // Where kills strike is chance: with one seed in three none hits that moment.
  std::size_t found = 0;
  const std::uint64_t first = number("AM_SEED", 1);
  for (std::uint64_t seed = first; seed < first + 8 && found == 0; ++seed) {
    const Outcome outcome = kill_amid(AM_FORGETFUL_PLUGIN, 40, seed);
    found = outcome.verdict.problems.size() + outcome.faults.size();
    std::cout << fmt::format(
        "seed {}: forgotten too early: {} kills struck, {} wrong sums or ids\n", seed, outcome.hit,
        found);
  }
  CHECK(found > 0);
}
