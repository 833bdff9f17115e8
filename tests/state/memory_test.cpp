// SPDX-License-Identifier: Apache-2.0
// Memory that runs out at any request of a poll, of an acknowledgement or of a start: a failed poll
// that is tried again, never a stream that stands still, never a wrong sum.
//
//   AM_MEMORY_POINTS=<n>   how many requests are refused, of each kind (default 100)
//   AM_SEED=<n>            which
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <iostream>

#include "edge/guard.hpp"
#include "edge/host_link.hpp"
#include "history.hpp"
#include "lean_memory.hpp"
#include "scratch_folder.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

std::int64_t number(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoll(text, nullptr, 10);
}

simulator::Options organization() {
  simulator::Options options;
  options.admin_key = canary;
  options.seed = 5;
  options.groups = 3;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.3;
  options.late_within = 1h;
  options.restate_within = 2h;
  return options;
}

/// The same few hours every time, apart from what memory does. Exceptions end at the boundary, as
/// they do in the library.
class Script {
 public:
  Script(const std::filesystem::path& state, LeanMemory& memory) : state_(state), memory_(memory) {
    wire_.random.seed(1);
    wire_.on_crash = [] {};
  }

  std::vector<std::string> run(LeanMemory::Of of, std::int64_t nth, std::int64_t more) {
    memory_.fail(of, nth, more);
    for (int poll_number = 0; poll_number < 60; ++poll_number) {
      if (poll_number == 35) runtime_.reset();
      poll();
    }
    memory_.heal();
    // In this process: what was refused must not have left anything undone.
    for (int poll_number = 0; poll_number < 60 || !runtime_; ++poll_number) poll();
    acknowledge();
    if (runtime_ && runtime_->health() != Health::healthy)
      problems_.push_back("not healthy with memory enough: " + runtime_->last_error());
    if (runtime_ && runtime_->in_flight() != 0)
      problems_.push_back("a batch was handed out that the host never got: " +
                          runtime_->status_json());
    time_.freeze_server(true);
    runtime_.reset();
    for (bool rests = false; !rests;) rests = poll();
    runtime_.reset();
    Verdict verdict = compare(simulator_, store_, state_, time_.server(), {0min, 0min});
    problems_.insert(problems_.end(), verdict.problems.begin(), verdict.problems.end());
    problems_.insert(problems_.end(), store_.faults().begin(), store_.faults().end());
    if (verdict.rows < 15) problems_.emplace_back("the script is too short to prove anything");
    for (const std::string& line : bugs_) problems_.push_back(line);
    return problems_;
  }

  std::uint64_t refusals() const { return refusals_; }

 private:
  void open() {
    std::optional<Settings> settings;
    {
      const LeanMemory::Plenty plenty;
      auto read = read_settings(fmt::format(
          R"({{"admin_api_key":"{}","state":{{"path":"{}"}},"batch":{{"max_documents":6}},"streams":{{)"
          R"("usage":{{"interval":"30m","initial_interval":"4h","settle":"0s","group_by":["model"]}},)"
          R"("cost":{{"interval":"60m","initial_interval":"24h","settle":"0s","group_by":["workspace_id"]}},)"
          R"("api_key":{{"enabled":false}},"spend_limit":{{"enabled":false}},"workspace":{{"enabled":false}},)"
          R"("health":{{"enabled":false}},"rate_limit":{{"enabled":false}}}}}})",
          canary, state_.string()));
      REQUIRE(read.has_value());
      settings = std::move(*read);
    }
    judge(guarded([&]() -> beat_status {
      auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host_.table()),
                                simulated_network(simulator_, time_, wire_), 1);
      if (!made) return status_of(made.error());
      runtime_ = std::move(*made);
      return BEAT_OK;
    }));
  }

  void judge(beat_status status) {
    const LeanMemory::Plenty plenty;
    if (status >= 0) return;
    ++refusals_;
    if (status != BEAT_E_NOMEM && status != BEAT_E_STATE && status != BEAT_E_GENERIC)
      bugs_.push_back(fmt::format("status {}", status));
  }

  void acknowledge() {
    if (unacknowledged_ == 0) return;
    const beat_status status = guarded([&]() -> beat_status {
      auto done = runtime_->acknowledge(unacknowledged_, AckOutcome::durable, 0);
      return done ? BEAT_OK : status_of(done.error());
    });
    judge(status);
    if (status >= 0) unacknowledged_ = 0;
  }

  /// True if every stream sleeps for its interval and nothing is owed.
  bool poll() {
    if (!runtime_) {
      unacknowledged_ = 0;
      open();
    }
    if (!runtime_) return pass(1min);
    acknowledge();
    std::optional<Runtime::PollResult> result;
    const beat_status status = guarded([&]() -> beat_status {
      auto polled = runtime_->poll(1s, {4, 0});  // Smaller than the batches: they are cut.
      if (!polled) return status_of(polled.error());
      result = *polled;
      return BEAT_OK;
    });
    judge(status);
    const LeanMemory::Plenty plenty;
    if (runtime_->last_error().find("bug") != std::string::npos)
      bugs_.push_back(runtime_->last_error());
    if (!result) return pass(1min);
    if (result->kind != Runtime::PollResult::Kind::batch) {
      pass(std::max<Milliseconds>(result->next_poll, 1s));
      return result->next_poll > 55s && unacknowledged_ == 0;
    }
    if (unacknowledged_ != 0) {
      if (!runtime_->acknowledge(result->batch->id, AckOutcome::retry, 0))
        bugs_.emplace_back("a batch could not be given back");
      return pass(1min);
    }
    store_.put(result->batch->ndjson);
    unacknowledged_ = result->batch->id;
    return false;
  }

  bool pass(Milliseconds time) {
    const LeanMemory::Plenty plenty;
    time_.advance(time);
    return false;
  }

  std::filesystem::path state_;
  LeanMemory& memory_;
  simulator::Simulator simulator_{organization()};
  VirtualTime time_{simulator_};
  FakeHost host_{time_};
  Wire wire_;
  ModelStore store_;
  std::unique_ptr<Runtime> runtime_;
  std::uint64_t unacknowledged_ = 0;
  std::uint64_t refusals_ = 0;
  std::vector<std::string> problems_, bugs_;
};

}  // namespace

TEST_CASE("memory that runs out at any request costs a poll and never a sum") {
  const std::int64_t points = number("AM_MEMORY_POINTS", 100);
  const auto seed = static_cast<std::uint64_t>(number("AM_SEED", 1));
  Random random(seed);
  LeanMemory memory;
  std::array<std::int64_t, 2> requests{};
  {
    const ScratchFolder folder(fast_folder());
    Script sound(folder / "state", memory);
    const auto problems = sound.run(LeanMemory::Of::program, 0, 0);
    for (const std::string& problem : problems) FAIL_CHECK(problem);
    CHECK(sound.refusals() == 0);
    requests = {memory.count(LeanMemory::Of::program), memory.count(LeanMemory::Of::sqlite)};
  }
  std::uint64_t refusals = 0, wrong = 0, reached = 0, tried = 0;
  for (const auto of : {LeanMemory::Of::program, LeanMemory::Of::sqlite}) {
    const std::int64_t total = requests.at(static_cast<std::size_t>(of));
    for (std::int64_t i = 0; total > 0 && i < points; ++i) {
      const std::int64_t nth = pick(random, 1, total);
      const std::int64_t more = i % 3 == 0 ? pick(random, 1, 400) : 0;
      const ScratchFolder folder(fast_folder());
      Script script(folder / "state", memory);
      ++tried;
      const auto problems = script.run(of, nth, more);
      refusals += script.refusals();
      reached += memory.fired() ? 1u : 0u;
      if (problems.empty() || ++wrong > 5) continue;
      std::string text;
      for (const std::string& problem : problems) text += "  " + problem + "\n";
      FAIL_CHECK("AM_SEED=" << seed << ", request " << nth << " and " << more << " more of "
                            << (of == LeanMemory::Of::program ? "the program" : "SQLite") << "\n"
                            << text);
    }
  }
  std::cout << fmt::format(
      "AM_SEED={}: {} and {} requests for memory, {} points refused, {} calls failed, {} wrong\n",
      seed, requests[0], requests[1], reached, refusals, wrong);
  // Below a sanitizer only SQLite's memory runs out.
  CHECK(tried >= static_cast<std::uint64_t>(points));
  CHECK(2 * reached > tried);
}
