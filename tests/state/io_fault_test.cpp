// SPDX-License-Identifier: Apache-2.0
// A disk that is full or broken, at every single operation: nothing crashes, no sum is wrong, and
// when space returns the instance goes on, by itself or after a restart.
//
//   AM_IO_STRIDE=<n>   tests every n-th operation only (default 7; 1 is all)
#include <fmt/format.h>
#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <iostream>

#include "edge/host_link.hpp"
#include "fault_disk.hpp"
#include "history.hpp"
#include "scratch_folder.hpp"
#include "verdict.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

simulator::Options organization() {
  simulator::Options options;
  options.admin_key = canary;
  options.seed = 11;
  options.groups = 8;
  options.late_rate = options.restate_rate = options.vanish_rate = 0.3;
  options.late_within = 1h;
  options.restate_within = 2h;
  return options;
}

/// The same few hours every time, apart from what the disk does.
class Script {
 public:
  Script(const std::filesystem::path& state, FaultDisk& disk) : state_(state), disk_(disk) {
    wire_.random.seed(1);
    wire_.on_crash = [] {};
  }

  /// heal_after: polls between the first failure and the return of space. restart: a new process
  /// then.
  std::vector<std::string> run(int heal_after, bool restart) {
    int since = 0;
    for (int poll_number = 0; poll_number < 120; ++poll_number) {
      if (poll_number == 70) runtime_.reset();  // One orderly restart in any case.
      if (disk_.fired() && ++since == heal_after) {
        disk_.heal();
        if (restart) runtime_.reset();
      }
      poll();
    }
    disk_.heal();
    time_.freeze_server(true);
    runtime_.reset();
    for (bool rests = false; !rests;) rests = poll();
    if (unacknowledged_ != 0)
      problems_.emplace_back("a batch could not be acknowledged on a sound disk");
    if (runtime_ && runtime_->health() != Health::healthy)
      problems_.emplace_back("not healthy on a sound disk: " + runtime_->last_error());
    runtime_.reset();
    Verdict verdict = compare(simulator_, store_, state_, time_.server(), {0min, 0min});
    problems_.insert(problems_.end(), verdict.problems.begin(), verdict.problems.end());
    problems_.insert(problems_.end(), store_.faults().begin(), store_.faults().end());
    if (verdict.rows < 20) problems_.emplace_back("the script is too short to prove anything");
    return problems_;
  }

  std::uint64_t refusals() const { return refusals_; }

 private:
  void open() {
    auto settings = read_settings(fmt::format(
        R"({{"admin_api_key":"{}","state":{{"path":"{}"}},"batch":{{"max_documents":2}},"streams":{{)"
        R"("usage":{{"interval":"30m","initial_interval":"4h","settle":"0s","group_by":["model","workspace_id"]}},)"
        R"("cost":{{"interval":"60m","initial_interval":"24h","settle":"0s","group_by":["workspace_id"]}},)"
        R"("api_key":{{"enabled":false}},"spend_limit":{{"enabled":false}},"workspace":{{"enabled":false}},)"
        R"("health":{{"enabled":false}},"rate_limit":{{"enabled":false}}}}}})",
        canary, state_.string()));
    REQUIRE(settings.has_value());
    auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host_.table()),
                              simulated_network(simulator_, time_, wire_), 1);
    if (made)
      runtime_ = std::move(*made);
    else
      refuse(made.error());
  }

  void refuse(const Error& error) {
    ++refusals_;
    if (error.code == Errc::state && error.message.find("ledger.db") != std::string::npos) return;
    problems_.push_back("not a clear refusal: " + error.message);
  }

  void acknowledge() {
    if (unacknowledged_ == 0) return;
    if (auto done = runtime_->acknowledge(unacknowledged_, AckOutcome::durable, 0); !done)
      return refuse(done.error());
    unacknowledged_ = 0;
  }

  /// True if every stream sleeps for its interval and nothing is owed.
  bool poll() {
    if (!runtime_) {
      unacknowledged_ = 0;
      open();
    }
    if (!runtime_) return pass(1min);
    acknowledge();
    const auto result = runtime_->poll(1s, {4, 0});  // Smaller than the batches: they are cut.
    if (!result) {
      refuse(result.error());
      return pass(1min);
    }
    if (result->kind != Runtime::PollResult::Kind::batch) {
      pass(std::max<Milliseconds>(result->next_poll, 1s));
      return result->next_poll > 55s && unacknowledged_ == 0;
    }
    if (unacknowledged_ != 0) {
      // A host that could not acknowledge one batch goes on with the next.
      if (auto done = runtime_->acknowledge(result->batch->id, AckOutcome::retry, 0); !done)
        refuse(done.error());
      return pass(1min);
    }
    store_.put(result->batch->ndjson);
    unacknowledged_ = result->batch->id;
    acknowledge();
    return false;
  }

  bool pass(Milliseconds time) {
    time_.advance(time);
    return false;
  }

  std::filesystem::path state_;
  FaultDisk& disk_;
  simulator::Simulator simulator_{organization()};
  VirtualTime time_{simulator_};
  FakeHost host_{time_};
  Wire wire_;
  ModelStore store_;
  std::unique_ptr<Runtime> runtime_;
  std::uint64_t unacknowledged_ = 0;
  std::uint64_t refusals_ = 0;
  std::vector<std::string> problems_;
};

std::vector<int> codes_of(FaultDisk::Op op) {
  switch (op) {
    case FaultDisk::Op::open:
      return {SQLITE_CANTOPEN, SQLITE_IOERR};
    case FaultDisk::Op::read:
      return {SQLITE_IOERR_READ};
    case FaultDisk::Op::write:
      return {SQLITE_FULL, SQLITE_IOERR_WRITE};
    case FaultDisk::Op::sync:
      return {SQLITE_IOERR_FSYNC, SQLITE_FULL};
    case FaultDisk::Op::truncate:
      return {SQLITE_IOERR_TRUNCATE};
    case FaultDisk::Op::remove:
      return {SQLITE_IOERR_DELETE};
  }
  return {};
}

}  // namespace

TEST_CASE(
    "a disk that fails at any operation, once or until space returns, never makes a sum wrong") {
  const char* set = std::getenv("AM_IO_STRIDE");
  const std::int64_t stride = set != nullptr ? std::max(1L, std::strtol(set, nullptr, 10)) : 7;
  FaultDisk disk;
  std::array<std::int64_t, 6> operations{};
  {
    const ScratchFolder folder(fast_folder());
    Script sound(folder / "state", disk);
    CHECK(sound.run(1, false).empty());
    CHECK(sound.refusals() == 0);
    for (const auto op : FaultDisk::all_ops)
      operations.at(static_cast<std::size_t>(op)) = disk.count(op);
  }
  std::uint64_t points = 0, refusals = 0, wrong = 0, unnoticed = 0;
  for (const auto op : FaultDisk::all_ops) {
    const auto total = operations.at(static_cast<std::size_t>(op));
    std::cout << FaultDisk::name(op) << ": " << total << " operations\n";
    for (std::int64_t nth = 1; nth <= total; nth += stride)
      for (const int code : codes_of(op))
        for (const bool for_ever : {false, true}) {
          const bool torn = nth % 2 == 0;
          const bool restart = nth % 4 < 2;
          disk.fail({op, nth, for_ever, torn, code});
          const ScratchFolder folder(fast_folder());
          Script script(folder / "state", disk);
          const auto problems = script.run(for_ever ? 12 : 3, restart);
          ++points;
          refusals += script.refusals();
          if (!disk.fired()) ++unnoticed;
          if (problems.empty()) continue;
          if (++wrong > 5) continue;
          std::string text;
          for (const std::string& problem : problems) text += "  " + problem + "\n";
          FAIL_CHECK(FaultDisk::name(op)
                     << " number " << nth << " fails with " << code
                     << (for_ever ? " for a while" : " once") << (torn ? ", torn" : "")
                     << (restart ? ", then a restart" : "") << "\n"
                     << text);
        }
  }
  std::cout << points << " failing disks, " << refusals << " operations refused with a reason, "
            << unnoticed << " faults never reached, " << wrong << " wrong sums\n";
  CHECK(points > 100);
  CHECK(refusals > 100);
}
