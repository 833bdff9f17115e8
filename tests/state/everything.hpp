// SPDX-License-Identifier: Apache-2.0
// Every stream of the plugin, those that are off by default too, against one simulated organization
// in virtual time, with what came in a folder for the simulator's check.
#pragma once

#include <memory>
#include <string>

#include "edge/host_link.hpp"
#include "scratch_folder.hpp"
#include "simulated_transport.hpp"
#include "simulator/check.hpp"

namespace anthropic_metrics::test {

class Everything {
 public:
  /// by_default: what runs where nobody chose streams, with an Admin key alone.
  explicit Everything(const simulator::Options& organization, bool by_default = false);
  ~Everything();

  /// Ends the process, if there is one, and starts it on the same state.
  void start();
  /// The process dies within so many steps of its network.
  void die_within(std::int64_t steps) { wire_.crash_at = wire_.steps + steps; }
  /// Collects while so much time passes; a process that dies is started again.
  void pass(std::chrono::seconds span);

  /// How often it died.
  int deaths() const { return deaths_; }
  Instant now() const { return time_.server(); }
  const simulator::Simulator& simulator() const { return simulator_; }
  void forget_requests() { simulator_.clear_requests(); }

  /// The check of what came, of reports only what began before `cutoff`.
  simulator::CheckReport check(Instant cutoff) const;
  /// Requires that the totals of status are what the documents add up to, each once; says of how
  /// many periods it is so.
  int check_totals() const;
  std::string log() const { return host_.log(); }

 private:
  bool step();
  std::string config() const;

  bool by_default_;
  ScratchFolder folder_;
  simulator::Simulator simulator_;
  VirtualTime time_{simulator_};
  FakeHost host_{time_};
  Wire wire_;
  std::unique_ptr<Runtime> runtime_;
  int deaths_ = 0;
};

}  // namespace anthropic_metrics::test
