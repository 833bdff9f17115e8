// SPDX-License-Identifier: Apache-2.0
// Batches between the outbox and the host: ready to be handed out, handed out, acknowledged. The
// bytes are in the ledger's outbox before a batch appears here; memory holds only what was not yet
// acknowledged in this run.
//
// Thread-safe: acks come from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ledger/batch.hpp"
#include "ledger/ledger.hpp"

namespace anthropic_metrics {

enum class AckOutcome { durable, retry, drop };

class Delivery {
 public:
  struct Limits {
    std::size_t most_documents = 0;  ///< Of the host, for one batch; 0: none.
    std::size_t most_bytes = 0;
    std::optional<Instant> now{};  ///< Server time; with handover, the age of batches counts on it.
  };
  struct Counters {
    std::uint64_t batches = 0;    ///< Handed out, retries included.
    std::uint64_t documents = 0;  ///< Acknowledged as durable.
    std::uint64_t retried = 0;    ///< Batches.
    std::uint64_t dropped = 0;    ///< Documents the host gave up on.
    std::uint64_t rejected = 0;   ///< Documents the store refused for good.
  };

  /// on_room: called, from any thread, whenever a batch was handed out or acknowledged.
  /// With handover, batches are kept for `re_emit` after they were handed out, and handed out again
  /// after a restart: a host that lost them gets them back under the same ids.
  Delivery(ledger::Ledger& ledger, std::size_t most_in_flight, bool acknowledge_at_handover,
           Milliseconds re_emit, std::function<void()> on_room);

  /// Queues what an earlier run did not get acknowledged.
  Result<void> recover();

  /// Queues batches that a commit stored. Their ids are set. Throws nothing: what there is no
  /// memory for is found in the outbox later.
  void add(std::vector<Batch> batches) noexcept;

  /// The next batch within the limits, or nullptr. Kept here until acknowledged or released (with
  /// handover: until the next call), and for as long as the caller shares it. Oldest first; batches
  /// to retry before others. If it fails or throws, nothing was taken from the queue.
  Result<std::shared_ptr<Batch>> hand_out(const Limits& limits);

  /// The newest batch that was handed out did not reach the host: it is handed out again.
  void take_back(std::uint64_t batch) noexcept;

  /// Documents `rejected` are counted. Fine for a batch that is acknowledged already;
  /// Errc::argument for one never handed out. If the ledger fails, the batch stays as it was.
  Result<void> acknowledge(std::uint64_t batch, AckOutcome outcome, std::uint64_t rejected);
  Result<std::size_t> documents_of(std::uint64_t batch) const;

  /// Frees the memory of a batch that was handed out; the ack is still owed.
  Result<void> release(std::uint64_t batch);

  /// Whether documents of the stream's buckets in [from, to) are not acknowledged yet.
  Result<bool> holds(std::string_view stream, Instant from, Instant to) const;

  std::size_t ready() const;
  std::size_t in_flight() const;
  /// Documents and bytes not yet acknowledged.
  std::uint64_t pending_documents() const;
  std::uint64_t pending_bytes() const;
  /// True while the host is behind.
  bool full() const;
  /// True while drivers must not produce more: the host is behind, or has not yet taken what is
  /// ready for it, so that more would only take memory.
  bool enough() const;
  Counters counters() const;

 private:
  struct Entry {
    std::uint64_t id = 0;
    std::size_t documents = 0;
    std::size_t bytes = 0;
    bool handed_out = false;       ///< At least once.
    std::shared_ptr<Batch> batch;  ///< Null: only in the outbox.
  };

  Result<void> load(Entry& entry);
  Result<void> take_from_outbox();
  void put_back(Entry entry) noexcept;
  void tell_room() noexcept;
  Result<void> fit_front(const Limits& limits);
  Result<void> hand_over(std::uint64_t batch, std::optional<Instant> now);
  static Entry entry_of(Batch batch);
  bool was_handed_out(std::uint64_t batch) const;

  mutable std::mutex mutex_;
  ledger::Ledger& ledger_;
  const std::size_t most_in_flight_;
  const bool handover_;
  const Milliseconds re_emit_;
  std::function<void()> on_room_;
  std::deque<Entry> ready_;
  std::map<std::uint64_t, Entry> in_flight_;
  Entry handed_over_;  ///< With handover: the batch the host reads now.
  bool incomplete_ =
      false;  ///< The outbox may hold batches that are not in the queue, or not those.
  std::uint64_t newest_ = 0;  ///< Highest id ever handed out.
  Counters counters_;
};

}  // namespace anthropic_metrics
