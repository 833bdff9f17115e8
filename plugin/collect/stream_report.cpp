// SPDX-License-Identifier: Apache-2.0
#include "collect/stream_report.hpp"

#include <fmt/format.h>

#include "api/status_error.hpp"
#include "collect/stream_credential.hpp"

namespace anthropic_metrics {

void StreamReport::tell(const Outcome<void>& poll, const std::optional<Failure>& aside) {
  if (poll || poll.error().code == Errc::nothing_yet)
    tell_success(aside);
  else if (poll.error().code == Errc::not_offered)
    tell_not_offered(poll.error());
  else
    tell_failure(poll.error());
}

void StreamReport::tell_success(const std::optional<Failure>& aside) {
  if (failures_ > 0) services_.log(LogLevel::info, stream_, "recovered");
  failures_ = 0;
  last_logged_.clear();
  // "Nothing yet" may come without a date, before any answer had one.
  if (services_.server_clock.known()) {
    const Instant now = services_.server_clock.now();
    services_.status.update(stream_, [&](StreamStatus& s) { s.last_success = now; });
  }
  std::string missing;
  services_.status.update(stream_, [&](StreamStatus& s) {
    s.error_code.clear();
    s.error_status = 0;
    s.refused = false;
    missing = s.told_incomplete();
    if (const std::string odd = s.told_set_aside(); !odd.empty())
      missing += missing.empty() ? odd : "; " + odd;
  });
  if (!aside) {
    last_aside_.clear();
    set_health(Health::healthy, missing);
    return;
  }
  const std::string message = services_.credential.scrub(aside->message);
  const std::string_view cause = api::without_request_id(message);
  if (cause != last_aside_) services_.log(LogLevel::warn, stream_, message);
  last_aside_ = cause;
  services_.status.update(stream_, [&](StreamStatus& s) { s.error_code = name(aside->code); });
  set_health(Health::degraded, message);
}

/// No failure, and nobody could do anything about it but ask for it: it is said once.
void StreamReport::tell_not_offered(const Failure& refusal) {
  failures_ = 0;
  const std::string message = services_.credential.scrub(refusal.message);
  services_.status.update(stream_, [&](StreamStatus& s) {
    s.error_code = name(refusal.code);
    s.error_status = s.http_status >= 400 ? s.http_status : 0;
    s.refused = false;
  });
  const std::string_view cause = api::without_request_id(message);
  if (cause != last_logged_)
    services_.log(asked_for_ ? LogLevel::warn : LogLevel::info, stream_, message);
  last_logged_ = cause;
  if (asked_for_) services_.status.set_last_error(fmt::format("{}: {}", stream_, message));
  set_health(asked_for_ ? Health::degraded : Health::healthy, message);
}

void StreamReport::tell_failure(const Failure& failure) {
  ++failures_;
  const std::string message = services_.credential.scrub(failure.message);
  services_.status.set_last_error(fmt::format("{}: {}", stream_, message));
  const bool key = failure.code == Errc::unauthorized || failure.code == Errc::forbidden;
  const bool refused = key || failure.code == Errc::configuration;
  services_.status.update(stream_, [&](StreamStatus& s) {
    s.error_code = name(failure.code);
    s.error_status = s.http_status >= 400 ? s.http_status : 0;
    s.refused = key;
  });
  if (refused) {
    const auto reloaded = services_.credential.source(credential_of(services_, stream_)).reload();
    if (reloaded && *reloaded) failures_ = 0;
  }
  const std::string_view cause = api::without_request_id(message);
  if (cause != last_logged_)
    services_.log(refused ? LogLevel::error : LogLevel::warn, stream_, message);
  last_logged_ = cause;
  set_health(refused ? Health::failed : Health::degraded, message);
}

void StreamReport::set_health(Health health, const std::string& message) {
  bool changed = false;
  services_.status.update(stream_, [&](StreamStatus& s) {
    changed = s.health != health;
    s.health = health;
    s.message = message;
  });
  if (changed) services_.host.health(health, stream_, message);
}

}  // namespace anthropic_metrics
