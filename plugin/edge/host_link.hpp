// SPDX-License-Identifier: Apache-2.0
// The host's callbacks with C++ types, each with its fallback. The only place that calls the host.
#pragma once

#include <string>
#include <string_view>

#include "beat_plugin.h"
#include "collect/host.hpp"

namespace anthropic_metrics {

class HostLink final : public Host {
 public:
  /// table may be NULL; it must outlive this object.
  explicit HostLink(const beat_host_api* table) : table_(table) {}

  Monotonic monotonic() const noexcept override;
  Instant wall() const noexcept override;
  std::chrono::system_clock::time_point realtime() const noexcept override;
  bool wants(LogLevel level) const override;
  void log(LogLevel level, std::string_view component, std::string_view text) const override;
  void health(Health health, std::string_view stream, std::string_view text) const override;
  bool has_secrets() const override;
  Result<std::string> secret(const std::string& name) const override;

 private:
  const beat_host_api* table_;
};

}  // namespace anthropic_metrics
