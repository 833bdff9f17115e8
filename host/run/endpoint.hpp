// SPDX-License-Identifier: Apache-2.0
// The endpoint of a running host: where the policy says, telling what the workload does.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "endpoint/host_status.hpp"
#include "endpoint/http_server.hpp"
#include "failure.hpp"
#include "log.hpp"
#include "policy/endpoint_settings.hpp"
#include "run/plugin_library.hpp"
#include "run/workload.hpp"
#include "run/written_count.hpp"

namespace anthropic_metrics::host {

class Endpoint {
 public:
  // All outlive it.
  Endpoint(const PluginLibrary& plugin, const Workload& workload, const WrittenCount& written,
           Log& log);

  // Listens where the settings say from now on, or nowhere. If it cannot, the former place stays.
  Result<void> change_to(const EndpointSettings& settings);

  // What it tells. From any thread.
  HostStatus status() const;

 private:
  Result<void> listen(const EndpointSettings& settings);

  const PluginLibrary& plugin_;
  const Workload& workload_;
  const WrittenCount& written_;
  Log& log_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  EndpointSettings settings_;
  std::unique_ptr<HttpServer> server_;  // the last member: it asks for the others' sake
};

}  // namespace anthropic_metrics::host
