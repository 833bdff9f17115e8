// SPDX-License-Identifier: Apache-2.0
#include "endpoint/host_status.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// The first stream of an input in that state, as a sentence. Empty if none is.
std::string stream_in(const InputStatus& input, std::string_view state) {
  const json::object* streams = object_in(input.details, "streams");
  if (streams == nullptr) return {};
  for (const auto& [name, value] : *streams) {
    const json::object* stream = value.if_object();
    if (stream == nullptr || text_in(*stream, "health") != state) continue;
    const std::string message = text_in(*stream, "message");
    return message.empty() ? fmt::format("{} is {}", std::string_view(name), state)
                           : fmt::format("{}: {}", std::string_view(name), message);
  }
  return {};
}

json::object to_json(const SinkReport& report) {
  return {{"created", report.accepted},         {"present", report.present},
          {"retried", report.retried},          {"rejected", report.rejected},
          {"requests", report.requests},        {"failed_requests", report.failed},
          {"document_bytes", report.bytes},     {"sent_bytes", report.sent_bytes},
          {"dead_letters", report.dead_letters}};
}

json::object to_json(const OutputStatus& output) {
  json::object out{{"name", output.name},
                   {"type", output.type},
                   {"health", std::string(to_string(output.state))}};
  if (!output.sentence.empty()) out["message"] = output.sentence;
  out["counters"] = to_json(output.report);
  return out;
}

}  // namespace

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return "healthy";
    case HealthState::failed:
      return "failed";
    case HealthState::starting:
      return "starting";
    default:
      return "degraded";
  }
}

HealthState health_of(const json::object& details) {
  const std::string word = text_in(details, "health");
  if (word == "healthy") return HealthState::healthy;
  if (word == "failed" || word == "stopped") return HealthState::failed;
  if (word == "starting" || word.empty()) return HealthState::starting;
  return HealthState::degraded;
}

std::string reason_of(const InputStatus& input, HealthState state) {
  const std::string word(to_string(state));
  for (const char* concern : {"state", "time"})
    if (const json::object* told = object_in(input.details, concern))
      if (text_in(*told, "health") == word) return text_in(*told, "message");
  if (std::string stream = stream_in(input, word); !stream.empty()) return stream;
  return "it says no more; see its log";
}

HealthVerdict judge(const HostStatus& status) {
  HealthVerdict verdict{HealthState::healthy, "all inputs and outputs work", true};
  // By how much it matters.
  const auto weight = [](HealthState state) {
    switch (state) {
      case HealthState::healthy:
        return 0;
      case HealthState::degraded:
        return 1;
      case HealthState::starting:
        return 2;
      default:
        return 3;
    }
  };
  const auto worsen = [&](HealthState state, const std::string& sentence) {
    if (weight(state) <= weight(verdict.state)) return;
    verdict.state = state;
    verdict.sentence = sentence;
  };
  for (const OutputStatus& output : status.outputs)
    worsen(output.state, fmt::format("output {} is {}: {}", output.name, to_string(output.state),
                                     output.sentence));
  if (status.inputs.empty()) worsen(HealthState::starting, "no input runs yet");
  for (const InputStatus& input : status.inputs) {
    const HealthState state = health_of(input.details);
    if (state == HealthState::starting)
      worsen(state, fmt::format("input {} has not read all of its streams once yet", input.id));
    else
      worsen(state, fmt::format("input {} is {}: {}", input.id, to_string(state),
                                reason_of(input, state)));
  }
  verdict.fine = verdict.state != HealthState::failed &&
                 (verdict.state != HealthState::starting || status.uptime <= start_grace);
  return verdict;
}

std::string status_json(const HostStatus& status) {
  const HealthVerdict verdict = judge(status);
  json::object out{{"health", std::string(to_string(verdict.state))},
                   {"message", verdict.sentence},
                   {"version", status.version},
                   {"uptime_seconds", status.uptime.count() / 1000}};
  out["plugin"] = {
      {"name", status.plugin}, {"version", status.plugin_version}, {"abi", status.plugin_abi}};
  json::array inputs;
  for (const InputStatus& input : status.inputs) {
    json::object one{{"id", input.id}, {"output", input.output}};
    for (const auto& [key, value] : input.details)
      if (key != "instance_id") one[key] = value;
    inputs.push_back(std::move(one));
  }
  out["inputs"] = std::move(inputs);
  json::array outputs;
  for (const OutputStatus& output : status.outputs) outputs.push_back(to_json(output));
  out["outputs"] = std::move(outputs);
  json::array written;
  for (const WrittenStatus& stream : status.written)
    written.push_back(json::object{{"dataset", stream.dataset},
                                   {"namespace", stream.data_namespace},
                                   {"documents", stream.documents},
                                   {"bytes", stream.bytes}});
  out["written"] = std::move(written);
  return json::serialize(out) + "\n";
}

}  // namespace anthropic_metrics::host
