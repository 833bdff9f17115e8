// SPDX-License-Identifier: Apache-2.0
#include "streams/row_merger.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace anthropic_metrics::streams {
namespace {

using Slots = std::vector<std::uint32_t>;

/// More slots than this go back after the bucket that needed them.
constexpr std::size_t most_kept_slots = 1 << 14;
constexpr std::size_t least_slots = 64;

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

std::size_t hash_of(const PackedRows::References& texts, std::size_t count) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < count; ++i) {
    hash = (hash ^ texts[i]) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return static_cast<std::size_t>(hash);
}

/// A free place for something that is not there.
std::uint32_t& free_slot(Slots& slots, std::size_t hash) {
  for (;; ++hash)
    if (std::uint32_t& slot = slots[hash & (slots.size() - 1)]; slot == 0) return slot;
}

}  // namespace

void RowMerger::begin(std::size_t usual_rows) {
  const std::size_t wanted =
      std::clamp(std::bit_ceil(2 * usual_rows + 1), least_slots, most_kept_slots);
  rows_.assign(wanted, 0);
  strings_.assign(std::max(strings_.size(), least_slots), 0);
  strings_used_ = 0;
  last_.fill(0);
}

void RowMerger::end() {
  if (rows_.size() > most_kept_slots) rows_ = {};
  if (strings_.size() > most_kept_slots) strings_ = {};
}

PackedRows::Reference RowMerger::find(PackedRows& rows, std::size_t column,
                                      std::string_view value) {
  PackedRows::Reference& last = last_[column];
  const std::size_t hash = hash_of(value);
  const std::size_t mask = strings_.size() - 1;
  for (std::size_t at = hash;; ++at) {
    std::uint32_t& slot = strings_[at & mask];
    if (slot == 0) {
      slot = last = rows.new_string(value);
      if (2 * ++strings_used_ > strings_.size()) grow_strings(rows);
      return last;
    }
    if (rows.string(slot) == value) return last = slot;
  }
}

void RowMerger::grow_strings(const PackedRows& rows) {
  Slots larger(2 * strings_.size(), 0);
  for (const std::uint32_t reference : strings_)
    if (reference != 0) free_slot(larger, hash_of(rows.string(reference))) = reference;
  strings_ = std::move(larger);
}

void RowMerger::grow_rows(const PackedRows& rows) {
  Slots larger(2 * rows_.size(), 0);
  for (const std::uint32_t row : rows_)
    if (row != 0) free_slot(larger, hash_of(rows.references(row - 1), rows.texts())) = row;
  rows_ = std::move(larger);
}

void RowMerger::add(PackedRows& rows, const PackedRows::References& texts, const Row& row,
                    std::string_view block) {
  const std::size_t mask = rows_.size() - 1;
  std::uint32_t* slot = nullptr;
  for (std::size_t at = hash_of(texts, rows.texts());; ++at) {
    slot = &rows_[at & mask];
    if (*slot == 0) break;
    if (rows.same_texts(*slot - 1, texts)) return rows.add_up(*slot - 1, row, block);
  }
  PackedRows::Amounts amounts{};
  for (std::size_t which = 0; which < amounts.size(); ++which)
    if (const Text& money = row.money(which); money.state == Text::State::present)
      amounts[which] = intern(rows, amount_column + which, block.substr(money.offset, money.size));
  rows.append(row, block, texts, amounts);
  *slot = static_cast<std::uint32_t>(rows.size());
  if (2 * rows.size() > rows_.size()) grow_rows(rows);
}

}  // namespace anthropic_metrics::streams
