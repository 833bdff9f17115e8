// SPDX-License-Identifier: Apache-2.0
// Documents into Elasticsearch or OpenSearch through _bulk, each exactly once: what the store has
// is not sent again, what it refuses for good becomes a dead letter, everything else goes again.
//
// A batch counts as written when the store has said so of each of its documents, or they lie in the
// file of dead letters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log.hpp"
#include "outputs/bulk_settings.hpp"
#include "outputs/dead_letters.hpp"
#include "outputs/shipment.hpp"
#include "outputs/sink.hpp"
#include "outputs/stored.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

class BulkSink final : public Sink {
 public:
  // output: its name, for messages. Nobody is asked before the first document.
  BulkSink(std::string output, StoreSettings store, BulkSettings settings, Log& log);

  Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                        const Writing& writing = {}) override;
  SinkReport report() const override;

 private:
  // A client for one caller at a time.
  Result<std::unique_ptr<StoreClient>> take_client();
  void give_back(std::unique_ptr<StoreClient> client);
  // Asks for the version, until it was told once.
  Result<void> expect_version(StoreClient& client, const std::stop_token& stop);
  Result<Written> ship(Shipment& shipment, StoreClient& client, const std::stop_token& stop);
  // Where the documents of this batch stand: as they were left when it was not all written the last
  // time, in doubt if another process may have sent it.
  std::vector<Standing> former(const std::string& name, const beat_batch& batch,
                               const std::vector<StreamTarget>& targets);
  void keep(const std::string& batch, std::vector<Standing> standings);

  const std::string output_;
  const StoreSettings store_;
  const BulkSettings settings_;
  Log& log_;
  DataStreams streams_;
  DeadLetters dead_letters_;
  std::atomic<std::uint64_t> most_bytes_;
  std::atomic<bool> version_fits_ = false;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<StoreClient>> idle_;          // guarded by mutex_
  std::map<std::string, std::vector<Standing>> standings_;  // likewise
  // Batches that came first, by whoever sends them. Likewise.
  std::map<const void*, std::uint32_t> doubted_;
  SinkReport report_;  // likewise
};

}  // namespace anthropic_metrics::host
