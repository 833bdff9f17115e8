// SPDX-License-Identifier: Apache-2.0
// The usage stream of a simulated organization in virtual time, started and stopped at will: for
// tests that need one story told step by step, where a seeded history tells thousands at random.
#pragma once

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "edge/host_link.hpp"
#include "history.hpp"
#include "scratch_folder.hpp"
#include "verdict.hpp"

namespace anthropic_metrics::test {

struct SmallWorld {
  ScratchFolder folder{fast_folder()};
  simulator::Simulator simulator;
  VirtualTime time{simulator};
  FakeHost host{time};
  Wire wire;
  ModelStore store;
  std::unique_ptr<Runtime> runtime;

  explicit SmallWorld(const simulator::Options& organization) : simulator(organization) {
    wire.random.seed(1);
    wire.on_crash = [this] { runtime->cancel(); };
  }
  ~SmallWorld() { runtime.reset(); }

  /// usage: members of the stream's settings, as JSON without the braces.
  void start(const std::string& usage) {
    runtime.reset();
    usage_ = usage;
    wire.crashed = false;
    wire.crash_at = -1;
    wire.under_way = 0;
    auto settings = read_settings(fmt::format(
        R"({{"admin_api_key":"{}","state":{{"path":"{}"}},"streams":{{"usage":{{{}}},)"
        R"("api_key":{{"enabled":false}},"spend_limit":{{"enabled":false}},"workspace":{{"enabled":false}},)"
        R"("cost":{{"enabled":false}},"health":{{"enabled":false}},"rate_limit":{{"enabled":false}}}}}})",
        simulator::default_admin_key, (folder / "state").string(), usage));
    REQUIRE(settings.has_value());
    auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host.table()),
                              simulated_network(simulator, time, wire), 1,
                              [this] { return time.uptime(); });
    REQUIRE(made.has_value());
    runtime = std::move(*made);
  }

  /// One poll of the host: stores and acknowledges what comes, lets time pass if nothing does.
  /// True if the stream sleeps for its interval.
  bool step() {
    const auto result = runtime->poll(std::chrono::seconds(1), {});
    if (wire.crashed) return false;
    REQUIRE(result.has_value());
    if (result->kind == Runtime::PollResult::Kind::batch) {
      store.put(result->batch->ndjson);
      REQUIRE(runtime->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
      return false;
    }
    if (result->next_poll > std::chrono::seconds(55)) return true;
    time.advance(std::max<Milliseconds>(result->next_poll, Milliseconds(1)));
    return false;
  }
  /// Until the stream sleeps for its interval, or the process died.
  void poll() {
    while (!step())
      if (wire.crashed) return;
  }

  boost::json::object status() const {
    return boost::json::parse(runtime->status_json()).at("streams").at("usage").as_object();
  }

  /// Ends the process and compares what it stored with the API at this moment. One more start: it
  /// has the time of the one before as its second witness, so cursors are on the disk.
  Verdict judge() {
    if (!wire.crashed) {
      start(usage_);
      poll();
    }
    runtime.reset();
    Verdict verdict = compare(simulator, store, folder / "state", time.server(), {});
    verdict.problems.insert(verdict.problems.end(), store.faults().begin(), store.faults().end());
    return verdict;
  }

 private:
  std::string usage_;
};

}  // namespace anthropic_metrics::test
