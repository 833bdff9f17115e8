// SPDX-License-Identifier: Apache-2.0
// Batches on disk until they are acknowledged, byte for byte as they are handed out. Part of the
// ledger's database and of its transactions; the ledger's lock is held by whoever calls.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "ledger/batch.hpp"
#include "ledger/database.hpp"

namespace anthropic_metrics::ledger {

struct OutboxEntry {
  std::uint64_t id = 0;
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
  bool handed_over = false;  ///< To a host that cannot acknowledge; kept for a restart.
};

class Outbox {
 public:
  /// database is borrowed.
  explicit Outbox(Database& database) : database_(database) {}

  /// Within a transaction of the caller. Gives the batches their ids.
  Result<void> insert(std::vector<Batch>& batches);
  /// Within a transaction of the caller.
  Result<void> erase(std::uint64_t batch);

  // What the ledger's functions of the same names promise.
  Result<std::vector<OutboxEntry>> list();
  Result<Batch> load(std::uint64_t batch);
  Result<void> replace(std::uint64_t batch, std::vector<Batch>& parts);
  Result<void> remove(std::uint64_t batch);
  Result<void> keep_handed_over(std::uint64_t batch, Instant at, Instant horizon);

 private:
  Database& database_;
  Statement insert_, read_, delete_;
};

}  // namespace anthropic_metrics::ledger
