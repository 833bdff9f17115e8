// SPDX-License-Identifier: Apache-2.0
#include "run/workload_status.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <string>

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

InputStatus status_of(const Instance& instance) {
  InputStatus input;
  input.id = instance.spec().id;
  if (instance.spec().output != nullptr) input.output = instance.spec().output->name();
  const std::string text = instance.status();
  boost::system::error_code error;
  const json::value details = json::parse(text, error);
  if (!error && details.is_object()) input.details = details.get_object();
  const json::value audit = json::parse(instance.audit(), error);
  if (!error && audit.is_object()) input.details["audit"] = audit;
  return input;
}

HealthState of(OutputState::Health health) {
  switch (health) {
    case OutputState::Health::healthy:
      return HealthState::healthy;
    case OutputState::Health::failed:
      return HealthState::failed;
    default:
      return HealthState::degraded;
  }
}

// Of an output to which these instances write.
OutputStatus status_of(const Output& output, const Sink& sink,
                       const std::vector<const Instance*>& writers) {
  OutputStatus status;
  status.name = output.name();
  status.type = output.type();
  status.report = sink.report();
  if (!status.report.remark.empty()) {
    status.state = HealthState::degraded;
    status.sentence = status.report.remark;
  }
  for (const Instance* writer : writers) {
    const OutputState seen = writer->output_state();
    const HealthState state = of(seen.health);
    // The worst counts; the report's own remark says more than that something was put aside.
    if (state == HealthState::healthy || status.state == HealthState::failed) continue;
    if (state == status.state && !status.sentence.empty()) continue;
    status.state = state;
    status.sentence = seen.sentence;
  }
  return status;
}

}  // namespace

HostStatus host_status(const PluginLibrary& plugin, const Workload& workload,
                       const WrittenCount& written, std::chrono::steady_clock::time_point began) {
  HostStatus status;
  status.version = AM_VERSION;
  status.plugin = plugin.name();
  status.plugin_version = plugin.version();
  const std::uint32_t abi = plugin.api().abi_version;
  status.plugin_abi = fmt::format("{}.{}", abi >> 16, abi & 0xffffU);
  status.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  workload.look(
      {[&](const Instance& instance) { status.inputs.push_back(status_of(instance)); },
       [&](const Output& output, const Sink& sink, const std::vector<const Instance*>& writers) {
         status.outputs.push_back(status_of(output, sink, writers));
       }});
  for (const auto& [stream, sum] : written.all())
    status.written.push_back({stream.first, stream.second, sum.documents, sum.bytes});
  return status;
}

}  // namespace anthropic_metrics::host
