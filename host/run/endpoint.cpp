// SPDX-License-Identifier: Apache-2.0
#include "run/endpoint.hpp"

#include <fmt/format.h>

#include <utility>

#include "endpoint/pages.hpp"
#include "run/workload_status.hpp"

namespace anthropic_metrics::host {

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
  return host_status(plugin_, workload_, written_, began_);
}

}  // namespace anthropic_metrics::host
