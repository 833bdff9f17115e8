// SPDX-License-Identifier: Apache-2.0
// By which grain a moment is compared, where a store has documents of several: usually the
// configured one; another where it alone is there, as before somebody changed how a stream is
// split. What is there beside it counts the same usage twice. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "proof/row_document.hpp"

namespace anthropic_metrics::host {

// Times without gaps between them, from each start until before the end; seconds since 1970 UTC.
class Times {
 public:
  struct Part {
    std::int64_t from = 0;
    std::int64_t to = 0;
  };

  void add(std::int64_t from, std::int64_t to);
  bool meets(std::int64_t from, std::int64_t to) const;  // one moment of them at least
  const std::map<std::int64_t, std::int64_t>& parts() const { return parts_; }
  bool empty() const { return parts_.empty(); }

 private:
  std::map<std::int64_t, std::int64_t> parts_;  // by start
};

class Grains {
 public:
  explicit Grains(Grain configured) : configured_(std::move(configured)) {}

  // A document of the store, in any order; then decide() once.
  void saw(const Grain& grain, std::int64_t start, std::int64_t end);
  void decide();

  // Grains other than the configured one that something is compared by, and when.
  const std::map<Grain, Times>& others() const { return others_; }
  // Whether a bucket that the store has in this grain is compared by it; otherwise it overlaps.
  bool counts(const Grain& grain, std::int64_t start, std::int64_t end) const;
  // Whether another grain than the configured one is compared then.
  bool by_another(std::int64_t start, std::int64_t end) const;

 private:
  const Grain configured_;
  Times of_configured_;
  std::map<Grain, std::map<std::int64_t, std::int64_t>> seen_;  // buckets of others, by start
  std::map<Grain, Times> others_;
};

}  // namespace anthropic_metrics::host
