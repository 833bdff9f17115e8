// SPDX-License-Identifier: Apache-2.0
#include "collect/entities.hpp"

#include <algorithm>
#include <utility>

#include "ledger/identity.hpp"

namespace anthropic_metrics {
namespace {

using streams::Layout;
using streams::Row;
using streams::Text;

std::size_t column_of(const Layout& layout, std::initializer_list<std::string_view> fields) {
  std::size_t i = 0;
  while (i < layout.texts.size() &&
         std::find(fields.begin(), fields.end(), layout.texts[i].field) == fields.end())
    ++i;
  return i;
}

}  // namespace

Entities::Entities(const Layout& layout, std::string stream, const Directory& directory, Instant at)
    : layout_(layout),
      stream_(std::move(stream)),
      directory_(directory),
      at_(at),
      day_(std::chrono::floor<std::chrono::days>(at).time_since_epoch().count()),
      name_(column_of(layout, {"name"})),
      tags_(column_of(layout, {"tags"})),
      state_(column_of(layout, {"state", "status"})) {}

std::string_view Entities::view(const std::string& text, const Row& row, std::size_t column) const {
  if (column >= layout_.texts.size()) return {};
  const Text& place = row.texts[column];
  if (place.state != Text::State::present) return {};
  return std::string_view(text).substr(place.offset, place.size);
}

std::optional<ledger::Entity> Entities::to_tell(const std::string& text, const Row& row) {
  ledger::Entity now;
  now.stream = stream_;
  KeyBuilder content;
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) {
    const std::string_view value = view(text, row, i);
    if (row.texts[i].state == Text::State::present)
      content.add(value);
    else
      content.add_null();
    if (!layout_.texts[i].identity) continue;
    if (!now.id.empty()) now.id += '\n';
    now.id += value;
  }
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    content.add((row.counts_present >> i & 1u) != 0 ? row.counts[i] : std::int64_t{-1});
  if (!met_.insert(now.id).second) return std::nullopt;  // The list says it twice.
  now.name = view(text, row, name_);
  now.tags = view(text, row, tags_);
  now.state = view(text, row, state_);
  const bool gone = now.state == ledger::removed_state;
  if (!gone) now.content = document_id(content.key(), 0);
  now.day = day_;
  if (const ledger::Entity* before = directory_.find(stream_, now.id)) {
    const bool same = before->content == now.content;
    if (same && (gone || before->day == day_)) return std::nullopt;
    now.changes = before->changes + (same ? 0 : 1);
    // A row that lacks what could not be read does not take away a name.
    if (now.name.empty() && row.partial) now.name = before->name;
  }
  return now;
}

streams::Bucket Entities::removed() {
  streams::Bucket bucket;
  if (odd_ || state_ >= layout_.texts.size()) return bucket;
  // What is known may be from when more was shown.
  const bool named =
      name_ < layout_.texts.size() &&
      (!layout_.texts[name_].personal || layout_.personal.mode() == streams::PersonalData::full);
  for (const ledger::Entity* known : directory_.of(stream_)) {
    if (known->content.empty() || met_.contains(known->id)) continue;
    Row row;
    for (std::size_t i = 0; i < layout_.texts.size(); ++i)
      if (layout_.texts[i].identity) row.texts[i] = bucket.keep(known->id);
    if (named && !known->name.empty()) row.texts[name_] = bucket.keep(known->name);
    if (!known->tags.empty()) row.texts[tags_] = bucket.keep(known->tags);
    row.texts[state_] = bucket.keep(ledger::removed_state);
    bucket.rows.push_back(row);
  }
  return bucket;
}

}  // namespace anthropic_metrics
