// SPDX-License-Identifier: Apache-2.0
#include "observer.hpp"

namespace anthropic_metrics {

streams::Observation difference(const std::string& stream, const StreamStatus& before,
                                const StreamStatus& now, std::optional<Instant> server_time) {
  streams::Observation seen;
  seen.stream = stream;
  seen.health = name(now.health);
  seen.newest_final = now.cursor;
  if (now.cursor && server_time) seen.lag_seconds = (*server_time - *now.cursor).count();
  seen.credential = now.refused ? "refused" : now.last_success ? "accepted" : "unknown";
  seen.error_code = now.error_code;
  if (!now.error_code.empty() && now.http_status >= 400) seen.error_status = now.http_status;
  seen.polls = now.polls - before.polls;
  seen.pages = now.pages - before.pages;
  seen.requests = now.requests - before.requests;
  seen.retries = now.retries - before.retries;
  seen.throttled = now.throttled - before.throttled;
  seen.bytes = now.bytes - before.bytes;
  seen.documents = now.documents - before.documents;
  seen.corrections = now.corrections - before.corrections;
  seen.gaps = now.gaps - before.gaps;
  seen.correction_tokens = now.correction_tokens - before.correction_tokens;
  const Decimal amount = now.correction_amount - before.correction_amount;
  if (!amount.zero()) seen.correction_amount = amount.text();
  return seen;
}

Observer::Observer(const Services& services, const StreamChoice& choice)
    : services_(services), choice_(choice) {
  services_.status.update(choice.stream->name, [](StreamStatus&) {});
}

boost::asio::awaitable<void> Observer::run() {
  const std::string stream(choice_.stream->name);
  std::string last_fault;
  for (;;) {
    const auto observed = observe();
    services_.status.update(stream, [&](StreamStatus& s) {
      ++s.polls;
      s.health = observed ? Health::healthy : Health::degraded;
      s.message = observed ? "" : observed.error().message;
      s.error_code = observed ? "" : anthropic_metrics::name(observed.error().code);
      if (observed && services_.server_clock.known()) s.last_success = services_.server_clock.now();
    });
    const std::string fault = observed ? "" : observed.error().message;
    if (!fault.empty() && fault != last_fault) services_.log(LogLevel::warn, stream, fault);
    last_fault = fault;
    co_await services_.sleeper.until(services_.host.monotonic() + choice_.settings.interval);
  }
}

Result<void> Observer::observe() {
  // While the host is behind, documents about that would only add to the pile; counters go on.
  if (!services_.server_clock.known() || services_.delivery.full()) return success();
  if (!emitter_) {
    std::string organization = services_.organization_id;
    if (organization.empty()) {
      auto bound = services_.ledger.organization();
      if (!bound) return bound.error();
      organization = *bound;
    }
    if (organization.empty()) return success();
    ledger::Lane lane;
    lane.stream = choice_.stream->name;
    emitter_ = std::make_unique<Emitter>(
        *choice_.stream, choice_.settings, choice_.stream->observed_layout(), organization, lane,
        services_.ledger, services_.delivery, services_.settings.batch_documents,
        services_.settings.batch_bytes);
  }
  std::map<std::string, StreamStatus> now;
  std::vector<streams::Observation> observations;
  for (const StreamChoice& other : services_.settings.streams) {
    if (other.stream->observing()) continue;
    const std::string stream(other.stream->name);
    now[stream] = services_.status.stream(stream);
    observations.push_back(
        difference(stream, before_[stream], now[stream], services_.server_clock.now()));
    observations.back().outbox_documents =
        static_cast<std::int64_t>(services_.delivery.pending_documents());
    observations.back().outbox_bytes =
        static_cast<std::int64_t>(services_.delivery.pending_bytes());
  }
  auto made =
      emitter_->emit_snapshot(choice_.stream->observe(observations), services_.server_clock.now());
  if (!made) return made.error();
  before_ = std::move(now);
  const std::int64_t documents = made->documents;
  services_.status.update(choice_.stream->name, [&](StreamStatus& s) { s.documents += documents; });
  return success();
}

}  // namespace anthropic_metrics
