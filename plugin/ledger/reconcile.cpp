// SPDX-License-Identifier: Apache-2.0
#include "ledger/reconcile.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "decimal.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::Row;
using streams::Text;

/// The API's value for one row, duplicates added up.
struct Now {
  RowKey key{};
  const Row* row = nullptr;
  std::array<std::int64_t, Row::most_counts> counts{};
  Decimal amount;
  bool several = false;  ///< More than one row.
  bool seen = false;
  bool held = false;  ///< An odd row has this key: what was emitted for it stays.
  bool odd = false;   ///< Its rows do not add up to what a document can hold.
};

/// What the API says, in the order of the answer, and found by key.
class Answer {
 public:
  explicit Answer(std::size_t rows) : slots_(std::bit_ceil(2 * rows + 1)) { rows_.reserve(rows); }

  /// The row with this key; added if it is new.
  Now& at(const RowKey& key) {
    std::uint32_t& slot = slots_[slot_of(key)];
    if (slot == 0) {
      rows_.emplace_back().key = key;
      slot = static_cast<std::uint32_t>(rows_.size());
    }
    return rows_[slot - 1];
  }
  /// nullptr if there is none.
  Now* find(const RowKey& key) {
    const std::uint32_t slot = slots_[slot_of(key)];
    return slot == 0 ? nullptr : &rows_[slot - 1];
  }
  std::vector<Now>& rows() { return rows_; }

 private:
  /// Where the key is, or the free place where it belongs; half of them are free at least.
  std::size_t slot_of(const RowKey& key) const {
    std::size_t slot = 0;
    std::memcpy(&slot, key.data(), sizeof slot);  // The key is a hash already.
    for (;; ++slot) {
      slot &= slots_.size() - 1;
      if (slots_[slot] == 0 || rows_[slots_[slot] - 1].key == key) return slot;
    }
  }

  std::vector<Now> rows_;
  std::vector<std::uint32_t> slots_;  ///< 0: free; otherwise 1 + index in rows_.
};

Decimal decimal(std::string_view text) {
  return Decimal::parse(text).value_or(Decimal());
}

void add(Now& now, const Row& row, const streams::Bucket& bucket, const streams::Layout& layout) {
  for (std::size_t i = 0; i < layout.counts.size(); ++i)
    if (__builtin_add_overflow(now.counts[i], row.counts[i], &now.counts[i])) now.odd = true;
  if (layout.money) now.amount = now.amount + decimal(bucket.view(row.amount));
  // The row that can be shown if they do not add up.
  now.several = now.row != nullptr;
  if (now.row == nullptr || (row.original.state == Text::State::present &&
                             now.row->original.state != Text::State::present))
    now.row = &row;
}

/// Why rows that were added up cannot be a document; empty if they can.
std::string fault_of(const Now& now, const streams::Layout& layout) {
  for (std::size_t i = 0; i < layout.counts.size(); ++i)
    if (now.counts[i] < 0 && !now.odd)
      return "rows with equal dimensions add up to " + std::to_string(now.counts[i]) + " " +
             layout.counts[i].path + "; less than nothing cannot be counted";
  for (const streams::SumColumn& sum : layout.sums) {
    std::int64_t total = 0;
    for (const std::size_t i : sum.of)
      if (__builtin_add_overflow(total, now.counts[i], &total) && !now.odd)
        return sum.field + " is more than 64 bits hold";
  }
  if (now.odd) return "rows with equal dimensions add up to more than 64 bits hold";
  // The ledger keeps an amount as text, so it must be able to read that again.
  if (layout.money && !Decimal::parse(now.amount.text()))
    return "amounts of rows with equal dimensions add up to more than " +
           std::to_string(Decimal::most_digits) + " digits";
  return {};
}

/// Sets rows aside that do not add up.
void set_aside(Answer& answer, const streams::Bucket& bucket, const streams::Layout& layout,
               std::vector<streams::OddRow>& odd) {
  for (Now& now : answer.rows()) {
    std::int64_t all = 0;
    for (std::size_t i = 0; i < layout.counts.size(); ++i) all |= now.counts[i];
    const bool usual =
        static_cast<std::uint64_t>(all) >> 60 == 0 && !now.odd && !(layout.money && now.several);
    if (usual || now.row == nullptr) continue;
    std::string fault = fault_of(now, layout);
    now.odd = !fault.empty();
    if (!now.odd) continue;
    streams::OddRow& row = odd.emplace_back();
    row.row.texts = now.row->texts;
    row.reason = std::move(fault);
    row.original = bucket.view(now.row->original);
    row.identified = true;
  }
}

Text keep(BucketRecord& record, std::string_view value) {
  const Text place{static_cast<std::uint32_t>(record.text.size()),
                   static_cast<std::uint32_t>(value.size()), Text::State::present};
  record.text += value;
  return place;
}

/// Moves a known row to the API's value; true and the difference in `change` if that changes
/// anything.
bool move_to(BucketRecord& record, std::size_t at, const Now& now, const streams::Layout& layout,
             Change& change) {
  Row& known = record.rows[at].row;
  bool differs = false;
  for (std::size_t i = 0; i < layout.counts.size(); ++i) {
    change.counts[i] = now.counts[i] - known.counts[i];
    differs = differs || change.counts[i] != 0;
    known.counts[i] = now.counts[i];
  }
  if (layout.money) {
    const Decimal before = decimal(record.view(known.amount));
    const Decimal difference = now.amount - before;
    change.amount = difference.text();
    if (!difference.zero()) {
      differs = true;
      known.amount = keep(record, now.amount.text());
    }
  }
  change.row = at;
  return differs;
}

}  // namespace

Result<Reconciled> reconcile(BucketRecord known, const streams::Bucket& bucket,
                             const streams::Layout& layout,
                             const std::function<RowKey(const Row&)>& key_of) {
  Answer answer(bucket.rows.size() + bucket.odd.size());
  for (const Row& row : bucket.rows) add(answer.at(key_of(row)), row, bucket, layout);
  Reconciled result;
  result.odd = bucket.odd;
  set_aside(answer, bucket, layout, result.odd);
  bool any_may_be_odd = bucket.more_odd > 0;
  for (const streams::OddRow& odd : bucket.odd) {
    if (odd.identified)
      answer.at(key_of(odd.row)).held = true;
    else
      any_may_be_odd = true;
  }

  // Rows that are known: moved to the new value, to zero if they vanished.
  result.record = std::move(known);
  BucketRecord& record = result.record;
  std::erase_if(record.rows, [&](const RecordRow& row) {
    if (row.set_aside) result.odd_before.push_back(row.key);
    return row.set_aside;
  });
  const Now gone;
  const std::size_t known_rows = record.rows.size();
  std::size_t seen = 0;
  for (std::size_t i = 0; i < known_rows; ++i) {
    Now* const here = answer.find(record.rows[i].key);
    if (here != nullptr) {
      here->seen = true;
      ++seen;
    }
    if (here != nullptr ? here->held || here->odd : any_may_be_odd) continue;
    Change change;
    const Now& now = here != nullptr ? *here : gone;
    if (!move_to(record, i, now, layout, change)) continue;
    ++record.rows[i].revision;
    if (now.row != nullptr && now.row->original.state == Text::State::present)
      record.rows[i].row.original = keep(record, bucket.view(now.row->original));
    result.changes.push_back(std::move(change));
  }

  // Rows that are new. Their strings come along in one piece.
  if (seen == answer.rows().size()) return result;
  const auto moved = static_cast<std::uint32_t>(record.text.size());
  record.text += bucket.text;
  const auto taken = [&](Text place) {
    if (place.state == Text::State::present) place.offset += moved;
    return place;
  };
  const std::size_t fresh = answer.rows().size() - seen;
  record.rows.reserve(known_rows + fresh);
  result.changes.reserve(result.changes.size() + fresh);
  for (const Now& now : answer.rows()) {
    if (now.seen || now.odd || now.row == nullptr) continue;
    Change& change = result.changes.emplace_back();
    change.row = record.rows.size();
    change.counts = now.counts;
    RecordRow& entry = record.rows.emplace_back();
    entry.key = now.key;
    for (std::size_t i = 0; i < layout.texts.size(); ++i)
      entry.row.texts[i] = taken(now.row->texts[i]);
    entry.row.original = taken(now.row->original);
    entry.row.counts = now.counts;
    if (layout.money) {
      change.amount = now.amount.text();
      entry.row.amount = keep(record, change.amount);
    }
  }
  return result;
}

}  // namespace anthropic_metrics::ledger
