// SPDX-License-Identifier: Apache-2.0
// A model of the analytics cost report, written without the plugin: sparse rows that change for 30
// days, equal keys, pages cut anywhere, tokens that expire, and a word up to when numbers are
// complete that moves, stays, goes back and is null. Seeded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rows_world.hpp"

namespace anthropic_metrics::test {

class RowsApi {
 public:
  /// width: of a bucket. start: of the history.
  RowsApi(Random& random, std::chrono::seconds width, Instant start)
      : random_(random), width_(width), start_(start), refreshed_(start) {}

  /// Time passes: closed buckets get rows, those of the last 30 days change, the word moves. calm:
  /// nothing changes any more, and all that is closed is complete.
  void advance(Instant now, bool calm);
  /// The answer to a request for the report.
  Answer answer(const std::string& target);

  /// What the store must say of every bucket in [from, to).
  RowStore::Rows truth(Instant from, Instant to) const;
  /// The furthest that anything was ever called complete.
  Instant furthest() const { return furthest_; }

 private:
  struct Entry {
    std::string actor, product;                       ///< Empty: null.
    std::int64_t amount = 0, list = 0, requests = 0;  ///< Amounts in thousandths of a cent.
  };
  /// A question whose pages are not all asked for.
  struct Session {
    std::vector<std::pair<Instant, Entry>> rows;
    std::size_t next = 0;
    std::optional<Instant> refreshed;
    int version = 0;
  };

  Entry some_entry();
  void change(std::vector<Entry>& bucket);
  std::string json(Instant start, const Entry& entry) const;
  Answer page(Session session);
  std::optional<Instant> word();

  Random& random_;
  std::chrono::seconds width_;
  Instant start_, refreshed_, now_{}, furthest_{};
  bool calm_ = false;
  int version_ = 0;
  std::map<Instant, std::vector<Entry>> buckets_;
  std::map<std::string, Session> sessions_;
};

}  // namespace anthropic_metrics::test
