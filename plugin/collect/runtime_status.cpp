// SPDX-License-Identifier: Apache-2.0
// What an instance says of itself.
#include <fmt/format.h>

#include "base/time_text.hpp"
#include "collect/runtime.hpp"

namespace anthropic_metrics {

void Runtime::compare_with_wall(Instant server) {
  constexpr auto far = std::chrono::hours(24);
  const Instant wall = host_->wall();
  const bool differs = server - wall > far || wall - server > far;
  if (differs == wall_differs_) return;
  wall_differs_ = differs;
  const std::string text =
      differs ? fmt::format(
                    "the API's Date says {}, this machine's clock {}: one of them is wrong; "
                    "buckets are asked for by the API's; set the clock, or look who "
                    "answers at the url",
                    format_rfc3339(server), format_rfc3339(wall))
              : std::string("the API's Date and this machine's clock agree again");
  status_.set(Status::Concern::time, differs ? Health::degraded : Health::healthy,
              differs ? text : "");
  host_->log(differs ? LogLevel::warn : LogLevel::info, "time", text);
}

std::string Runtime::status_json() const {
  Status::Facts facts;
  facts.instance_id = instance_id_;
  facts.stopping = stopping_;
  facts.durable = ledger_->durable();
  facts.state_path = settings_.state_path;
  facts.state_seen = ledger_->seen();
  facts.verified = !transport_->unverified();
  {
    const std::lock_guard lock(server_time_mutex_);
    facts.server_time = server_time_;
  }
  facts.ready = delivery_->ready();
  facts.in_flight = delivery_->in_flight();
  facts.pending_documents = delivery_->pending_documents();
  facts.pending_bytes = delivery_->pending_bytes();
  const auto counters = delivery_->counters();
  facts.delivered = counters.documents;
  facts.dropped = counters.dropped;
  facts.rejected = counters.rejected;
  facts.handed_out_batches = counters.batches;
  facts.retried_batches = counters.retried;
  // Of a large state the first sums take several askings, and no poll waits for them.
  constexpr Milliseconds for_totals{50};
  if (facts.server_time) {
    facts.totals = totals_->as_of(*facts.server_time, for_totals);
    facts.daily = totals_->daily(*facts.server_time);
  }
  return status_.json(facts);
}

}  // namespace anthropic_metrics
