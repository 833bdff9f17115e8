// SPDX-License-Identifier: Apache-2.0
#include "collect/hold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fstream>

namespace anthropic_metrics {
namespace {

constexpr const char* note = "hold";
constexpr Milliseconds longest = std::chrono::hours(1);
/// Less is over before a restart is.
constexpr Milliseconds worth_a_write = std::chrono::seconds(2);

std::optional<std::int64_t> number(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

}  // namespace

Uptime system_uptime() {
  Uptime up;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> up.boot;
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) == 0)
    up.since = std::chrono::seconds(now.tv_sec) +
               std::chrono::duration_cast<Milliseconds>(std::chrono::nanoseconds(now.tv_nsec));
  return up;
}

Hold::Hold(ledger::Ledger& ledger, const ServerClock& server_clock, const Clock& clock,
           std::function<Uptime()> uptime)
    : ledger_(ledger), server_clock_(server_clock), clock_(clock), uptime_(std::move(uptime)) {
  const auto kept = ledger_.note(note);
  if (!kept || kept->empty()) return;  // What is damaged there costs a 429, no document.
  std::string_view text = *kept;
  const auto server_time = number(text);
  const auto since = number(text);
  if (!server_time || !since) return;
  const Uptime up = uptime_();
  if (!up.boot.empty() && up.boot == text)
    until_ =
        clock_.monotonic() + std::clamp(Milliseconds(*since) - up.since, Milliseconds(0), longest);
  else if (*server_time > 0)
    until_server_time_ = Instant(std::chrono::seconds(*server_time));
}

Result<void> Hold::ask(Milliseconds wait) {
  wait = std::min(wait, longest);
  const Monotonic until = clock_.monotonic() + wait;
  if (until_ && *until_ >= until) return success();
  until_ = until;
  until_server_time_.reset();
  if (wait < worth_a_write || !ledger_.durable()) return success();
  const Uptime up = uptime_();
  const std::int64_t server_time =
      server_clock_.known() ? (server_clock_.now() + std::chrono::ceil<std::chrono::seconds>(wait))
                                  .time_since_epoch()
                                  .count()
                            : 0;
  return ledger_.set_note(note,
                          fmt::format("{} {} {}", server_time, (up.since + wait).count(), up.boot));
}

Milliseconds Hold::left() {
  if (until_server_time_ && server_clock_.known()) {
    const Milliseconds rest = *until_server_time_ - server_clock_.now();
    until_ = clock_.monotonic() + std::clamp(rest, Milliseconds(0), longest);
    until_server_time_.reset();
  }
  if (!until_) return Milliseconds(0);
  return std::max(std::chrono::ceil<Milliseconds>(*until_ - clock_.monotonic()), Milliseconds(0));
}

}  // namespace anthropic_metrics
