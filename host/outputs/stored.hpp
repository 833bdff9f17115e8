// SPDX-License-Identifier: Apache-2.0
// What a store has already. A data stream looks for an id in the index that it writes to and in no
// other, so whoever sends a document a second time has to look into all of them first.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

// A data stream as it stands in the store.
struct DataStream {
  std::string write_index;    // empty: there is none yet, the first document makes it
  std::size_t indices = 0;    // backing indices
  std::int64_t begun_ms = 0;  // when the write index was made, by the store's clock
  bool refreshed = false;     // its former indices show all that they hold
};

struct StoredDocument {
  std::string index;
  std::string source;  // JSON
};

// What is known of the data streams of one store. Safe to use from several threads.
class DataStreams {
 public:
  // output: its name, for messages. demand_setup: a data stream that is not of our templates is a
  // failure, as a first document would make it with mappings that sum nothing.
  DataStreams(std::string output, bool demand_setup);

  // Asks once; again after forget().
  Result<DataStream> look(StoreClient& client, const std::string& name,
                          const std::stop_token& stop);
  void forget(const std::string& name);
  // A document went into this backing index. Forgets the data stream if that is another one than is
  // known of it.
  void wrote(const std::string& name, std::string_view index);

  // The documents of these ids, whichever backing index they are in: by id, all of them. anew: what
  // was written a moment ago counts, too.
  Result<std::multimap<std::string, StoredDocument>> find(StoreClient& client,
                                                          const std::string& name,
                                                          const std::vector<std::string>& ids,
                                                          bool anew, const std::stop_token& stop);

 private:
  Result<DataStream> ask(StoreClient& client, const std::string& name, const std::stop_token& stop);
  Result<void> expect_template(StoreClient& client, const std::string& name,
                               const std::stop_token& stop);
  Result<void> refresh(StoreClient& client, const std::string& name, const std::stop_token& stop);
  Failure refused(const StoreClient& client, const std::string& name, const std::string& what,
                  const StoreAnswer& answer, std::string_view privilege) const;

  const std::string output_;
  const bool demand_setup_;
  mutable std::mutex mutex_;
  std::map<std::string, DataStream> known_;  // guarded by mutex_
};

// True if the stored document says all that the sent one does; pipelines may have added to it.
// Otherwise `differs` names the first field that does not agree.
bool same_content(std::string_view sent, std::string_view stored, std::string& differs);

// "output 'default': <text>", as a failure that passes.
Failure store_failure(std::string_view output, std::string_view text, bool lasting);
Failure store_failure(std::string_view output, const StoreSilence& silence);

}  // namespace anthropic_metrics::host
