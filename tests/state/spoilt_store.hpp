// SPDX-License-Identifier: Apache-2.0
// A store that somebody spoils: documents vanish, come twice, or are another collector's. It says
// what it holds as whoever repairs it would say it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model_store.hpp"
#include "simulated_transport.hpp"

namespace anthropic_metrics::test {

class SpoiltStore {
 public:
  /// Creates each line's document; an id that is there is refused.
  void put(std::string_view ndjson);

  /// Of all documents, so many in a hundred: gone, or there twice.
  void remove_some(Random& random, int percent);
  void double_some(Random& random, int percent);
  /// Adds a document as the stock integration writes it: without id, organization, grain and
  /// revision, with the sum of cache writes and without its parts.
  void add_foreign(Instant bucket, const std::string& model, std::int64_t tokens,
                   std::int64_t cache_writes);
  std::size_t size() const { return documents_.size(); }
  /// Documents in the order of their coming.
  const std::vector<std::string>& all() const { return documents_; }

  /// Sums of usage by grain, as ModelStore has them.
  Sums sums(const Grain& grain) const;
  /// Rows whose cache_creation_input_tokens is not what their parts add up to.
  std::size_t wrong_derived(const Grain& grain) const;
  /// What the store holds of the grain in [from, to): a line a row.
  std::string known(const Grain& grain, Instant from, Instant to) const;

 private:
  struct Row;
  std::map<Place, Row> rows(const Grain& grain) const;
  void add(const std::string& id, const std::string& line);

  std::vector<std::string> ids_, documents_;  ///< An id is empty where a document has none.
};

}  // namespace anthropic_metrics::test
