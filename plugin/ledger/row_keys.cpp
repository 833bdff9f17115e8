// SPDX-License-Identifier: Apache-2.0
#include "ledger/row_keys.hpp"

#include <algorithm>

namespace anthropic_metrics {
namespace {

/// Part of every row key. Changes when the meaning of a row does, so that old and new never mix.
constexpr std::int64_t row_schema_version = 1;

using streams::Row;
using streams::Text;

std::string_view view(const std::string& text, const Text& place) {
  return std::string_view(text).substr(place.offset, place.size);
}

}  // namespace

std::string personal_grain(const streams::Layout& layout) {
  const bool told_apart = std::any_of(
      layout.texts.begin(), layout.texts.end(),
      [](const streams::TextColumn& column) { return column.personal && column.identity; });
  return told_apart ? std::string(streams::to_text(layout.personal.mode())) : std::string();
}

RowKeys::RowKeys(const streams::Layout& layout, const Grain& grain) : layout_(layout) {
  key_.add(row_schema_version).add(grain.organization_id).add(grain.dataset);
  key_.add(grain.bucket_width);
  for (const std::string& group : grain.group_by) key_.add(group);
  if (!grain.personal.empty()) key_.add("personal_data").add(grain.personal);
  shared_ = of_bucket_ = key_.size();
}

void RowKeys::begin(std::int64_t time) {
  key_.rewind(shared_);
  key_.add(time);
  of_bucket_ = key_.size();
}

RowKey RowKeys::of(const std::string& text, const Row& row) {
  key_.rewind(of_bucket_);
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) {
    if (!layout_.texts[i].identity) continue;
    const Text& place = row.texts[i];
    // Absent and null mean the same: the dimension's null member.
    if (place.state == Text::State::present)
      key_.add(view(text, place));
    else
      key_.add_null();
  }
  return key_.key();
}

RowKey RowKeys::of_partial(const std::string& text, const Row& row) {
  of(text, row);
  key_.add("partial");
  for (const Text& place : row.texts)
    if (place.state == Text::State::present) key_.add(view(text, place));
  return key_.add(static_cast<std::int64_t>(row.counts_present)).key();
}

RowKey RowKeys::of_observed(const std::string& text, const Row& row) {
  of_partial(text, row);
  for (std::size_t i = 0; i < layout_.counts.size(); ++i) key_.add(row.counts[i]);
  return key_.key();
}

RowKey RowKeys::of_odd(std::string_view reason, std::string_view original) {
  key_.rewind(of_bucket_);
  return key_.add("set aside").add(reason).add(original).key();
}

RowKey RowKeys::of_entity(const ledger::Entity& entity) {
  key_.rewind(shared_);
  return key_.add(entity.day).add(entity.id).add(entity.content).add(entity.changes).key();
}

std::string_view RowKeys::step(const Measures& change, const Measures& total) {
  step_.rewind(0);
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    step_.add(change.counts[i]).add(total.counts[i]);
  for (std::size_t which = 0; which < layout_.amounts(); ++which)
    step_.add(change.amounts[which]).add(total.amounts[which]);
  for (std::size_t i = 0; change.sums != nullptr && i < layout_.sums.size(); ++i)
    if (change.sums[i] != layout_.sums[i].in(change.counts))
      step_.add(layout_.sums[i].field).add(change.sums[i]);
  return step_.bytes();
}

}  // namespace anthropic_metrics
