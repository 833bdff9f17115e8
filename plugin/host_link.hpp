// SPDX-License-Identifier: Apache-2.0
// The host's callbacks with C++ types, each with its fallback. The only place that calls the host.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "beat_plugin.h"
#include "clock.hpp"
#include "error.hpp"
#include "status.hpp"

namespace anthropic_metrics {

enum class LogLevel { error = 1, warn, info, debug, trace };

class HostLink final : public Clock {
 public:
  /// table may be NULL; it must outlive this object.
  explicit HostLink(const beat_host_api* table) : table_(table) {}

  Monotonic monotonic() const noexcept override;
  /// The host's wall clock. It decides nothing; it may be told that it differs from the server's.
  Instant wall() const noexcept;
  /// The host's wall clock: for the times of files that people read, and decides nothing.
  std::chrono::system_clock::time_point realtime() const noexcept;

  bool wants(LogLevel level) const;
  /// text: one line; control characters are replaced. It must hold no secret.
  void log(LogLevel level, std::string_view component, std::string_view text) const;
  void health(Health health, std::string_view stream, std::string_view text) const;
  bool has_secrets() const;
  Result<std::string> secret(const std::string& name) const;

 private:
  const beat_host_api* table_;
};

}  // namespace anthropic_metrics
