// SPDX-License-Identifier: Apache-2.0
#include "proof/row_reader.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "bucket_width.hpp"
#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// "1h" of a bucket that does not say its width.
std::string width_of(std::int64_t seconds) {
  for (const BucketWidth& width : bucket_widths)
    if (seconds == width.seconds) return std::string(width.name);
  return std::to_string(seconds) + "s";
}

std::string_view text_or_nothing(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::string_view text_at(const json::object& document, std::string_view object,
                         std::string_view key) {
  const json::object* of = object_in(document, object);
  return of == nullptr ? std::string_view() : text_or_nothing(value_in(*of, key));
}

}  // namespace

RowReader::RowReader(const RowFields& fields, Grain configured)
    : fields_(fields), configured_(std::move(configured)) {
  std::vector<std::string> others = fields_.aside;
  others.insert(others.end(), {"total", "total_exact", "total_list_exact"});
  for (const std::string& name : others) know(name, {Role::aside, 0});
  for (std::size_t i = 0; i < fields_.counts.size(); ++i) know(fields_.counts[i], {Role::count, i});
  for (std::size_t i = 0; i < fields_.amounts.size(); ++i) {
    know(fields_.amounts[i], {Role::amount, i});
    know(fields_.amounts[i] + "_exact", {Role::exact, i});
  }
  know("bucket_start_time", {Role::start, 0});
  know("bucket_end_time", {Role::end, 0});
  know("bucket_width", {Role::width, 0});
  know("group_by", {Role::group_by, 0});
  know("revision", {Role::revision, 0});
}

void RowReader::know(const std::string& name, Field field) {
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
    known_.try_emplace(name.substr(0, dot), Field{Role::within, 0});
  known_.insert_or_assign(name, field);
}

void RowReader::read(std::string_view text, RowDocument& row) {
  row.kind = RowDocument::Kind::foreign;
  row.start = row.end = row.revision = 0;
  row.grain.width.clear();
  row.grain.group_by.clear();
  row.dimensions.clear();
  row.measures.counts.assign(fields_.counts.size(), 0);
  row.measures.amounts.assign(fields_.amounts.size(), Decimal());
  row.ours = false;
  row.json = text;
  row.id.clear();
  row.organization.clear();
  row.dataset.clear();
  exact_.assign(fields_.amounts.size(), 0);
  said_.assign(fields_.counts.size(), 0);
  used_ = 0;
  broken_ = has_start_ = has_end_ = has_revision_ = has_group_by_ = false;

  json::monotonic_resource memory(memory_.data(), memory_.size());
  parser_.reset(&memory);
  boost::system::error_code failed;
  parser_.write(text.data(), text.size(), failed);
  if (failed) return parser_.reset();  // what it has is in this function's memory
  const json::value value = parser_.release();
  const json::object* document = value.if_object();
  if (document == nullptr) return;
  row.id = text_at(*document, "event", "id");
  row.organization = text_at(*document, "organization", "id");
  row.dataset = text_at(*document, "data_stream", "dataset");
  const json::object* anthropic = object_in(*document, "anthropic");
  const json::object* own = anthropic == nullptr ? nullptr : object_in(*anthropic, fields_.object);
  if (own == nullptr) return;

  read_object(*own, row, {});
  add_up(row);
  row.ours = has_revision_ && !row.id.empty() && !row.organization.empty() &&
             text_at(*document, "input", "type") == "anthropic_metrics";
  const bool whole = !broken_ && has_start_ && has_end_;
  if (text_at(*document, "event", "kind") == "pipeline_error" && has_start_)
    row.kind = RowDocument::Kind::pipeline_error;
  else
    row.kind = whole ? RowDocument::Kind::row : RowDocument::Kind::unreadable;
  settle_grain(row);
  write_dimensions(row);
}

void RowReader::read_object(const json::object& object, RowDocument& row,
                            const std::string& before) {
  std::string within;
  for (const auto& member : object) {
    std::string_view name(member.key().data(), member.key().size());
    if (!before.empty()) {
      within = before + '.' + std::string(name);
      name = within;
    }
    const auto field = known_.find(name);
    if (field == known_.end())
      read_dimension(name, member.value());
    else if (field->second.role == Role::within && member.value().is_object())
      read_object(member.value().get_object(), row, field->first);
    else
      read_field(member.value(), row, field->second);
  }
}

void RowReader::read_field(const json::value& value, RowDocument& row, const Field& field) {
  switch (field.role) {
    case Role::count:
      said_[field.index] = value.is_null() ? 0 : 1;
      return read_count(value, row.measures.counts[field.index]);
    case Role::amount:
    case Role::exact:
      return read_amount(value, row, field);
    case Role::start:
      has_start_ = read_time(value, start_, row.start);
      return;
    case Role::end:
      has_end_ = read_time(value, end_, row.end);
      return;
    case Role::width:
      row.grain.width = text_or_nothing(&value);
      return;
    case Role::group_by:
      has_group_by_ = value.is_array() || value.is_string();
      return read_group_by(value, row);
    case Role::revision:
      has_revision_ = value.is_int64();
      if (has_revision_) row.revision = value.get_int64();
      return;
    case Role::aside:
    case Role::within:
      return;
  }
}

void RowReader::read_count(const json::value& value, Whole& count) {
  if (value.is_int64()) {
    count = value.get_int64();
  } else if (value.is_uint64()) {
    count = value.get_uint64();
  } else if (!value.is_null()) {  // "12.0", as some stores write whole numbers
    constexpr double exact_below = 9007199254740992.0;
    const double number = value.is_double() ? value.get_double() : exact_below;
    if (number > -exact_below && number < exact_below) count = static_cast<std::int64_t>(number);
    if (static_cast<double>(count) != number) broken_ = true;
  }
}

void RowReader::read_amount(const json::value& value, RowDocument& row, const Field& field) {
  if (value.is_null() || (field.role == Role::amount && exact_[field.index] != 0)) return;
  std::string_view text = text_or_nothing(&value);
  if (field.role == Role::exact) {
    exact_[field.index] = 1;
  } else if (!value.is_string()) {
    // If there is exact text this is not needed, but it may come later: our documents have it
    // behind the number.
    const std::string& name = fields_.amounts[field.index];
    const std::string_view own = json_member(json_member(row.json, "anthropic"), fields_.object);
    if (!json_member(own, name + "_exact").empty()) return;
    text = json_member(own, name);
  }
  const auto amount = Decimal::parse(text);
  if (amount)
    row.measures.amounts[field.index] = *amount;
  else
    broken_ = true;
}

void RowReader::read_group_by(const json::value& value, RowDocument& row) {
  auto& names = row.grain.group_by;
  if (value.is_string()) names.emplace_back(text_or_nothing(&value));  // a list of one
  if (!value.is_array()) return;
  for (const json::value& item : value.get_array()) names.emplace_back(text_or_nothing(&item));
  if (!std::is_sorted(names.begin(), names.end())) std::sort(names.begin(), names.end());
}

bool RowReader::read_time(const json::value& value, Time& time, std::int64_t& seconds) {
  const std::string_view text = text_or_nothing(&value);
  if (text != time.text) {
    const auto read = parse_rfc3339(text);
    time.text = text;
    time.good = read.has_value();
    time.seconds = read ? read->time_since_epoch().count() : 0;
  }
  seconds = time.seconds;
  return time.good;
}

void RowReader::read_dimension(std::string_view name, const json::value& value) {
  if (value.is_bool()) add_dimension(name).value = value.get_bool() ? "true" : "false";
  if (!value.is_string()) return;
  const std::string_view text = text_or_nothing(&value);
  for (const RowFields::Null& null : fields_.nulls)
    if (null.says == name && null.text == text) return;
  append_json_string(add_dimension(name).value, text);
}

RowReader::Dimension& RowReader::add_dimension(std::string_view name) {
  if (used_ == dimensions_.size()) dimensions_.emplace_back();
  Dimension& dimension = dimensions_[used_++];
  dimension.name = name;
  dimension.value.clear();
  return dimension;
}

void RowReader::settle_grain(RowDocument& row) const {
  if (row.grain.width.empty()) row.grain.width = width_of(row.end - row.start);
  // Ours always say it; a store may have dropped a list without elements.
  if (!has_group_by_ && !row.ours) row.grain.group_by = configured_.group_by;
}

void RowReader::add_up(RowDocument& row) const {
  const std::size_t first = fields_.counts.size() - fields_.sums.size();
  for (std::size_t i = 0; i < fields_.sums.size(); ++i) {
    if (said_[first + i] != 0) continue;
    for (const std::string& part : fields_.sums[i].of) {
      const auto field = known_.find(part);
      if (field != known_.end() && field->second.role == Role::count)
        row.measures.counts[first + i] += row.measures.counts[field->second.index];
    }
  }
}

void RowReader::write_dimensions(RowDocument& row) {
  const auto begin = dimensions_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(used_);
  const auto by_name = [](const Dimension& a, const Dimension& b) { return a.name < b.name; };
  if (!std::is_sorted(begin, end, by_name)) std::sort(begin, end, by_name);
  for (auto dimension = begin; dimension != end; ++dimension) {
    if (!row.dimensions.empty()) row.dimensions += ',';
    append_json_string(row.dimensions, dimension->name);
    row.dimensions += ':';
    row.dimensions += dimension->value;
  }
}

}  // namespace anthropic_metrics::host
