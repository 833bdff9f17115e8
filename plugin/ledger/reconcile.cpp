// SPDX-License-Identifier: Apache-2.0
#include "ledger/reconcile.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/decimal.hpp"
#include "ledger/place_cache.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::PackedRows;
using streams::Row;
using streams::Text;

Decimal decimal(std::string_view text) {
  return Decimal::parse(text).value_or(Decimal());
}

/// Why rows that were added up cannot be a document; empty if they can.
std::string fault_of(const PackedRows& rows, std::size_t at, const streams::Layout& layout) {
  const std::int64_t* const counts = rows.counts_of(at);
  const bool overflowed = rows.overflowed(at);
  for (std::size_t i = 0; i < layout.counts.size(); ++i)
    if (counts[i] < 0 && !overflowed)
      return "rows with equal dimensions add up to " + std::to_string(counts[i]) + " " +
             layout.counts[i].path + "; less than nothing cannot be counted";
  for (const streams::SumColumn& sum : layout.sums) {
    std::int64_t total = 0;
    for (const std::size_t i : sum.of)
      if (__builtin_add_overflow(total, counts[i], &total) && !overflowed)
        return sum.field + " is more than 64 bits hold";
  }
  if (overflowed) return "rows with equal dimensions add up to more than 64 bits hold";
  // The ledger keeps an amount as text, so it must be able to read that again.
  for (std::size_t which = 0; which < layout.amounts(); ++which)
    if (!Decimal::parse(rows.amount(at, which).text()))
      return "amounts of rows with equal dimensions add up to more than " +
             std::to_string(Decimal::most_digits) + " digits";
  return {};
}

Text keep(BucketRecord& record, std::string_view value) {
  const Text place{static_cast<std::uint32_t>(record.text.size()),
                   static_cast<std::uint32_t>(value.size()), Text::State::present};
  record.text += value;
  return place;
}

using Money = std::array<Decimal, Row::most_amounts>;

/// Moves a known row to a value; true and the difference in `change` if that changes anything.
bool move_to(BucketRecord& record, std::size_t at, const std::int64_t* counts, const Money& money,
             const streams::Layout& layout, Change& change) {
  Row& known = record.rows[at].row;
  bool differs = false;
  for (std::size_t i = 0; i < layout.counts.size(); ++i) {
    // Modulo 2^64: what a store was told to hold may be anything.
    change.counts[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(counts[i]) -
                                                 static_cast<std::uint64_t>(known.counts[i]));
    differs = differs || change.counts[i] != 0;
    known.counts[i] = counts[i];
  }
  for (std::size_t which = 0; which < layout.amounts(); ++which) {
    const Decimal difference = money[which] - decimal(record.view(known.money(which)));
    change.amounts[which] = difference.text();
    if (difference.zero()) continue;
    differs = true;
    known.money(which) = keep(record, money[which].text());
  }
  change.row = at;
  return differs;
}

}  // namespace

Reconciliation::Reconciliation(streams::Bucket bucket, const streams::Layout& layout, KeyOf key_of)
    : bucket_(std::move(bucket)),
      layout_(layout),
      key_of_(std::move(key_of)),
      flags_(bucket_.rows.size(), 0),
      slots_(std::bit_ceil(2 * bucket_.rows.size() + 1), 0) {
  keys_.reserve(bucket_.rows.size());
}

/// Where the key is, or the free place where it belongs; half of them are free at least.
std::uint32_t& Reconciliation::slot_of(const RowKey& key) {
  std::size_t at = 0;
  std::memcpy(&at, key.data(), sizeof at);  // The key is a hash already.
  for (;; ++at) {
    std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot == 0 || keys_[slot - 1] == key) return slot;
  }
}

std::size_t Reconciliation::find(const RowKey& key) {
  const std::uint32_t slot = slot_of(key);
  return slot == 0 ? nowhere : slot - 1;
}

bool Reconciliation::held(const RowKey& key) const {
  return std::binary_search(held_.begin(), held_.end(), key);
}

bool Reconciliation::add_up(std::size_t most) {
  PackedRows& rows = bucket_.rows;
  const std::size_t begin = keys_.size();
  const std::size_t end = begin + std::min(most, rows.size() - begin);
  for (std::size_t i = begin; i < end; ++i) {
    rows.read_texts(i, scratch_);
    const RowKey key = key_of_(rows, scratch_);
    std::uint32_t& slot = slot_of(key);
    keys_.push_back(key);
    if (slot == 0) {
      slot = static_cast<std::uint32_t>(i + 1);
    } else {
      rows.add_up(slot - 1, i);
      flags_[i] = taken;
    }
  }
  if (end < rows.size()) return false;
  if (begin < end || rows.empty()) set_aside();
  return true;
}

/// Rows that do not add up, behind those that could not be read.
void Reconciliation::set_aside() {
  PackedRows& rows = bucket_.rows;
  any_may_be_odd_ = bucket_.unsure || bucket_.more_odd > 0;
  for (const streams::OddRow& odd : bucket_.odd) {
    if (odd.identified)
      held_.push_back(key_of_(rows, odd.row));
    else
      any_may_be_odd_ = true;
  }
  std::sort(held_.begin(), held_.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (flags_[i] == taken) continue;
    const std::int64_t* const counts = rows.counts_of(i);
    std::int64_t all = 0;
    for (std::size_t c = 0; c < layout_.counts.size(); ++c) all |= counts[c];
    const bool usual = static_cast<std::uint64_t>(all) >> 60 == 0 && !rows.overflowed(i) &&
                       !(layout_.money && rows.several(i));
    if (usual) continue;
    std::string fault = fault_of(rows, i, layout_);
    if (fault.empty()) continue;
    flags_[i] |= unfit;
    if (bucket_.odd.size() >= streams::Bucket::most_odd_rows) {
      ++bucket_.more_odd;
      continue;
    }
    const Row row = rows[i];
    streams::OddRow& odd = bucket_.odd.emplace_back();
    odd.row.texts = row.texts;
    odd.reason = std::move(fault);
    odd.original = bucket_.view(row.original);
    odd.identified = true;
  }
}

Part Reconciliation::compare(BucketRecord known) {
  PackedRows& rows = bucket_.rows;
  Part part;
  part.record = std::move(known);
  BucketRecord& record = part.record;
  std::erase_if(record.rows, [&](const RecordRow& row) {
    if (row.set_aside) part.odd_before.push_back(row.key);
    return row.set_aside;
  });
  part.first_new = record.rows.size();
  constexpr std::array<std::int64_t, Row::most_counts> nothing{};
  for (std::size_t i = 0; i < record.rows.size(); ++i) {
    RecordRow& entry = record.rows[i];
    const std::size_t here = find(entry.key);
    if (here != nowhere) flags_[here] |= taken;
    const bool unsure = here != nowhere ? (flags_[here] & unfit) != 0 : any_may_be_odd_;
    if (unsure || held(entry.key)) continue;
    const std::int64_t* const counts = here != nowhere ? rows.counts_of(here) : nothing.data();
    // Of nearly all rows that are read again.
    if (!layout_.money &&
        std::equal(counts, counts + layout_.counts.size(), entry.row.counts.begin()))
      continue;
    Money money;
    if (here != nowhere)
      for (std::size_t which = 0; which < layout_.amounts(); ++which)
        money[which] = rows.amount(here, which);
    Change change;
    if (!move_to(record, i, counts, money, layout_, change)) continue;
    ++entry.revision;
    if (here != nowhere) {
      rows.read(here, scratch_);
      if (scratch_.original.state == Text::State::present)
        entry.row.original = keep(record, bucket_.view(scratch_.original));
      // A state is told as a whole, its texts too.
      for (std::size_t t = 0; layout_.gauges && t < layout_.texts.size(); ++t) {
        if (layout_.texts[t].identity) continue;
        const Text& text = scratch_.texts[t];
        entry.row.texts[t] =
            text.state == Text::State::present ? keep(record, bucket_.view(text)) : text;
      }
    }
    part.changes.push_back(std::move(change));
  }
  return part;
}

bool Reconciliation::has_new() {
  while (next_new_ < flags_.size() && flags_[next_new_] != 0) ++next_new_;
  return next_new_ < flags_.size();
}

void Reconciliation::add_new(Part& part, std::size_t most) {
  if (!has_new() || part.record.rows.size() >= most) return;
  const PackedRows& rows = bucket_.rows;
  BucketRecord& record = part.record;
  const std::size_t room = std::min(most - record.rows.size(), rows.size() - next_new_);
  record.rows.reserve(record.rows.size() + room);
  PlaceCache<Text> kept;  // Of the bucket's strings, each of which has one place: in the record's.
  for (; record.rows.size() < most && has_new(); ++next_new_) {
    rows.read(next_new_, scratch_);
    RecordRow& entry = record.rows.emplace_back();
    entry.key = keys_[next_new_];
    for (std::size_t i = 0; i < layout_.texts.size(); ++i) {
      const Text& from = scratch_.texts[i];
      Text& to = entry.row.texts[i];
      if (from.state != Text::State::present) {
        to = from;
      } else if (const Text* const known = kept.find(from)) {
        to = *known;
      } else {
        to = keep(record, bucket_.view(from));
        kept.put(from, to);
      }
    }
    if (scratch_.original.state == Text::State::present)
      entry.row.original = keep(record, bucket_.view(scratch_.original));
    entry.row.counts = scratch_.counts;
    for (std::size_t which = 0; which < layout_.amounts(); ++which)
      entry.row.money(which) = keep(record, rows.amount(next_new_, which).text());
  }
  part.new_rows = record.rows.size() - part.first_new;
}

}  // namespace anthropic_metrics::ledger
