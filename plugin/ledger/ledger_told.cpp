// SPDX-License-Identifier: Apache-2.0
// The ledger is told what the store holds: from then on that is what was emitted.
#include "ledger/bucket_id.hpp"
#include "ledger/ledger.hpp"

namespace anthropic_metrics::ledger {

Result<void> Ledger::erase_buckets(std::int64_t lane, Instant from, Instant to) {
  if (from >= to) return success();
  auto buckets = database_.cached(erase_buckets_, "DELETE FROM bucket WHERE id>=?1 AND id<?2");
  if (!buckets) return buckets.error();
  (*buckets)->bind(1, bucket_id(lane, from)).bind(2, bucket_id(lane, to));
  if (auto done = database_.run(**buckets); !done) return done;
  auto parts = database_.cached(erase_parts_,
                                "DELETE FROM bucket_part WHERE lane=?1 AND start>=?2 AND start<?3");
  if (!parts) return parts.error();
  (*parts)->bind(1, lane).bind(2, seconds(from)).bind(3, seconds(to));
  return database_.run(**parts);
}

Result<void> Ledger::tell(const Told& told, std::vector<Batch>& batches) {
  const std::lock_guard lock(mutex_);
  for (Instant day = std::chrono::floor<std::chrono::days>(told.from); day < told.to;
       day += std::chrono::days(1))
    count_change(told.lane, day, {});
  return database_.transaction([&]() -> Result<void> {
    if (auto gone = erase_buckets(told.lane, told.from, told.to); !gone) return gone;
    if (auto written = write_records(told.lane, told.records); !written) return written;
    if (!told.note.empty())
      if (auto noted = write_note(told.note, told.note_text); !noted) return noted;
    if (auto marked = database_.mark_changed(); !marked) return marked;
    return batches.empty() ? success() : outbox_.insert(batches);
  });
}

}  // namespace anthropic_metrics::ledger
