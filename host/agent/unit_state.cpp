// SPDX-License-Identifier: Apache-2.0
#include "agent/unit_state.hpp"

#include <fmt/format.h>

#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

UnitState unit_state(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return UnitState::healthy;
    case HealthState::failed:
      return UnitState::failed;
    case HealthState::starting:
      return UnitState::starting;
    default:
      return UnitState::degraded;
  }
}

std::string_view word_of(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return "HEALTHY";
    case HealthState::failed:
      return "FAILED";
    case HealthState::starting:
      return "STARTING";
    default:
      return "DEGRADED";
  }
}

json::object payload_of(const InputStatus& input,
                        const std::map<std::string, std::string>& stream_ids) {
  json::object told;
  if (const json::object* streams = object_in(input.details, "streams")) {
    for (const auto& [name, value] : *streams) {
      const json::object* stream = value.if_object();
      if (stream == nullptr) continue;
      const HealthState state = health_of(*stream);
      const auto id = stream_ids.find(std::string(name));
      told[id == stream_ids.end() || id->second.empty() ? std::string(name) : id->second] =
          json::object{{"status", word_of(state)},
                       {"error", state == HealthState::healthy || state == HealthState::starting
                                     ? std::string()
                                     : text_in(*stream, "message")}};
    }
  }
  return {{"streams", std::move(told)}};
}

}  // namespace

UnitReport report_of(const InputStatus& input, const OutputStatus& output,
                     const std::map<std::string, std::string>& stream_ids) {
  const HealthState state = health_of(input.details);
  UnitReport report{unit_state(state), {}, payload_of(input, stream_ids)};
  if (state == HealthState::healthy)
    report.message = "collecting";
  else if (state == HealthState::starting)
    report.message = "reading every data stream for the first time";
  else
    report.message = reason_of(input, state);
  // Documents that cannot be written are the input's trouble, too: collecting waits for them.
  const bool worse = output.state == HealthState::failed ||
                     (output.state == HealthState::degraded && state != HealthState::failed);
  if (worse && !output.sentence.empty()) {
    report.state = unit_state(output.state);
    report.message = output.sentence;
  }
  return report;
}

UnitReport report_of(const OutputStatus& output) {
  return {unit_state(output.state),
          output.state == HealthState::healthy ? "documents are accepted" : output.sentence,
          {}};
}

}  // namespace anthropic_metrics::host
