// SPDX-License-Identifier: Apache-2.0
// What the ledger does while there is nothing else to do.
#include <fmt/format.h>

#include "base/time_text.hpp"
#include "ledger/bucket_id.hpp"
#include "ledger/ledger.hpp"
#include "ledger/schema.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// Looked through in one moment of rest: a few milliseconds.
constexpr std::int64_t most_buckets = 512;

}  // namespace

void Ledger::rest() {
  const std::lock_guard lock(mutex_);
  if (unseen_from_ && !damage_)
    // What could not be read for another reason is met again by whoever needs it.
    if (auto sound = look_further(); !sound && !database_.sound()) damage_ = sound.error();
  database_.rest();
}

Result<void> Ledger::look_further() {
  // In the order of the table, so a row whose key is damaged is met as well.
  auto buckets = database_.prepare(
      "SELECT id, seal=am_seal(id, record), (SELECT count(*) FROM bucket_part AS part "
      "WHERE part.lane=bucket.lane AND part.start=bucket.start AND "
      "part.seal<>am_seal(part.lane, part.start, part.part, part.record)) "
      "FROM bucket WHERE id>?1 ORDER BY id LIMIT ?2");
  if (!buckets) return buckets.error();
  buckets->bind(1, *unseen_from_).bind(2, most_buckets);
  std::int64_t seen = 0;
  for (;; ++seen) {
    auto row = database_.step(*buckets);
    if (!row) return row.error();
    if (!*row) break;
    const std::int64_t id = buckets->integer(0);
    if (buckets->integer(1) == 0 || buckets->integer(2) != 0 || id <= *unseen_from_)
      return damaged(database_, fmt::format("bucket {}", format_rfc3339(bucket_start(id))));
    unseen_from_ = id;
  }
  if (seen < most_buckets) unseen_from_.reset();
  return success();
}

}  // namespace anthropic_metrics::ledger
