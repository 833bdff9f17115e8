// SPDX-License-Identifier: Apache-2.0
// A simulated organization in virtual time and an instance that is asked for windows of its usage:
// one that reads on request, or one with a state that also works by itself.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "edge/host_link.hpp"
#include "history.hpp"
#include "scratch_folder.hpp"
#include "spoilt_store.hpp"

namespace anthropic_metrics::test {

struct AskingWorld {
  ScratchFolder folder{fast_folder()};
  simulator::Simulator simulator;
  VirtualTime time{simulator};
  FakeHost host{time};
  Wire wire;
  SpoiltStore store;
  std::string width = "1h";
  std::vector<std::string> groups{"model"};
  int batch_documents = 1000;
  std::size_t most_held = 0;  ///< Records that the ledger was seen to hold.
  std::vector<std::string> arrived;
  std::unique_ptr<Runtime> runtime;

  explicit AskingWorld(const simulator::Options& organization) : simulator(organization) {
    wire.random.seed(1);
    wire.on_crash = [this] { runtime->cancel(); };
  }
  ~AskingWorld() { runtime.reset(); }

  Grain grain() const { return {"usage", width, fmt::format("{}", fmt::join(groups, ","))}; }

  std::string config(bool state) const {
    const std::string list =
        groups.empty() ? std::string() : fmt::format("\"{}\"", fmt::join(groups, "\",\""));
    return fmt::format(
        R"({{"admin_api_key":"{}",{}"batch":{{"max_documents":{}}},"streams":{{"usage":{{)"
        R"("bucket_width":"{}","group_by":[{}],"interval":"60m","initial_interval":"48h","settle":"0s"}},)"
        R"("api_key":{{"enabled":false}},"spend_limit":{{"enabled":false}},"workspace":{{"enabled":false}},)"
        R"("cost":{{"enabled":false}},"health":{{"enabled":{}}},"rate_limit":{{"enabled":false}}}}}})",
        simulator::default_admin_key,
        state ? fmt::format(R"("state":{{"path":"{}"}},)", (folder / "state").string()) : "",
        batch_documents, width, list, !state);
  }

  void begin(bool state) {
    runtime.reset();
    wire.crashed = false;
    wire.crash_at = -1;
    auto settings = read_settings(config(state));
    if (!settings) FAIL(settings.error().message);
    auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host.table()),
                              simulated_network(simulator, time, wire), 1,
                              [this] { return time.uptime(); });
    if (!made) FAIL(made.error().message);
    runtime = std::move(*made);
  }
  void start() { begin(true); }
  void start_on_request() {
    begin(false);
    REQUIRE(runtime->read_on_request().has_value());
  }

  Result<void> ask(Instant from, Instant to, Asked::Kind kind = Asked::Kind::read,
                   const std::string& rows = {}) {
    return runtime->reads().ask({"usage", {from, to}, kind, rows});
  }

  /// Polls, stores and acknowledges until nothing is left to do, or the process died. A dying
  /// process leaves what is on disk.
  void drain() {
    for (int calls = 0; calls < 100'000; ++calls) {
      const auto result = runtime->poll(std::chrono::seconds(1), {});
      if (wire.crashed) return;
      REQUIRE(result.has_value());
      if (result->kind == Runtime::PollResult::Kind::batch) {
        store.put(result->batch->ndjson);
        arrived.push_back(result->batch->ndjson);
        REQUIRE(runtime->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
        continue;
      }
      if (result->next_poll > std::chrono::seconds(70)) return;
      time.advance(std::max<Milliseconds>(result->next_poll, Milliseconds(1)));
    }
    FAIL("the instance never comes to rest");
  }

  /// Documents of ours whose id does not follow from what they say.
  std::size_t wrong_ids() const {
    auto settings = read_settings(config(false));
    REQUIRE(settings.has_value());
    DocumentIds ids(*settings);
    std::size_t wrong = 0;
    for (const std::string& document : store.all()) {
      if (document.find(R"("event":{)") == std::string::npos) continue;
      const auto id = ids.id_of("usage", document);
      if (!id || document.find("\"id\":\"" + *id + "\"") == std::string::npos) ++wrong;
    }
    return wrong;
  }

  Sums expected(Instant from, Instant to) const {
    ledger::Lane lane;
    lane.stream = "usage";
    lane.bucket_width = width;
    lane.group_by = groups;
    return truth(simulator, lane, from, to, time.server());
  }
  /// The store's sums of [from, to) beside the API's.
  std::vector<std::string> compare(Instant from, Instant to) const {
    Sums stored = store.sums(grain());
    std::erase_if(stored,
                  [&](const auto& one) { return one.first.first < from || one.first.first >= to; });
    return differences(stored, expected(from, to));
  }
};

inline Instant hour_of(Instant time) {
  return std::chrono::floor<std::chrono::hours>(time);
}
inline Instant day_of(Instant time) {
  return std::chrono::floor<std::chrono::days>(time);
}

}  // namespace anthropic_metrics::test
