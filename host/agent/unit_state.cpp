// SPDX-License-Identifier: Apache-2.0
#include "agent/unit_state.hpp"

#include <fmt/format.h>

#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// A state of a unit, and as text in a payload.
struct Word {
  UnitState state;
  std::string_view text;
};

Word word_for(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return {UnitState::healthy, "HEALTHY"};
    case HealthState::failed:
      return {UnitState::failed, "FAILED"};
    case HealthState::starting:
      return {UnitState::starting, "STARTING"};
    default:
      return {UnitState::degraded, "DEGRADED"};
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
          json::object{{"status", word_for(state).text},
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
  UnitReport report{word_for(state).state, {}, payload_of(input, stream_ids)};
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
    report.state = word_for(output.state).state;
    report.message = output.sentence;
  }
  return report;
}

UnitReport report_of(const OutputStatus& output) {
  return {word_for(output.state).state,
          output.state == HealthState::healthy ? "documents are accepted" : output.sentence,
          {}};
}

}  // namespace anthropic_metrics::host
