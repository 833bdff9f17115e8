// SPDX-License-Identifier: Apache-2.0
#include "ledger/reconcile.hpp"

#include <cstring>
#include <limits>
#include <unordered_map>

#include "decimal.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::Row;
using streams::Text;

struct KeyHash {
  std::size_t operator()(const RowKey& key) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof hash);  // The key is a hash already.
    return hash;
  }
};

/// The API's value for one row, duplicates added up.
struct Now {
  const Row* row = nullptr;
  std::array<std::int64_t, Row::most_counts> counts{};
  Decimal amount;
  bool seen = false;
};

Decimal decimal(std::string_view text) {
  return Decimal::parse(text).value_or(Decimal());
}

Result<void> add(Now& now, const Row& row, const streams::Bucket& bucket,
                 const streams::Layout& layout) {
  for (std::size_t i = 0; i < layout.counts.size(); ++i) {
    if (row.counts[i] > std::numeric_limits<std::int64_t>::max() - now.counts[i])
      return Error{Errc::protocol, layout.counts[i].path +
                                       " of rows with equal dimensions adds up to "
                                       "more than 64 bits hold"};
    now.counts[i] += row.counts[i];
  }
  if (layout.money) now.amount = now.amount + decimal(bucket.view(row.amount));
  if (now.row == nullptr) now.row = &row;
  return success();
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
  // What the API says, by key, in the order of the answer.
  std::unordered_map<RowKey, std::size_t, KeyHash> index;
  std::vector<std::pair<RowKey, Now>> answer;
  index.reserve(bucket.rows.size());
  answer.reserve(bucket.rows.size());
  for (const Row& row : bucket.rows) {
    const RowKey key = key_of(row);
    const auto [at, added] = index.try_emplace(key, answer.size());
    if (added) answer.emplace_back(key, Now{});
    if (auto added_up = add(answer[at->second].second, row, bucket, layout); !added_up)
      return added_up.error();
  }

  // Rows that are known: moved to the new value, to zero if they vanished.
  Reconciled result;
  result.record = std::move(known);
  BucketRecord& record = result.record;
  const Now gone;
  const std::size_t known_rows = record.rows.size();
  for (std::size_t i = 0; i < known_rows; ++i) {
    const auto at = index.find(record.rows[i].key);
    const bool here = at != index.end();
    if (here) answer[at->second].second.seen = true;
    Change change;
    const Now& now = here ? answer[at->second].second : gone;
    if (!move_to(record, i, now, layout, change)) continue;
    ++record.rows[i].revision;
    if (now.row != nullptr && now.row->original.state == Text::State::present)
      record.rows[i].row.original = keep(record, bucket.view(now.row->original));
    result.changes.push_back(std::move(change));
  }

  // Rows that are new.
  for (const auto& [key, now] : answer) {
    if (now.seen) continue;
    RecordRow entry;
    entry.key = key;
    for (std::size_t i = 0; i < layout.texts.size(); ++i) {
      const Text& text = now.row->texts[i];
      entry.row.texts[i] =
          text.state == Text::State::present ? keep(record, bucket.view(text)) : text;
    }
    if (now.row->original.state == Text::State::present)
      entry.row.original = keep(record, bucket.view(now.row->original));
    entry.row.counts = now.counts;
    Change change;
    change.counts = now.counts;
    if (layout.money) {
      change.amount = now.amount.text();
      entry.row.amount = keep(record, change.amount);
    }
    change.row = record.rows.size();
    record.rows.push_back(entry);
    result.changes.push_back(std::move(change));
  }
  return result;
}

}  // namespace anthropic_metrics::ledger
