// SPDX-License-Identifier: Apache-2.0
#include "usage_data.hpp"

#include <algorithm>
#include <map>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

/// Thousandths of the peak, by UTC hour; days of the week from Sunday.
constexpr std::array<std::int64_t, 24> day_cycle{210, 180, 160, 150, 160, 190, 260,  420,
                                                 620, 760, 850, 880, 900, 960, 1000, 1000,
                                                 960, 880, 760, 640, 520, 410, 320,  250};
constexpr std::array<std::int64_t, 7> week_cycle{280, 1000, 1050, 1040, 1000, 930, 350};

constexpr std::size_t remembered_hours = 2'000'000;

std::int64_t cycle_at(Instant hour, bool nightly) {
  const auto day = floor<days>(hour);
  const auto of_day = static_cast<std::size_t>(duration_cast<hours>(hour - day).count());
  const std::int64_t daily = nightly ? 1150 - day_cycle[of_day] : day_cycle[of_day];
  return daily * week_cycle[weekday{day}.c_encoding()] / 1000;
}

std::uint64_t number(Instant time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// Of one minute: an active one has a request at least.
std::int64_t requests_of(const Counters& counters) {
  return empty(counters) ? 0 : 1 + counters[output] / 350;
}

seconds longest_change(const Options& options) {
  seconds longest{0};
  if (options.late_rate > 0) longest = std::max(longest, options.late_within + minutes{1});
  if (options.restate_rate > 0 || options.vanish_rate > 0) {
    longest = std::max(longest, options.restate_within + hours{1});
  }
  return longest;
}

/// Between one hour and one hour more than `within` after `hour` ended.
Instant change_time(Instant hour, std::uint64_t random, seconds within) {
  const auto span = std::max<std::int64_t>(within.count(), 1);
  return hour + hours{2} +
         seconds{static_cast<std::int64_t>(pick(random, static_cast<std::uint64_t>(span)))};
}

}  // namespace

seconds length(Width width) {
  switch (width) {
    case Width::minute:
      return minutes{1};
    case Width::hour:
      return hours{1};
    case Width::day:
      break;
  }
  return days{1};
}

/// What happens to the usage of one leaf in one hour after the fact.
struct UsageData::Fate {
  std::int64_t cycle = 0;      ///< thousandths of the peak
  std::int64_t percent = 100;  ///< of the first value, from `restated_at` on
  Instant restated_at = Instant::max();
  bool moves =
      false;  ///< from the provisional to the real dimensions at `vanished_at`, else to nowhere
  Instant vanished_at = Instant::max();
};

UsageData::UsageData(const Options& options, const Organization& organization)
    : options_(options), organization_(organization), settled_after_(longest_change(options)) {}

bool UsageData::quiet(Instant hour) const {
  if (hour < options_.history_start) return true;
  if (options_.activity >= 1) return false;
  const auto day = floor<days>(hour);
  return hash(options_.seed, Purpose::quiet, number(hour)) % 50 == 0 ||
         hash(options_.seed, Purpose::quiet, number(day), 1) % 45 == 0;
}

UsageData::Fate UsageData::fate(const Leaf& leaf, Instant hour) const {
  Fate fate;
  if (!quiet(hour)) fate.cycle = cycle_at(hour, leaf.nightly);
  const std::uint64_t random = hash(leaf.key, Purpose::hour, number(hour));
  if (mix(random + 1) < threshold(options_.restate_rate)) {
    static constexpr std::array<std::int64_t, 6> percents{80, 93, 98, 103, 110, 120};
    fate.percent = percents.at(pick(mix(random + 2), percents.size()));
    fate.restated_at = change_time(hour, mix(random + 3), options_.restate_within);
  }
  if (mix(random + 4) < threshold(options_.vanish_rate)) {
    fate.moves = pick(mix(random + 5), 4) != 0 && leaf.dimensions != leaf.provisional;
    fate.vanished_at = change_time(hour, mix(random + 6), options_.restate_within);
  }
  return fate;
}

Counters UsageData::minute_usage(const Leaf& leaf, const Fate& fate, Instant minute,
                                 Instant as_of) const {
  Counters counters{};
  const Instant end = minute + minutes{1};
  if (end > as_of || fate.cycle == 0) return counters;
  const std::uint64_t random = mix(leaf.key ^ mix(number(minute)));
  if (static_cast<double>(random & 0x3ff) >= options_.activity * 1024) return counters;
  // Tokens: the peak rate, scaled by the hour and by 0.5 to 1.5 at random.
  for (std::size_t i = 0; i < leaf.tokens_per_minute.size(); ++i) {
    const auto noise = static_cast<std::int64_t>(128 + ((random >> (10 + 8 * i)) & 0xff));
    counters[i] = leaf.tokens_per_minute[i] * fate.cycle * noise / 256'000;
  }
  counters[output] += 1;  // an active minute is never an empty row
  const std::uint64_t draw = random >> 50;
  if (draw < leaf.web_search_rate) counters[web_searches] = 1 + static_cast<std::int64_t>(draw % 3);
  // Restatement changes the amounts, a late part hides some of them for a while.
  if (as_of >= fate.restated_at) {
    for (auto& counter : counters) counter = counter * fate.percent / 100;
  }
  if (options_.late_rate > 0 && as_of < end + options_.late_within + minutes{1}) {
    const std::uint64_t late = mix(random ^ static_cast<std::uint64_t>(Purpose::late));
    if (late < threshold(options_.late_rate)) {
      const std::uint64_t share = mix(late);
      const auto u = static_cast<std::int64_t>(share & 0xffff);
      const seconds delay = minutes{1} + options_.late_within * (u * u / 65536) / 65536;
      const auto quarters = static_cast<std::int64_t>(1 + ((share >> 16) & 3));
      if (as_of < end + delay) {
        for (auto& counter : counters) counter -= counter * quarters / 4;
      }
    }
  }
  return counters;
}

void UsageData::add_hour(std::size_t leaf_number, Instant hour, Instant start, Instant end,
                         Instant as_of, LeafUsage& usage) const {
  const Leaf& leaf = organization_.leaves[leaf_number];
  const bool whole = start == hour && end == hour + hours{1};
  const bool settled = whole && as_of >= end + settled_after_;
  const std::uint64_t key = (static_cast<std::uint64_t>(leaf_number) << 40) | (number(hour) / 3600);
  if (settled) {
    if (const auto found = settled_hours_.find(key); found != settled_hours_.end()) {
      add(usage.settled, found->second.counters);
      usage.settled_requests += found->second.requests;
      return;
    }
  }
  const Fate what = fate(leaf, hour);
  const bool vanished = as_of >= what.vanished_at;
  Hour sum;
  if (!vanished || what.moves) {
    for (Instant minute = start; minute < end; minute += minutes{1}) {
      const Counters counters = minute_usage(leaf, what, minute, as_of);
      add(sum.counters, counters);
      sum.requests += requests_of(counters);
    }
  }
  if (settled) {
    if (settled_hours_.size() >= remembered_hours) settled_hours_.clear();
    settled_hours_.emplace(key, sum);
  }
  const bool provisional = what.moves && !vanished;
  add(provisional ? usage.provisional : usage.settled, sum.counters);
  (provisional ? usage.provisional_requests : usage.settled_requests) += sum.requests;
}

LeafUsage UsageData::leaf_usage(std::size_t leaf, Instant start, Instant end, Instant as_of) const {
  LeafUsage usage;
  for (Instant from = start; from < end;) {
    const Instant hour = floor<hours>(from);
    const Instant to = std::min<Instant>(end, hour + hours{1});
    if (from >= as_of) break;
    add_hour(leaf, hour, from, to, as_of, usage);
    from = to;
  }
  return usage;
}

void UsageData::visit(const UsageQuery& query, Instant as_of, const Visitor& visitor) const {
  // Which row each leaf adds to, under its own and its provisional dimensions; -1 when filtered
  // out.
  constexpr std::size_t none = SIZE_MAX;
  auto passes = [&](const Tuple& tuple) {
    for (std::size_t d = 0; d < dimension_count; ++d) {
      const auto& allowed = query.filters[d];
      if (allowed.empty()) continue;
      if (tuple[d] == 0) return false;
      if (std::find(allowed.begin(), allowed.end(), organization_.values[d][tuple[d]]) ==
          allowed.end())
        return false;
    }
    return true;
  };
  auto grouped = [&](Tuple tuple) {
    for (std::size_t d = 0; d < dimension_count; ++d) {
      if (!query.group_by[d]) tuple[d] = 0;
    }
    return tuple;
  };
  std::map<Tuple, std::size_t> numbers;
  for (const Leaf& leaf : organization_.leaves) {
    for (const Tuple& tuple : {leaf.dimensions, leaf.provisional}) {
      if (passes(tuple)) numbers.emplace(grouped(tuple), 0);
    }
  }
  std::vector<Tuple> rows;
  for (auto& [tuple, row] : numbers) {
    row = rows.size();
    rows.push_back(tuple);
  }
  auto row_of = [&](const Tuple& tuple) {
    return passes(tuple) ? numbers.at(grouped(tuple)) : none;
  };
  std::vector<std::pair<std::size_t, std::size_t>> row_of_leaf;
  for (const Leaf& leaf : organization_.leaves)
    row_of_leaf.emplace_back(row_of(leaf.dimensions), row_of(leaf.provisional));
  visitor.rows(rows);

  std::vector<Counters> sums(rows.size());
  for (Instant start = query.start; start < query.end; start += length(query.width)) {
    std::fill(sums.begin(), sums.end(), Counters{});
    for (std::size_t leaf = 0; leaf < row_of_leaf.size(); ++leaf) {
      const auto [row, provisional_row] = row_of_leaf[leaf];
      if (row == none && provisional_row == none) continue;
      const LeafUsage usage = leaf_usage(leaf, start, start + length(query.width), as_of);
      if (row != none) add(sums[row], usage.settled);
      if (provisional_row != none) add(sums[provisional_row], usage.provisional);
    }
    visitor.bucket(start, sums);
  }
}

}  // namespace anthropic_metrics::simulator
