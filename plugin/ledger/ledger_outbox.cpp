// SPDX-License-Identifier: Apache-2.0
// The ledger's side of the outbox: what waits for the host, and what it acknowledged.
#include "ledger/ledger.hpp"

namespace anthropic_metrics::ledger {

Result<std::vector<OutboxEntry>> Ledger::outbox() {
  const std::lock_guard lock(mutex_);
  return outbox_.list();
}

Result<Batch> Ledger::load(std::uint64_t batch) {
  const std::lock_guard lock(mutex_);
  return outbox_.load(batch);
}

Result<void> Ledger::replace(std::uint64_t batch, std::vector<Batch>& parts) {
  const std::lock_guard lock(mutex_);
  return outbox_.replace(batch, parts);
}

Result<void> Ledger::remove(std::uint64_t batch) {
  std::unique_lock lock(mutex_);
  if (commit_soon_) {
    Removal removal{batch};
    removals_.push_back(&removal);
    // Not "until none comes soon": the next may be on its way before this thread is awake.
    waited_.wait(lock, [&, awaited = commits_awaited_] { return commits_awaited_ != awaited; });
    std::erase(removals_, &removal);
    if (removal.done) return success();
  }
  return outbox_.remove(batch);
}

void Ledger::end_waiting(bool committed) noexcept {
  if (!commit_soon_) return;
  commit_soon_ = false;
  ++commits_awaited_;
  if (committed)
    for (Removal* removal : removals_) removal->done = true;
  waited_.notify_all();
}

Ledger::CommitSoon::CommitSoon(Ledger& ledger) : ledger_(ledger) {
  const std::lock_guard lock(ledger_.mutex_);
  ledger_.commit_soon_ = true;
}

Ledger::CommitSoon::~CommitSoon() {
  const std::lock_guard lock(ledger_.mutex_);
  ledger_.end_waiting(false);
}

Result<void> Ledger::keep_handed_over(std::uint64_t batch, Instant at, Instant horizon) {
  const std::lock_guard lock(mutex_);
  return outbox_.keep_handed_over(batch, at, horizon);
}

}  // namespace anthropic_metrics::ledger
