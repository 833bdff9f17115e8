// SPDX-License-Identifier: Apache-2.0
#include "run/endpoint.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <utility>

#include "endpoint/pages.hpp"

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

Endpoint::Endpoint(const PluginLibrary& plugin, const Workload& workload,
                   const WrittenCount& written, Log& log)
    : plugin_(plugin), workload_(workload), written_(written), log_(log) {}

Result<void> Endpoint::change_to(const EndpointSettings& settings) {
  if (settings == settings_) return {};
  const EndpointSettings former = std::exchange(settings_, settings);
  server_.reset();
  auto listening = listen(settings);
  if (listening) return {};
  settings_ = former;
  if (const auto again = listen(former); !again) tell(again.error(), log_);
  return listening;
}

Result<void> Endpoint::listen(const EndpointSettings& settings) {
  if (!settings.enabled) return {};
  auto server = HttpServer::start(settings, [this](const std::string& path) {
    HttpAnswer answer = page(path, [this] { return status(); });
    // Neither plugin nor output tells secrets; what tells one by mistake shall not be served.
    answer.body = log_.redacted(answer.body);
    return answer;
  });
  if (!server) return server.error();
  server_ = std::move(*server);
  EndpointSettings told = settings;
  told.port = server_->port();
  log_.info(fmt::format("health, status and metrics are at {}", url_of(told)));
  return {};
}

HostStatus Endpoint::status() const {
  HostStatus status;
  status.version = AM_VERSION;
  status.plugin = plugin_.name();
  status.plugin_version = plugin_.version();
  const std::uint32_t abi = plugin_.api().abi_version;
  status.plugin_abi = fmt::format("{}.{}", abi >> 16, abi & 0xffffU);
  status.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began_);
  workload_.look(
      {[&](const Instance& instance) { status.inputs.push_back(status_of(instance)); },
       [&](const Output& output, const Sink& sink, const std::vector<const Instance*>& writers) {
         status.outputs.push_back(status_of(output, sink, writers));
       }});
  for (const auto& [stream, sum] : written_.all())
    status.written.push_back({stream.first, stream.second, sum.documents, sum.bytes});
  return status;
}

}  // namespace anthropic_metrics::host
