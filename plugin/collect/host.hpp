// SPDX-License-Identifier: Apache-2.0
// What collecting asks of the program around it, without the C interface's types:
// edge/host_link.hpp has the calls. Thread-safe, and never waits long.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "collect/status.hpp"

namespace anthropic_metrics {

class Host : public Clock {
 public:
  /// The host's wall clock. It decides nothing; it may be told that it differs from the server's.
  virtual Instant wall() const noexcept = 0;
  /// The host's wall clock: for the times of files that people read, and decides nothing.
  virtual std::chrono::system_clock::time_point realtime() const noexcept = 0;

  virtual bool wants(LogLevel level) const = 0;
  /// text: one line; control characters are replaced. It must hold no secret.
  virtual void log(LogLevel level, std::string_view component, std::string_view text) const = 0;
  virtual void health(Health health, std::string_view stream, std::string_view text) const = 0;

  virtual bool has_secrets() const = 0;
  /// Errc::configuration if the host has none of that name. The caller wipes it.
  virtual Result<std::string> secret(const std::string& name) const = 0;
};

}  // namespace anthropic_metrics
