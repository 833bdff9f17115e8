// SPDX-License-Identifier: Apache-2.0
#include "ledger/row_names.hpp"

#include <algorithm>

#include "base/json_writer.hpp"

namespace anthropic_metrics {

using streams::Text;

RowNames::RowNames(const streams::Layout& layout, std::string_view stream, const Names* names)
    : names_(names) {
  if (names_ == nullptr) return;
  for (const Names::Things& things : names_->all()) {
    const auto& texts = layout.texts;
    const auto found = std::find_if(texts.begin(), texts.end(), [&](const auto& column) {
      return column.field == things.field() && !column.json;
    });
    if (found == texts.end() || things.group() == stream) continue;
    Column& column = columns_.emplace_back();
    column.things = &things;
    column.index = static_cast<std::size_t>(found - texts.begin());
    column.null_too = !found->null_field.empty();
    append_json_string(column.key, things.group());
    column.key += ':';
    if (things.group() < stream) ++first_behind_;
  }
}

void RowNames::take(const std::string& text, const streams::Row& row) {
  if (columns_.empty()) return;
  bool other = version_ != names_->version();
  version_ = names_->version();
  for (Column& column : columns_) {
    const Text& place = row.texts[column.index];
    const std::string_view id(text.data() + place.offset, place.size);
    const bool present = place.state == Text::State::present;
    if (!other && column.state == place.state && (!present || column.id == id)) continue;
    other = true;
    column.state = place.state;
    column.id = present ? id : std::string_view();
    column.said = present           ? column.things->of(id)
                  : column.null_too ? column.things->of_null()
                                    : std::string_view();
  }
  if (other) join();
}

void RowNames::join() {
  before_.clear();
  behind_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.said.empty()) continue;
    if (i < first_behind_)
      before_.append(column.key).append(column.said) += ',';
    else
      behind_.append(1, ',').append(column.key).append(column.said);
  }
}

}  // namespace anthropic_metrics
