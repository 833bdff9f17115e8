// SPDX-License-Identifier: Apache-2.0
// A store as Elasticsearch is one for us: per data stream it creates documents by id and refuses an
// id that exists. It adds up what a dashboard would, and notices what a real store hides: a refused
// document whose bytes differ from those that were kept.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "ledger/ledger.hpp"
#include "simulator/simulator.hpp"

namespace anthropic_metrics::test {

struct Sum {
  simulator::Counters counters{};
  simulator::Amount amount;
  friend bool operator==(const Sum&, const Sum&) = default;
  Sum& operator+=(const Sum& more);
};

/// Stream, width and group_by joined by commas.
using Grain = std::tuple<std::string, std::string, std::string>;
/// Bucket and the values of the dimensions, null as an empty text.
using Place = std::pair<Instant, std::vector<std::string>>;
using Sums = std::map<Place, Sum>;

class ModelStore {
 public:
  struct Answer {
    std::uint64_t created = 0;
    std::uint64_t conflicts = 0;  ///< Ids that were there already, with the same bytes.
  };
  /// Creates each line's document.
  Answer put(std::string_view ndjson);

  /// What no store may ever see: ids with two contents, revisions that say nothing or are missing.
  const std::vector<std::string>& faults() const { return faults_; }
  /// Revisions of every row must be 0 to n without a gap, and the last one's total the sum of all.
  /// Only when everything was delivered.
  void check_revisions();

  const Sums& sums(const Grain& grain) const;
  std::vector<Grain> grains() const;
  std::uint64_t documents() const { return bytes_.size(); }
  std::uint64_t corrections() const { return corrections_; }
  std::uint64_t conflicts() const { return conflicts_; }
  /// Documents of rows that could not be read.
  std::uint64_t set_aside() const { return set_aside_; }

 private:
  struct Row {
    std::set<std::int64_t> revisions;
    Sum sum;
    Sum last_total;           ///< As the highest revision seen says.
    std::string data_stream;  ///< Where all of its documents have to be.
  };
  void fault(std::string text);
  void take(std::string_view line);

  std::unordered_map<std::string, std::string> bytes_;
  std::map<Grain, Sums> sums_;
  std::map<std::pair<Grain, Place>, Row> rows_;
  std::vector<std::string> faults_;
  std::uint64_t corrections_ = 0, conflicts_ = 0, set_aside_ = 0;
};

/// What the API reports at `as_of` for a lane's buckets in [start, end).
Sums truth(const simulator::Simulator& simulator, const ledger::Lane& lane, Instant start,
           Instant end, Instant as_of);

/// Grain of a lane.
Grain grain_of(const ledger::Lane& lane);

/// The first differences, a sentence each. A row that sums to nothing equals one that is absent.
std::vector<std::string> differences(const Sums& stored, const Sums& expected);

}  // namespace anthropic_metrics::test
