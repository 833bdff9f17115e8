// SPDX-License-Identifier: Apache-2.0
// One seeded history of an instance: an organization whose numbers keep changing, a network that
// fails, a host that loses and repeats, processes that die at any step and come back with another
// configuration; and what must hold when all of it is over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model_store.hpp"
#include "simulated_transport.hpp"

namespace anthropic_metrics::test {

/// How often each thing happened, over all histories.
using Tally = std::map<std::string, std::uint64_t>;

class History {
 public:
  /// folder: empty and ours, best in memory. tally is borrowed.
  History(std::uint64_t seed, const std::filesystem::path& folder, Tally& tally);
  ~History();

  /// Empty if everything held; else what did not, and the log.
  std::vector<std::string> run();

 private:
  struct Streams {
    std::string usage_width;
    std::vector<std::string> usage_groups, cost_groups;
    int usage_interval_m = 60, cost_interval_m = 60;
    bool rate_limit = false;
    std::string data_stream_namespace = "default", name = "anthropic_metrics";
  };
  struct Held {
    std::uint64_t batch;
    bool stored;
  };

  static simulator::Options organization(Random& random, bool minutes);
  void choose_streams();
  void choose_host();
  std::string config() const;

  void start();
  void restart(bool crash);
  void act();
  void poll();
  void deliver(const Batch& batch);
  void acknowledge(std::uint64_t batch, AckOutcome outcome);
  void acknowledge_held();
  void fault_sometimes();

  void finish();
  void run_on();          ///< A day and more without faults and without a restart.
  std::uint64_t drain();  ///< Polls until every stream sleeps; the batches that came.
  void check_recency();
  void check_sums(Instant as_of);
  void problem(std::string text);

  Random random_;
  Tally& tally_;
  std::filesystem::path state_;
  int usage_settle_m_, cost_settle_m_;
  bool minutes_ = false;  ///< Buckets of a minute: a short history.
  int fault_percent_ = 0;
  std::chrono::hours length_{0};
  simulator::Simulator simulator_;
  VirtualTime time_{simulator_};
  FakeHost host_{time_};
  Wire wire_;
  ModelStore store_;

  Streams streams_;
  bool handover_ = false;
  int most_documents_ = 1000, most_bytes_ = 1 << 20, most_in_flight_ = 8;
  Delivery::Limits limits_;
  bool quiet_ = false;  ///< Faults are off and the host is faithful.
  std::unique_ptr<Runtime> runtime_;
  std::vector<Held> held_;
  std::vector<std::string> problems_;
};

/// A folder for states that costs no disk, if the system has one.
std::filesystem::path fast_folder();

}  // namespace anthropic_metrics::test
