// SPDX-License-Identifier: Apache-2.0
// What the host knows of itself at one moment, as its endpoint tells it. Plain values.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

enum class HealthState { healthy, degraded, failed, starting };

std::string_view to_string(HealthState state);

// An input of the policy that runs.
struct InputStatus {
  std::string id;
  std::string output;           // its name
  boost::json::object details;  // the plugin's own account, see status_json; may be empty
};

struct OutputStatus {
  std::string name;
  std::string type;
  HealthState state = HealthState::healthy;
  std::string sentence;  // why, if it is not healthy
  SinkReport report;
};

// What was written for one data stream since the start.
struct WrittenStatus {
  std::string dataset;
  std::string data_namespace;
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
};

struct HostStatus {
  std::string version;  // of the host
  std::string plugin;   // its name
  std::string plugin_version;
  std::string plugin_abi;  // "1.0"
  std::chrono::milliseconds uptime{0};
  std::vector<InputStatus> inputs;
  std::vector<OutputStatus> outputs;
  std::vector<WrittenStatus> written;
};

struct HealthVerdict {
  HealthState state = HealthState::starting;
  std::string sentence;  // one, whatever the state
  bool fine = true;      // what /health says: 200 or 503
};

// So long may a start take until "starting" is no fine answer any more.
inline constexpr std::chrono::seconds start_grace{120};

// The worst of inputs and outputs. A part that is starting counts as bad as a failed one once the
// grace is over.
HealthVerdict judge(const HostStatus& status);

// Of a plugin's word; an unknown one is degraded.
HealthState health_of(const boost::json::object& details);

// Why an input is in that state, as a sentence of its plugin.
std::string reason_of(const InputStatus& input, HealthState state);

// The texts of the endpoint.
std::string status_json(const HostStatus& status);
std::string metrics_text(const HostStatus& status);

}  // namespace anthropic_metrics::host
