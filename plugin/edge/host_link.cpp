// SPDX-License-Identifier: Apache-2.0
#include "edge/host_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/secret.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t longest_secret = 64 * 1024;

beat_span span(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Monotonic HostLink::monotonic() const noexcept {
  if (BEAT_HAS_FN(beat_host_api, table_, monotonic_ns))
    return Monotonic(table_->monotonic_ns(table_->ctx));
  return SystemClock().monotonic();
}

std::chrono::system_clock::time_point HostLink::realtime() const noexcept {
  using Wall = std::chrono::system_clock;
  if (!BEAT_HAS_FN(beat_host_api, table_, realtime_ns)) return Wall::now();
  return Wall::time_point(std::chrono::duration_cast<Wall::duration>(
      std::chrono::nanoseconds(table_->realtime_ns(table_->ctx))));
}

Instant HostLink::wall() const noexcept {
  if (BEAT_HAS_FN(beat_host_api, table_, realtime_ns))
    return Instant(std::chrono::floor<std::chrono::seconds>(
        std::chrono::nanoseconds(table_->realtime_ns(table_->ctx))));
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool HostLink::wants(LogLevel level) const {
  if (!BEAT_HAS_FN(beat_host_api, table_, log)) return false;
  const int most = BEAT_HAS_FN(beat_host_api, table_, log_level) ? table_->log_level(table_->ctx)
                                                                 : BEAT_LOG_INFO;
  return static_cast<int>(level) <= most;
}

void HostLink::log(LogLevel level, std::string_view component, std::string_view text) const {
  if (!wants(level)) return;
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  table_->log(table_->ctx, static_cast<int32_t>(level), span(component), span(line));
}

void HostLink::health(Health health, std::string_view stream, std::string_view text) const {
  if (BEAT_HAS_FN(beat_host_api, table_, health))
    table_->health(table_->ctx, static_cast<int32_t>(health), span(stream), span(text));
}

bool HostLink::has_secrets() const {
  return BEAT_HAS_FN(beat_host_api, table_, secret_get);
}

Result<std::string> HostLink::secret(const std::string& name) const {
  const Error unknown{Errc::configuration,
                      fmt::format("the host has no secret named {}; define it there", name)};
  if (!has_secrets()) return unknown;
  std::string value(512, '\0');
  std::size_t length = 0;
  beat_status status =
      table_->secret_get(table_->ctx, span(name), value.data(), value.size(), &length);
  if (status == BEAT_E_TRUNCATED && length <= longest_secret) {
    wipe(value);  // The host may have written what fitted.
    value.assign(length, '\0');
    status = table_->secret_get(table_->ctx, span(name), value.data(), value.size(), &length);
  }
  if (status < 0 || length > value.size()) {
    wipe(value);
    return unknown;
  }
  value.resize(length);
  return value;
}

}  // namespace anthropic_metrics
