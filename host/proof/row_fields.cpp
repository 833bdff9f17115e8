// SPDX-License-Identifier: Apache-2.0
#include "proof/row_fields.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::vector<std::string> texts_in(const json::object& map, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* list = value_in(map, key);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::value& item : list->get_array())
    if (item.is_string()) texts.emplace_back(item.get_string().data(), item.get_string().size());
  return texts;
}

std::vector<RowFields::Null> nulls_in(const json::object& map) {
  std::vector<RowFields::Null> nulls;
  const json::value* list = value_in(map, "nulls");
  if (list == nullptr || !list->is_array()) return nulls;
  for (const json::value& item : list->get_array())
    if (const json::object* one = item.if_object())
      nulls.push_back({text_in(*one, "field"), text_in(*one, "says"), text_in(*one, "text")});
  return nulls;
}

std::vector<RowFields::Sum> sums_in(const json::object& map) {
  std::vector<RowFields::Sum> sums;
  const json::value* list = value_in(map, "sums");
  if (list == nullptr || !list->is_array()) return sums;
  for (const json::value& item : list->get_array())
    if (const json::object* one = item.if_object())
      sums.push_back({text_in(*one, "field"), texts_in(*one, "of")});
  return sums;
}

// Calls visit with the name and the row of every stream that has one, until it says true.
template <class Visit>
void each_row(const json::value& streams, Visit visit) {
  if (!streams.is_array()) return;
  for (const json::value& item : streams.get_array()) {
    const json::object* stream = item.if_object();
    const json::object* row = stream == nullptr ? nullptr : object_in(*stream, "row");
    if (row != nullptr && visit(text_in(*stream, "name"), *row)) return;
  }
}

}  // namespace

std::optional<RowFields> row_fields(const json::value& streams, std::string_view name) {
  std::optional<RowFields> found;
  each_row(streams, [&](const std::string& stream, const json::object& row) {
    if (stream != name) return false;
    RowFields fields;
    fields.object = text_in(row, "object");
    fields.counts = texts_in(row, "counts");
    fields.sums = sums_in(row);
    for (const RowFields::Sum& sum : fields.sums) fields.counts.push_back(sum.field);
    fields.amounts = texts_in(row, "amounts");
    fields.aside = texts_in(row, "aside");
    fields.nulls = nulls_in(row);
    fields.settle = std::chrono::seconds(
        static_cast<std::int64_t>(number_in(row, "settle_seconds").value_or(0)));
    fields.widths = texts_in(row, "widths");
    if (!fields.object.empty()) found = std::move(fields);
    return true;
  });
  return found;
}

std::vector<std::string> streams_of_rows(const json::value& streams) {
  std::vector<std::string> names;
  each_row(streams, [&](const std::string& stream, const json::object&) {
    names.push_back(stream);
    return false;
  });
  return names;
}

}  // namespace anthropic_metrics::host
