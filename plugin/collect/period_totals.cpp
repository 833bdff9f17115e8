// SPDX-License-Identifier: Apache-2.0
#include "collect/period_totals.hpp"

#include <algorithm>
#include <chrono>

#include "streams/fetcher.hpp"

namespace anthropic_metrics {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::year_month_day;

Instant day_of(Instant time) {
  return floor<days>(time);
}

Instant month_of(Instant time) {
  const year_month_day date{floor<days>(time)};
  return std::chrono::sys_days(date.year() / date.month() / 1);
}

struct Period {
  const char* name;
  Instant from, to;
};

std::array<Period, 4> periods(Instant now) {
  const Instant today = day_of(now);
  const Instant month = month_of(now);
  const Instant before = month_of(month - days(1));
  return {{{"current_day", today, today + days(1)},
           {"previous_day", today - days(1), today},
           {"current_month", month, today + days(1)},
           {"previous_month", before, month}}};
}

Monotonic steady() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

/// As far back as days are summed: the previous month, or the days of estimates.
Instant oldest_asked(Instant now) {
  return std::min(periods(now).back().from, day_of(now) - PeriodTotals::most_days);
}

/// Whether the lanes hold all that was ever emitted for buckets from there on.
bool reaches_back(const std::vector<ledger::Lane>& lanes, Instant from) {
  if (lanes.empty() || lanes.front().origin > from) return false;
  return std::all_of(lanes.begin(), lanes.end(), [&](const ledger::Lane& lane) {
    return lane.forgotten <= from || (lane.end && *lane.end <= from);
  });
}

}  // namespace

PeriodTotals::PeriodTotals(const Settings& settings, ledger::Ledger& ledger)
    : settings_(settings), ledger_(ledger) {}

Result<ledger::DocumentSum> PeriodTotals::read_day(std::int64_t lane, Instant day,
                                                   const streams::Layout& layout) {
  ledger::DocumentSum sum;
  const ledger::RowSums sums(layout);
  const auto buckets = ledger_.buckets(lane, day, day + days(1));
  if (!buckets) return buckets.error();
  for (const Instant bucket : *buckets) {
    const auto parts = ledger_.parts(lane, bucket);
    if (!parts) return parts.error();
    for (std::uint32_t part = 0; part < *parts; ++part) {
      const auto record = ledger_.record(lane, bucket, part);
      if (!record) return record.error();
      for (const ledger::RecordRow& row : record->rows)
        sums.add(sum, *record, row.row, row.row.counts.data(), record->view(row.row.amount));
    }
  }
  return sum;
}

Result<bool> PeriodTotals::bring_up(const ledger::Lane& lane, Instant from, Instant now,
                                    const streams::Layout& layout, Monotonic until) {
  // Newest first: what is asked for most is known first.
  for (Instant day = day_of(now); day >= from; day -= days(1)) {
    const ledger::DayChanges changes = ledger_.changes(lane.id, day);
    auto known = days_.find({lane.id, day});
    if (known == days_.end() || known->second.lost != changes.lost) {
      Day read{changes.lost, {}, {}};
      if (!changes.whole) {
        if (steady() > until) return false;
        auto sum = read_day(lane.id, day, layout);
        if (!sum) return sum.error();
        // Written meanwhile: neither what it was nor what it is.
        if (ledger_.changes(lane.id, day).count != changes.count) return false;
        read.base = *sum;
        read.base -= changes.added;
      }
      known = days_.insert_or_assign({lane.id, day}, read).first;
    }
    known->second.sum = known->second.base;
    known->second.sum += changes.added;
  }
  return true;
}

PeriodTotals::ByStream PeriodTotals::as_of(Instant now, Milliseconds budget) {
  ByStream totals;
  if (!ledger_.durable()) return totals;
  const std::lock_guard lock(mutex_);
  const Monotonic until = steady() + budget;
  const auto asked = periods(now);
  const Instant oldest = oldest_asked(now);
  std::erase_if(days_, [&](const auto& day) { return day.first.second < oldest; });
  for (const StreamChoice& choice : settings_.streams) {
    if (choice.stream->snapshot() || choice.stream->observing()) continue;
    const auto fetcher = choice.stream->make(choice.settings, settings_.api_version);
    const streams::Layout& layout = fetcher->layout();
    if (layout.gauges) continue;
    const auto lanes = ledger_.lanes(std::string(choice.stream->name));
    if (!lanes) continue;
    bool complete = true;
    for (const ledger::Lane& lane : *lanes) {
      const Instant from = layout.money ? oldest : asked.back().from;
      const auto known = bring_up(lane, from, now, layout, until);
      complete = complete && known && *known;
    }
    if (!complete) {
      complete_.erase(std::string(choice.stream->name));
      continue;
    }
    complete_.emplace(choice.stream->name);
    for (const Period& period : asked) {
      if (!reaches_back(*lanes, period.from)) continue;
      ledger::DocumentSum sum;
      for (const ledger::Lane& lane : *lanes)
        for (Instant day = period.from; day < period.to; day += days(1))
          sum += days_[{lane.id, day}].sum;
      PeriodTotal& total = totals[std::string(choice.stream->name)].emplace_back();
      total.period = period.name;
      total.from = period.from;
      for (std::size_t i = 0; i < layout.counts.size(); ++i)
        total.counts.emplace_back(layout.counts[i].field, sum.counts[i]);
      if (layout.money) total.cents = sum.cents;
    }
  }
  return totals;
}

PeriodTotals::Daily PeriodTotals::daily(Instant now) {
  Daily found;
  if (!ledger_.durable()) return found;
  const std::lock_guard lock(mutex_);
  for (const StreamChoice& choice : settings_.streams) {
    if (!complete_.contains(choice.stream->name)) continue;
    if (!choice.stream->make(choice.settings, settings_.api_version)->layout().money) continue;
    const auto lanes = ledger_.lanes(std::string(choice.stream->name));
    if (!lanes || lanes->empty()) continue;
    DailyMoney daily;
    daily.today = day_of(now);
    daily.from = daily.today - most_days;
    while (daily.from < daily.today && !reaches_back(*lanes, daily.from)) daily.from += days(1);
    for (Instant day = daily.from; day < daily.today; day += days(1)) {
      ledger::DocumentSum sum;
      for (const ledger::Lane& lane : *lanes)
        if (const auto known = days_.find({lane.id, day}); known != days_.end())
          sum += known->second.sum;
      if (sum.money) daily.cents.emplace_back(day, sum.cents);
    }
    found[std::string(choice.stream->name)] = std::move(daily);
  }
  return found;
}

}  // namespace anthropic_metrics
