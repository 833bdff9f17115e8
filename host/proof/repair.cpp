// SPDX-License-Identifier: Apache-2.0
#include "proof/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "outputs/sink.hpp"
#include "proof/known.hpp"
#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

// As much as is held in memory at a time.
std::int64_t window_of(const std::string& width) {
  constexpr std::int64_t hour = 3600;
  if (width == "1m") return hour;
  return (width == "1h" ? 24 : 31 * 24) * hour;
}

class Repair {
 public:
  explicit Repair(const RepairTask& task) : task_(task) {}

  Result<void> window(const Span& span, std::int64_t from, std::int64_t to) {
    if (task_.live != nullptr && !span.withdraw && span.grain == task_.audit.grain) {
      const auto done = by_live_instance(span.grain, from, to);
      if (!done) return done.error();
      if (*done) return {};
    }
    const auto known = held(span.grain, from, to);
    if (!known) return known.error();
    if (span.withdraw && known->empty()) return {};
    auto reading = reading_in(span.grain);
    if (!reading) return reading.error();
    if (auto met = (*reading)->meet(); !met) return met;
    const std::uint32_t flags = span.withdraw ? BEAT_READ_WITHDRAW : BEAT_READ_KNOWN;
    if (auto asked = (*reading)->ask(task_.audit.stream, from, to, flags, *known); !asked) {
      leave(from, to, asked.error().lines.front());
      return {};
    }
    while (true) {
      const auto batch = (*reading)->next();
      if (!batch) return batch.error();
      if (*batch == nullptr) return {};
      if (auto shipped = ship(**batch); !shipped) return shipped;
      (*reading)->acknowledge(**batch);
    }
  }

  std::uint64_t corrections() const { return corrections_; }

  // In a sentence, what the plugin refused; nothing: all was taken.
  std::optional<std::string> left() const {
    if (left_ == 0) return std::nullopt;
    return fmt::format(
        "{}: {}, the first {}; delete the documents that no report can have had (the "
        "audit tells them as extra, or as foreign_id), or let group_by name what they are split "
        "by, and run it again",
        task_.audit.stream,
        left_ == 1 ? "1 window stays as it is" : fmt::format("{} windows stay as they are", left_),
        first_left_);
  }

 private:
  void leave(std::int64_t from, std::int64_t to, const std::string& why) {
    if (left_++ == 0)
      first_left_ = fmt::format("from {} until {}: {}", time_text(from), time_text(to), why);
  }

  // Whether it could.
  Result<bool> by_live_instance(const Grain& grain, std::int64_t from, std::int64_t to) {
    constexpr int most_attempts = 50;
    constexpr std::chrono::milliseconds pause{300};
    for (int attempt = 1;; ++attempt) {
      auto done = try_live_instance(grain, from, to);
      if (done || !done.error().passes || attempt == most_attempts) return done;
      std::this_thread::sleep_for(pause);
    }
  }

  Result<bool> try_live_instance(const Grain& grain, std::int64_t from, std::int64_t to) {
    LiveInstance& live = *task_.live;
    if (auto still = live.hold(); !still) return still.error();
    if (auto shown = task_.audit.holdings->prepare(); !shown) {
      live.go_on();
      return shown.error();
    }
    const auto known = held(grain, from, to);
    if (!known) {
      live.go_on();
      return known.error();
    }
    const auto done = live.read_again(task_.audit.stream, from, to, *known);
    if (!done) return done.error();
    corrections_ += done->value_or(0);
    return done->has_value();
  }

  Result<void> ship(const beat_batch& batch) {
    corrections_ += batch.doc_count;
    if (!task_.ship) return {};
    const auto refused = task_.ship(batch);
    if (!refused) return refused.error();
    if (refused->empty()) return {};
    return Failure{ExitCode::sink_failed,
                   {task_.audit.stream + ": the store refuses corrections for good; the output's "
                                         "dead letters say why"}};
  }

  // All that is held of the window in one grain.
  Result<std::string> held(const Grain& grain, std::int64_t from, std::int64_t to) const {
    const auto source = task_.audit.holdings->documents(from, to, task_.organization);
    if (!source) return source.error();
    std::map<std::int64_t, Bucket> buckets;
    while (true) {
      const auto next = (*source)->next();
      if (!next) return next.error();
      if (*next == nullptr) break;
      if ((*next)->kind == RowDocument::Kind::row && (*next)->grain == grain)
        buckets[(*next)->start].add(**next);
    }
    std::string known;
    for (const auto& [start, bucket] : buckets)
      append_known(known, task_.audit.fields, task_.organization, grain, bucket);
    return known;
  }

  Result<Reading*> reading_in(const Grain& grain) {
    auto& reading = readings_[grain];
    if (!reading) {
      auto made = task_.audit.reading(grain);
      if (!made) return made.error();
      reading = std::move(*made);
    }
    return reading.get();
  }

  const RepairTask& task_;
  std::map<Grain, std::unique_ptr<Reading>> readings_;
  std::uint64_t corrections_ = 0;
  std::uint64_t left_ = 0;
  std::string first_left_;
};

Result<void> all_windows(Repair& repair, const std::vector<Span>& spans) {
  for (const Span& span : spans) {
    const std::int64_t size = window_of(span.grain.width);
    for (std::int64_t from = span.from; from < span.to;) {
      // Windows begin where others would, so that neighbours are asked for together.
      const std::int64_t to = std::min(span.to, from - from % size + size);
      if (auto done = repair.window(span, from, to); !done) return done.error();
      from = to;
    }
  }
  return {};
}

}  // namespace

Repaired repair(const RepairTask& task, const std::vector<Span>& spans) {
  Repair repair(task);
  const auto done = all_windows(repair, spans);
  Repaired repaired{repair.corrections(), done ? std::vector<std::string>() : done.error().lines};
  if (auto left = repair.left()) repaired.problems.push_back(std::move(*left));
  return repaired;
}

}  // namespace anthropic_metrics::host
