// SPDX-License-Identifier: Apache-2.0
// The ledger is told what the store holds: from then on that is what was emitted.
#include "ledger/ledger.hpp"
#include "ledger/seconds.hpp"

namespace anthropic_metrics::ledger {

Result<void> Ledger::erase_buckets(std::int64_t lane, Instant from, Instant to) {
  constexpr const char* statements[] = {
      "DELETE FROM bucket WHERE lane=?1 AND start>=?2 AND start<?3",
      "DELETE FROM bucket_part WHERE lane=?1 AND start>=?2 AND start<?3"};
  for (std::size_t table = 0; table < erase_window_.size(); ++table) {
    auto erase = database_.cached(erase_window_[table], statements[table]);
    if (!erase) return erase.error();
    (*erase)->bind(1, lane).bind(2, seconds(from)).bind(3, seconds(to));
    if (auto done = database_.run(**erase); !done) return done;
  }
  return success();
}

Result<void> Ledger::tell(const Told& told, std::vector<Batch>& batches) {
  const std::lock_guard lock(mutex_);
  for (Instant day = std::chrono::floor<std::chrono::days>(told.from); day < told.to;
       day += std::chrono::days(1))
    ++changes_[{told.lane, day}];
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
