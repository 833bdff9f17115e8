// SPDX-License-Identifier: Apache-2.0
#include "collect/observer.hpp"

#include "collect/asked.hpp"
#include "collect/directory.hpp"

namespace anthropic_metrics {

streams::Observation difference(const std::string& stream, const StreamStatus& before,
                                const StreamStatus& now, std::optional<Instant> server_time) {
  streams::Observation seen;
  seen.stream = stream;
  seen.health = name(now.health);
  seen.newest_final = now.cursor;
  seen.next_due = now.next_due;
  if (now.cursor && server_time) seen.lag_seconds = (*server_time - *now.cursor).count();
  if (server_time) seen.source_lag_seconds = now.source_lag_seconds(*server_time);
  // A bucket that ends in the future was read by a time that is not true any more.
  if (seen.lag_seconds.value_or(0) < -60 && now.health == Health::healthy)
    seen.health = name(Health::degraded);
  seen.credential = now.refused ? "refused" : now.last_success ? "accepted" : "unknown";
  seen.error_code = now.error_code;
  if (now.error_status != 0) seen.error_status = now.error_status;
  seen.polls = now.polls - before.polls;
  seen.pages = now.pages - before.pages;
  seen.requests = now.requests - before.requests;
  seen.retries = now.retries - before.retries;
  seen.throttled = now.throttled - before.throttled;
  seen.bytes = now.bytes - before.bytes;
  seen.documents = now.documents - before.documents;
  seen.corrections = now.corrections - before.corrections;
  seen.gaps = now.gaps - before.gaps;
  seen.rows_set_aside = now.set_aside_rows();
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
  if (services_.asked.only()) co_return;  // Nobody asks for what it would tell.
  for (;;) {
    const auto observed = observe(Which::all);
    services_.status.update(choice_.stream->name, [](StreamStatus& s) { ++s.polls; });
    tell(observed);
    co_await services_.sleeper.until(services_.host.monotonic() + choice_.settings.interval);
  }
}

void Observer::look() {
  if (services_.status.changes() == seen_changes_) return;
  if (const auto observed = observe(Which::changed); !observed) tell(observed);
}

void Observer::tell(const Result<void>& observed) {
  const std::string_view stream = choice_.stream->name;
  const std::string fault = observed ? "" : observed.error().message;
  services_.status.update(stream, [&](StreamStatus& s) {
    s.health = observed ? Health::healthy : Health::degraded;
    s.message = fault;
    s.error_code = observed ? "" : anthropic_metrics::name(observed.error().code);
    if (observed && services_.server_clock.known()) s.last_success = services_.server_clock.now();
  });
  if (!fault.empty() && fault != last_fault_) services_.log(LogLevel::warn, stream, fault);
  last_fault_ = fault;
}

/// False while nothing can be emitted: organization or time are not known, or the host is behind,
/// and documents about that would only add to the pile. Counters go on.
Result<bool> Observer::ready() {
  if (!services_.server_clock.known() || services_.delivery.full()) return false;
  if (emitter_) return true;
  std::string organization = services_.organization_id;
  if (organization.empty()) {
    auto bound = services_.ledger.organization();
    if (!bound) return bound.error();
    organization = *bound;
  }
  if (organization.empty()) return false;
  ledger::Lane lane;
  lane.stream = choice_.stream->name;
  emitter_ = std::make_unique<Emitter>(
      *choice_.stream, choice_.settings, choice_.stream->observed_layout(), organization, lane,
      services_.ledger, services_.delivery, services_.settings.batch_documents,
      services_.settings.batch_bytes, &services_.directory.names());
  return true;
}

Result<void> Observer::observe(Which which) {
  const auto can = ready();
  if (!can) return can.error();
  if (!*can) return success();
  const std::uint64_t changes = services_.status.changes();
  const Instant at = services_.server_clock.now();
  bool all_told = true;
  std::map<std::string, StreamStatus> now;
  std::vector<streams::Observation> observations;
  for (const StreamChoice& other : services_.settings.streams) {
    if (other.stream->observing()) continue;
    const std::string stream(other.stream->name);
    StreamStatus status = services_.status.stream(stream);
    if (which == Which::changed && status.state() == before_[stream].state()) continue;
    if (const auto told = told_at_.find(stream); told != told_at_.end() && told->second == at) {
      all_told = false;
      continue;
    }
    observations.push_back(difference(stream, before_[stream], status, at));
    observations.back().outbox_documents =
        static_cast<std::int64_t>(services_.delivery.pending_documents());
    observations.back().outbox_bytes =
        static_cast<std::int64_t>(services_.delivery.pending_bytes());
    now[stream] = std::move(status);
  }
  if (!observations.empty()) {
    Emitter::SnapshotIds ids;
    auto made = emitter_->emit_snapshot(choice_.stream->observe(observations), at, ids);
    if (!made) return made.error();
    for (auto& [stream, status] : now) {
      before_[stream] = std::move(status);
      told_at_[stream] = at;
    }
    const std::int64_t documents = made->documents;
    services_.status.update(choice_.stream->name,
                            [&](StreamStatus& s) { s.documents += documents; });
  }
  if (all_told) seen_changes_ = changes;
  return success();
}

}  // namespace anthropic_metrics
