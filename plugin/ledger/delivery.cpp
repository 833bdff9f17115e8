// SPDX-License-Identifier: Apache-2.0
#include "ledger/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace anthropic_metrics {
namespace {

/// One batch for the host to take, and one for the next time.
constexpr std::size_t most_ready = 2;
/// A large one is enough: the next is made while the host writes that one and asks for more. With
/// two of them, every second poll had nothing to make while something was written.
constexpr std::size_t most_ready_bytes = 512 * 1024;

}  // namespace

Delivery::Delivery(ledger::Ledger& ledger, std::size_t most_in_flight, bool acknowledge_at_handover,
                   Milliseconds re_emit, std::function<void()> on_room)
    : ledger_(ledger),
      most_in_flight_(most_in_flight),
      handover_(acknowledge_at_handover),
      re_emit_(re_emit),
      on_room_(std::move(on_room)) {}

Delivery::Entry Delivery::entry_of(Batch batch) {
  Entry entry;
  entry.id = batch.id;
  entry.documents = batch.documents.size();
  entry.bytes = batch.ndjson.size();
  entry.batch = std::make_shared<Batch>(std::move(batch));
  return entry;
}

Result<void> Delivery::recover() {
  auto stored = ledger_.outbox();
  if (!stored) return stored.error();
  const std::lock_guard lock(mutex_);
  for (const auto& entry : *stored)
    ready_.push_back({entry.id, entry.documents, entry.bytes, false, nullptr});
  return success();
}

void Delivery::add(std::vector<Batch> batches) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    for (Batch& batch : batches) ready_.push_back(entry_of(std::move(batch)));
  } catch (...) {
    incomplete_ = true;
  }
}

/// Makes the queue hold what the outbox holds, in its order.
Result<void> Delivery::take_from_outbox() {
  auto stored = ledger_.outbox();
  if (!stored) return stored.error();
  std::deque<Entry> queue;
  for (const auto& entry : *stored) {
    if (in_flight_.contains(entry.id)) continue;
    const auto known = std::find_if(ready_.begin(), ready_.end(),
                                    [&](const Entry& one) { return one.id == entry.id; });
    // Handed over in this run, and kept for the next.
    if (known == ready_.end() && entry.handed_over) continue;
    const bool before = known != ready_.end() && known->handed_out;
    queue.push_back({entry.id, entry.documents, entry.bytes, before, nullptr});
  }
  ready_ = std::move(queue);
  incomplete_ = false;
  return success();
}

void Delivery::put_back(Entry entry) noexcept {
  try {
    ready_.push_front(std::move(entry));
  } catch (...) {
    incomplete_ = true;
  }
}

void Delivery::take_back(std::uint64_t batch) noexcept {
  const std::lock_guard lock(mutex_);
  if (handover_) {
    if (handed_over_.id == batch) put_back(std::exchange(handed_over_, {}));
    return;
  }
  const auto at = in_flight_.find(batch);
  if (at == in_flight_.end()) return;
  put_back(std::move(at->second));
  in_flight_.erase(at);
}

void Delivery::tell_room() noexcept {
  try {
    if (on_room_) on_room_();
  } catch (...) {
    // The next poll looks for room by itself.
  }
}

Result<void> Delivery::load(Entry& entry) {
  if (entry.batch) return success();
  auto batch = ledger_.load(entry.id);
  if (!batch) return batch.error();
  entry.batch = std::make_shared<Batch>(std::move(*batch));
  return success();
}

/// Puts parts in the place of the first batch that waits if it is over the limits.
Result<void> Delivery::fit_front(const Limits& limits) {
  Entry& entry = ready_.front();
  const bool documents = limits.most_documents == 0 || entry.documents <= limits.most_documents;
  const bool bytes = limits.most_bytes == 0 || entry.bytes <= limits.most_bytes;
  if ((documents && bytes) || entry.documents <= 1) return success();
  if (auto loaded = load(entry); !loaded) return loaded;

  std::vector<Batch> parts = cut(*entry.batch, limits.most_documents, limits.most_bytes);
  incomplete_ = true;  // Until the queue holds the parts that the outbox holds.
  if (auto stored = ledger_.replace(entry.id, parts); !stored) return stored;
  std::vector<Entry> entries(parts.size());
  std::transform(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()),
                 entries.begin(), entry_of);
  ready_.insert(ready_.begin(), std::make_move_iterator(entries.begin()),
                std::make_move_iterator(entries.end()));
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(entries.size()));
  incomplete_ = false;
  return success();
}

Result<std::shared_ptr<Batch>> Delivery::hand_out(const Limits& limits) {
  const std::lock_guard lock(mutex_);
  handed_over_ = {};
  if (incomplete_)
    if (auto taken = take_from_outbox(); !taken) return taken.error();
  if (ready_.empty() || (!handover_ && in_flight_.size() >= most_in_flight_))
    return std::shared_ptr<Batch>();

  // It stays in the queue until nothing can fail any more.
  if (auto fits = fit_front(limits); !fits) return fits.error();
  Entry& entry = ready_.front();
  if (auto loaded = load(entry); !loaded) return loaded.error();
  if (auto told = ledger_.handing_out(entry.id); !told) return told.error();
  std::shared_ptr<Batch> batch = entry.batch;
  if (handover_) {
    if (auto over = hand_over(entry.id, limits.now); !over) return over.error();
    counters_.documents += entry.documents;
    handed_over_ = std::move(entry);
  } else {
    Entry& given = in_flight_[batch->id];
    given = std::move(entry);
    given.handed_out = true;
  }
  newest_ = std::max(newest_, batch->id);
  ++counters_.batches;
  ready_.pop_front();
  tell_room();
  return batch;
}

Result<void> Delivery::hand_over(std::uint64_t batch, std::optional<Instant> now) {
  // Without server time its age could not be told; it is kept until it can.
  if (re_emit_ > Milliseconds(0) && !now) return success();
  if (re_emit_ <= Milliseconds(0)) return ledger_.remove(batch);
  return ledger_.keep_handed_over(batch, *now,
                                  *now - std::chrono::ceil<std::chrono::seconds>(re_emit_));
}

bool Delivery::was_handed_out(std::uint64_t batch) const {
  if (batch == 0 || batch > newest_) return false;
  // Parts of an older batch have newer ids than batches that still wait.
  return std::none_of(ready_.begin(), ready_.end(),
                      [&](const Entry& entry) { return entry.id == batch && !entry.handed_out; });
}

Result<std::size_t> Delivery::documents_of(std::uint64_t batch) const {
  const std::lock_guard lock(mutex_);
  const auto at = in_flight_.find(batch);
  if (at != in_flight_.end()) return at->second.documents;
  if (was_handed_out(batch)) return std::size_t{0};
  return Error{Errc::argument, fmt::format("batch {} was never handed out", batch)};
}

Result<void> Delivery::acknowledge(std::uint64_t batch, AckOutcome outcome,
                                   std::uint64_t rejected) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = in_flight_.find(batch);
    if (at == in_flight_.end()) {
      if (was_handed_out(batch)) return success();
      return Error{Errc::argument, fmt::format("batch {} was never handed out", batch)};
    }
    Entry& entry = at->second;
    if (outcome == AckOutcome::retry) {
      ++counters_.retried;
      put_back(std::move(entry));
      in_flight_.erase(at);
      return success();
    }
    if (auto removed = ledger_.remove(batch); !removed) return removed;
    if (outcome == AckOutcome::drop) {
      counters_.dropped += entry.documents;
    } else {
      const std::uint64_t refused = std::min<std::uint64_t>(rejected, entry.documents);
      counters_.documents += entry.documents - refused;
      counters_.rejected += refused;
    }
    in_flight_.erase(at);
  }
  tell_room();
  return success();
}

Result<void> Delivery::release(std::uint64_t batch) {
  const std::lock_guard lock(mutex_);
  const auto at = in_flight_.find(batch);
  if (at != in_flight_.end()) {
    at->second.batch.reset();
    return success();
  }
  if (was_handed_out(batch)) return success();
  return Error{Errc::argument, fmt::format("batch {} was never handed out", batch)};
}

Result<bool> Delivery::holds(std::string_view stream, Instant from, Instant to) const {
  const auto holds = [&](const Entry& entry) -> Result<bool> {
    std::shared_ptr<const Batch> batch = entry.batch;
    if (!batch) {  // It is not kept in memory; whoever asks does so rarely.
      auto loaded = ledger_.load(entry.id);
      if (!loaded) return loaded.error();
      batch = std::make_shared<const Batch>(std::move(*loaded));
    }
    return batch->stream == stream &&
           std::any_of(batch->documents.begin(), batch->documents.end(), [&](const auto& document) {
             return document.timestamp >= from && document.timestamp < to;
           });
  };
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : ready_)
    if (const auto held = holds(entry); !held || *held) return held;
  for (const auto& [id, entry] : in_flight_)
    if (const auto held = holds(entry); !held || *held) return held;
  return incomplete_;
}

std::size_t Delivery::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.size() + (incomplete_ ? 1 : 0);
}

std::size_t Delivery::in_flight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_.size();
}

std::uint64_t Delivery::pending_documents() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t documents = 0;
  for (const Entry& entry : ready_) documents += entry.documents;
  for (const auto& [id, entry] : in_flight_) documents += entry.documents;
  return documents;
}

std::uint64_t Delivery::pending_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Entry& entry : ready_) bytes += entry.bytes;
  for (const auto& [id, entry] : in_flight_) bytes += entry.bytes;
  return bytes;
}

bool Delivery::enough() const {
  {
    const std::lock_guard lock(mutex_);
    if (ready_.size() >= most_ready) return true;
    if (!ready_.empty() && ready_.front().bytes >= most_ready_bytes) return true;
  }
  return full();
}

bool Delivery::full() const {
  const std::lock_guard lock(mutex_);
  return ready_.size() + in_flight_.size() >= most_in_flight_;
}

Delivery::Counters Delivery::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace anthropic_metrics
