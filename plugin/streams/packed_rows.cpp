// SPDX-License-Identifier: Apache-2.0
#include "streams/packed_rows.hpp"

#include <algorithm>
#include <cstring>

namespace anthropic_metrics::streams {

static_assert(Row::most_counts <= 24, "Row::counts_present shares a half word with flags");

PackedRows::PackedRows(std::size_t texts, std::size_t counts)
    : texts_(texts), counts_(counts), stride_(counts + (at_texts + texts + 1) / 2) {}

Text PackedRows::keep(std::string_view value) {
  const Text place{static_cast<std::uint32_t>(text_.size()),
                   static_cast<std::uint32_t>(value.size()), Text::State::present};
  text_ += value;
  return place;
}

void PackedRows::reserve(std::size_t rows, std::size_t bytes) {
  if (blocks_.empty() && rows > 0) blocks_.emplace_back(std::min(rows, block_rows) * stride_);
  text_.reserve(bytes);
}

void PackedRows::fit() {
  if (blocks_.size() == 1 && size_ * stride_ < blocks_[0].size() / 2) {
    blocks_[0].resize(size_ * stride_);
    blocks_[0].shrink_to_fit();
  }
  if (text_.size() < text_.capacity() / 2) text_.shrink_to_fit();
  if (strings_.size() < strings_.capacity() / 2) strings_.shrink_to_fit();
}

std::uint32_t PackedRows::half(std::size_t i, std::size_t which) const {
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<const char*>(words(i) + counts_) + which * sizeof value,
              sizeof value);
  return value;
}

void PackedRows::set_half(std::size_t i, std::size_t which, std::uint32_t value) {
  std::memcpy(reinterpret_cast<char*>(words(i) + counts_) + which * sizeof value, &value,
              sizeof value);
}

PackedRows::Word* PackedRows::new_row() {
  const std::size_t at = size_ % block_rows;
  if (size_ / block_rows == blocks_.size()) {
    // Most buckets end within the first block, and many of them may be held together.
    const std::size_t rows = blocks_.empty() ? 4 : block_rows;
    blocks_.emplace_back(rows * stride_);
  } else if (blocks_.back().size() < (at + 1) * stride_) {
    blocks_.back().resize(std::min(2 * at + 1, block_rows) * stride_);
  }
  ++size_;
  return blocks_.back().data() + at * stride_;
}

PackedRows::Reference PackedRows::new_string(std::string_view value) {
  const Text place = keep(value);
  return reference_of(place);
}

PackedRows::Reference PackedRows::reference_of(const Text& place) {
  if (place.state != Text::State::present) return place.state == Text::State::null ? 1 : 0;
  strings_.push_back({place.offset, place.size});
  return static_cast<Reference>(strings_.size() + 1);
}

Text PackedRows::place_of(Reference reference) const {
  if (reference < 2) return {0, 0, reference == 1 ? Text::State::null : Text::State::absent};
  const Place& place = strings_[reference - 2];
  return {place.offset, place.size, Text::State::present};
}

void PackedRows::push_back(const Row& row) {
  References texts{};
  for (std::size_t i = 0; i < texts_; ++i) texts[i] = reference_of(row.texts[i]);
  Amounts amounts{};
  for (std::size_t which = 0; which < amounts.size(); ++which)
    amounts[which] = reference_of(row.money(which));
  append(row, {}, texts, amounts);
  if (row.original.state == Text::State::present)
    set_half(size_ - 1, at_original, reference_of(row.original));
}

void PackedRows::append(const PackedRows& more) {
  // Behind what is here come the other's text, strings and sums, so its references move up by that.
  const auto text = static_cast<std::uint32_t>(text_.size());
  const auto strings = static_cast<Reference>(strings_.size());
  const auto sums = static_cast<std::uint32_t>(sums_.size());
  text_ += more.text_;
  for (const Place& place : more.strings_) strings_.push_back({place.offset + text, place.size});
  sums_.insert(sums_.end(), more.sums_.begin(), more.sums_.end());
  const auto moved = [&](Reference reference) {
    return reference < 2 ? reference : reference + strings;
  };
  for (std::size_t i = 0; i < more.size_; ++i) {
    Word* const at = new_row();
    std::memcpy(at, more.words(i), stride_ * sizeof(Word));
    const std::size_t to = size_ - 1;
    set_half(to, at_original, moved(half(to, at_original)));
    for (std::size_t which = 0; which < Row::most_amounts; ++which) {
      const std::uint32_t amount = half(to, at_amounts + which);
      set_half(to, at_amounts + which, (amount & sum_bit) != 0 ? amount + sums : moved(amount));
    }
    for (std::size_t t = 0; t < texts_; ++t)
      set_half(to, at_texts + t, moved(half(to, at_texts + t)));
  }
}

void PackedRows::append(const Row& row, std::string_view block, const References& texts,
                        const Amounts& amounts) {
  // Whatever may throw comes first: a row is there as a whole or not at all.
  Reference original = 0;
  if (!block.empty() && row.original.state == Text::State::present)
    original = new_string(block.substr(row.original.offset, row.original.size));
  Word* const at = new_row();
  // A loop: so few bytes are copied faster here than by a call.
  for (std::size_t i = 0; i < counts_; ++i) at[i] = static_cast<Word>(row.counts[i]);
  const std::uint32_t flags =
      (row.counts_present & (partial_bit - 1)) | (row.partial ? partial_bit : 0);
  const std::uint32_t head[] = {flags, original, amounts[0], amounts[1]};
  static_assert(std::size(head) == at_texts);
  char* const halves = reinterpret_cast<char*>(at + counts_);
  std::memcpy(halves, head, sizeof head);
  std::memcpy(halves + sizeof head, texts.data(), texts_ * sizeof(Reference));
}

bool PackedRows::same_texts(std::size_t i, const References& texts) const {
  const char* const halves = reinterpret_cast<const char*>(words(i) + counts_);
  return std::memcmp(halves + at_texts * sizeof(Reference), texts.data(),
                     texts_ * sizeof(Reference)) == 0;
}

PackedRows::References PackedRows::references(std::size_t i) const {
  References texts{};
  const char* const halves = reinterpret_cast<const char*>(words(i) + counts_);
  std::memcpy(texts.data(), halves + at_texts * sizeof(Reference), texts_ * sizeof(Reference));
  return texts;
}

const std::int64_t* PackedRows::counts_of(std::size_t i) const {
  return reinterpret_cast<const std::int64_t*>(words(i));
}

void PackedRows::read_texts(std::size_t i, Row& row) const {
  const char* at = reinterpret_cast<const char*>(words(i) + counts_) + at_texts * sizeof(Reference);
  for (std::size_t t = 0; t < texts_; ++t, at += sizeof(Reference)) {
    Reference reference = 0;
    std::memcpy(&reference, at, sizeof reference);
    row.texts[t] = place_of(reference);
  }
}

void PackedRows::read(std::size_t i, Row& row) const {
  read_texts(i, row);
  std::memcpy(row.counts.data(), words(i), counts_ * sizeof(Word));
  const std::uint32_t flag = flags(i);
  row.counts_present = flag & (partial_bit - 1);
  row.partial = (flag & partial_bit) != 0;
  row.original = place_of(half(i, at_original));
  for (std::size_t which = 0; which < Row::most_amounts; ++which) {
    const std::uint32_t amount = half(i, at_amounts + which);
    row.money(which) = (amount & sum_bit) != 0 ? Text{} : place_of(amount);
  }
}

Row PackedRows::operator[](std::size_t i) const {
  Row row;
  read(i, row);
  return row;
}

Decimal PackedRows::amount(std::size_t i, std::size_t which) const {
  const std::uint32_t amount = half(i, at_amounts + which);
  if ((amount & sum_bit) != 0) return sums_[amount & ~sum_bit];
  if (amount < 2) return {};
  return Decimal::parse(string(amount)).value_or(Decimal());
}

void PackedRows::add_counts(std::size_t to, const std::int64_t* counts) {
  auto* const sums = reinterpret_cast<std::int64_t*>(words(to));
  std::uint32_t flag = flags(to) | several_bit;
  for (std::size_t i = 0; i < counts_; ++i)
    if (__builtin_add_overflow(sums[i], counts[i], &sums[i])) flag |= overflowed_bit;
  set_half(to, at_flags, flag);
}

void PackedRows::add_amount(std::size_t to, std::size_t which, const Decimal& amount) {
  const std::uint32_t there = half(to, at_amounts + which);
  if ((there & sum_bit) != 0) {
    Decimal& sum = sums_[there & ~sum_bit];
    sum = sum + amount;
    return;
  }
  sums_.push_back(this->amount(to, which) + amount);
  set_half(to, at_amounts + which, static_cast<std::uint32_t>(sums_.size() - 1) | sum_bit);
}

void PackedRows::add_up(std::size_t to, const Row& row, std::string_view block) {
  add_counts(to, row.counts.data());
  set_half(to, at_flags, flags(to) | (row.counts_present & (partial_bit - 1)));
  for (std::size_t which = 0; which < Row::most_amounts; ++which) {
    const Text& money = row.money(which);
    if (money.state != Text::State::present) continue;
    const auto amount = Decimal::parse(block.substr(money.offset, money.size));
    add_amount(to, which, amount.value_or(Decimal()));
  }
  if (row.original.state == Text::State::present && half(to, at_original) == 0)
    set_half(to, at_original, new_string(block.substr(row.original.offset, row.original.size)));
}

void PackedRows::add_up(std::size_t to, std::size_t from) {
  add_counts(to, counts_of(from));
  const std::uint32_t more = flags(from) & (overflowed_bit | (partial_bit - 1));
  set_half(to, at_flags, flags(to) | more);
  for (std::size_t which = 0; which < Row::most_amounts; ++which)
    if (half(from, at_amounts + which) != 0) add_amount(to, which, amount(from, which));
  if (half(to, at_original) != 0 || half(from, at_original) == 0) return;
  set_half(to, at_original, half(from, at_original));
  const References texts = references(from);
  std::memcpy(reinterpret_cast<char*>(words(to) + counts_) + at_texts * sizeof(Reference),
              texts.data(), texts_ * sizeof(Reference));
}

}  // namespace anthropic_metrics::streams
