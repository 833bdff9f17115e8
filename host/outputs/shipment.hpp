// SPDX-License-Identifier: Apache-2.0
// One batch on its way into a store: which of its documents are there, which are refused for good,
// and which must go again. It may take several attempts; what was reached stays.
#pragma once

#include <beat_plugin.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "outputs/bulk_answer.hpp"
#include "outputs/bulk_settings.hpp"
#include "outputs/dead_letters.hpp"
#include "outputs/sink.hpp"
#include "outputs/stored.hpp"

namespace anthropic_metrics::host {

// Where one document of a batch stands.
struct Standing {
  bool open = true;                   // neither there nor refused for good
  bool uncertain = false;             // it was sent, and nobody knows what became of it
  bool looked_for = false;            // in former indices, and it was not there
  std::uint8_t broken = 0;            // refusals with 500 while others were taken
  std::optional<BulkItem> refusal{};  // for good
};

// What all shipments of an output share. References outlive them.
struct ShipmentParts {
  const std::string& output;
  const BulkSettings& settings;
  DataStreams& streams;
  std::atomic<std::uint64_t>& most_bytes;  // of a request; a 413 lowers it
  std::function<void(const std::function<void(SinkReport&)>&)> count;
};

class Shipment {
 public:
  // The batch stays as it is until this ends. former: of an earlier shipment of the same batch.
  Shipment(ShipmentParts parts, const beat_batch& batch, const std::vector<StreamTarget>& targets,
           std::vector<Standing> former);

  // Sends all that is open, once. A failure if something stays open.
  Result<void> attempt(StoreClient& client, const std::stop_token& stop);

  // How long the store asked to be left alone when it refused the last attempt; 0: it did not.
  std::chrono::seconds asked_to_wait() const { return asked_to_wait_; }

  std::vector<DeadLetter> dead_letters() const;
  std::vector<std::uint32_t> rejected() const;  // by index, ascending
  std::vector<Standing> take_standings() { return std::move(standings_); }

 private:
  using Indexes = std::vector<std::uint32_t>;

  const std::string& stream_of(std::uint32_t index) const;
  Indexes open() const;
  Result<void> look_up(StoreClient& client, const std::stop_token& stop);
  // Compares with what the store has under the ids; what it has not is open again.
  Result<void> compare(StoreClient& client, const std::string& stream, const Indexes& indexes,
                       bool anew, const std::stop_token& stop);
  // How many octets they add to a request before it is packed.
  std::size_t octets_of(std::uint32_t index) const;
  std::size_t octets_of(const Indexes& portion) const;
  std::vector<Indexes> portions() const;
  Result<StoreRequest> request_of(const Indexes& portion) const;
  // What the answer means for these documents; a failure if some stay open.
  Result<void> take(const StoreResult<StoreAnswer>& answer, const StoreClient& client,
                    const Indexes& portion);
  Result<void> take_refusal(const StoreAnswer& answer, const StoreClient& client,
                            const Indexes& portion);
  Result<void> take_items(const std::vector<BulkItem>& items, const StoreClient& client,
                          const Indexes& portion);
  void settle(std::uint32_t index) { standings_[index].open = false; }
  void refuse(std::uint32_t index, BulkItem why);
  void doubt(const Indexes& portion);

  const ShipmentParts parts_;
  const beat_batch& batch_;
  std::vector<std::string> streams_;  // by beat_doc.stream
  std::vector<Standing> standings_;
  Indexes exist_;  // of the requests under way: the store has the id
  std::chrono::seconds asked_to_wait_{0};
  bool halved_ = false;  // a request was too large; smaller ones may go at once
};

}  // namespace anthropic_metrics::host
