// SPDX-License-Identifier: Apache-2.0
//
// Layout: version, columns of text, columns of counts, columns of amounts; number of strings, each
// with its length; number of rows, each: key (16 bytes), revision (bit 31: set aside), per text
// column 0 absent, 1 null or 2 + index of its string, counts, amounts as 0 or 1 + index of its
// string. All numbers are varints.
#include "ledger/record.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "ledger/place_cache.hpp"
#include "ledger/varint.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::Row;
using streams::Text;

constexpr char format_version = 1;
constexpr std::uint32_t set_aside_bit = 1u << 31;

/// Each different string of the record once.
class Strings {
 public:
  explicit Strings(const BucketRecord& record) : record_(record) {}

  std::uint64_t index(const Text& place) {
    if (const std::uint64_t* const known = known_.find(place)) return *known;
    const auto [at, added] = indexes_.try_emplace(record_.view(place), list_.size());
    if (added) list_.push_back(at->first);
    known_.put(place, at->second);
    return at->second;
  }
  const std::vector<std::string_view>& list() const { return list_; }

 private:
  const BucketRecord& record_;
  PlaceCache<std::uint64_t> known_;
  std::unordered_map<std::string_view, std::uint64_t> indexes_;
  std::vector<std::string_view> list_;
};

Error damaged() {
  return {Errc::state, "a bucket record of the ledger is damaged"};
}

}  // namespace

std::string pack(const BucketRecord& record, const streams::Layout& layout) {
  Strings strings(record);
  const std::size_t numbers = 1 + layout.texts.size() + layout.counts.size() + layout.amounts();
  Writer rows(64 + record.rows.size() * 48);
  rows.make_room(1, 0);
  rows.number(record.rows.size());
  for (const RecordRow& entry : record.rows) {
    rows.make_room(numbers, entry.key.size());
    rows.bytes({reinterpret_cast<const char*>(entry.key.data()), entry.key.size()});
    rows.number(entry.revision | (entry.set_aside ? set_aside_bit : 0));
    for (std::size_t i = 0; i < layout.texts.size(); ++i) {
      const Text& text = entry.row.texts[i];
      if (text.state == Text::State::present)
        rows.number(2 + strings.index(text));
      else
        rows.number(text.state == Text::State::null ? 1 : 0);
    }
    for (std::size_t i = 0; i < layout.counts.size(); ++i)
      rows.number(static_cast<std::uint64_t>(entry.row.counts[i]));
    for (std::size_t which = 0; which < layout.amounts(); ++which) {
      const Text& money = entry.row.money(which);
      const bool has = money.state == Text::State::present;
      rows.number(has ? 1 + strings.index(money) : 0);
    }
  }

  std::size_t text = 0;
  for (const std::string_view one : strings.list()) text += one.size();
  Writer out(0);
  out.make_room(4 + strings.list().size(), 1 + text + rows.written().size());
  out.bytes({&format_version, 1});
  out.number(layout.texts.size());
  out.number(layout.counts.size());
  out.number(layout.amounts());
  out.number(strings.list().size());
  for (const std::string_view one : strings.list()) {
    out.number(one.size());
    out.bytes(one);
  }
  out.bytes(rows.written());
  return out.take();
}

Result<BucketRecord> unpack(std::string_view bytes) {
  Reader in(bytes);
  if (in.bytes(1) != std::string_view(&format_version, 1)) return damaged();
  const auto texts = in.number();
  const auto counts = in.number();
  const auto amounts = in.number();
  if (!in.ok() || texts > Row::most_texts || counts > Row::most_counts ||
      amounts > Row::most_amounts)
    return damaged();

  BucketRecord record;
  std::vector<Text> strings;
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const auto text = in.bytes(in.number());
    strings.push_back({static_cast<std::uint32_t>(record.text.size()),
                       static_cast<std::uint32_t>(text.size()), Text::State::present});
    record.text += text;
  }
  const auto text_at = [&](std::uint64_t index, Text& place) {
    if (index >= strings.size()) return false;
    place = strings[index];
    return true;
  };

  const auto rows = in.number();
  if (!in.ok() || rows > in.left() / 16) return damaged();
  record.rows.reserve(rows);
  for (std::uint64_t r = 0; r < rows; ++r) {
    RecordRow& entry = record.rows.emplace_back();
    const auto key = in.bytes(entry.key.size());
    if (!in.ok()) return damaged();
    std::memcpy(entry.key.data(), key.data(), key.size());
    const auto revision = static_cast<std::uint32_t>(in.number());
    entry.revision = revision & ~set_aside_bit;
    entry.set_aside = (revision & set_aside_bit) != 0;
    for (std::size_t i = 0; i < texts; ++i) {
      const auto code = in.number();
      if (code == 1) entry.row.texts[i].state = Text::State::null;
      if (code >= 2 && !text_at(code - 2, entry.row.texts[i])) return damaged();
    }
    for (std::size_t i = 0; i < counts; ++i)
      entry.row.counts[i] = static_cast<std::int64_t>(in.number());
    for (std::size_t which = 0; which < amounts; ++which) {
      const auto code = in.number();
      if (code > 0 && !text_at(code - 1, entry.row.money(which))) return damaged();
    }
  }
  if (!in.ok() || !in.at_end()) return damaged();
  return record;
}

}  // namespace anthropic_metrics::ledger
