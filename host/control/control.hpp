// SPDX-License-Identifier: Apache-2.0
// A component's side of the Elastic Agent's control protocol V2: one thread, one connection with a
// stream for check-ins and one for actions. It knows nothing of policies and of what units do.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/actions.hpp"
#include "control/bootstrap.hpp"
#include "control/units.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

struct ControlSettings {
  Bootstrap bootstrap;
  std::string program;                       // "anthropic-metrics", for the Agent's diagnostics
  std::map<std::string, std::string> facts;  // likewise: versions
  std::string build;
  // A check-in this often, changed or not. The Agent's spec file allows 30 s without one.
  std::chrono::milliseconds period{25'000};
  std::chrono::milliseconds first_retry{1'000};  // until a lost connection is made anew; doubles
  std::chrono::milliseconds longest_retry{30'000};
};

// Called on the control thread; both return soon, and may be called until stop() has returned.
struct ControlEvents {
  std::function<void()> wanted;  // take_wanted() has something new
  std::function<ActionAnswer(const ActionRequest&)> perform;
};

class Control {
 public:
  Control(ControlSettings settings, ControlEvents events, Log& log);
  ~Control();  // as stop() without waiting for the Agent
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Connects and goes on connecting, in a thread of its own.
  void start();

  // The whole list of units as the Agent wants it, if it has changed since the last call. From any
  // thread. Of a unit that is to stop it is told of until report() says that it is stopped.
  std::optional<std::vector<WantedUnit>> take_wanted();

  // All units as they are now. From any thread, does not wait. What is equal to the last report is
  // not sent; another state or index is sent at once; another message or payload alone goes with
  // the next regular check-in, so that words that change make no traffic.
  void report(std::vector<SeenUnit> units);

  // Sends what was reported last, closes the connection, ends the thread; this long at most.
  void stop(std::chrono::milliseconds longest);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace anthropic_metrics::host
