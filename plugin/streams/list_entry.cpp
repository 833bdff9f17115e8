// SPDX-License-Identifier: Apache-2.0
#include "streams/list_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "streams/personal_original.hpp"

namespace anthropic_metrics::streams {

namespace json = boost::json;

ListEntry::ListEntry(const json::value& value, std::string_view written, std::string path,
                     const Layout& layout, Bucket& bucket)
    : value_(value), written_(written), path_(std::move(path)), layout_(layout), bucket_(bucket) {}

const json::object& ListEntry::object(std::string_view path) {
  static const json::object none;
  const json::value* value = path.empty() ? &value_ : at(path);
  if (value == nullptr) return none;
  if (const json::object* found = value->if_object()) return *found;
  if (path.empty())
    odd("", "expected an object");
  else
    odd(fmt::format(".{}", path), "expected an object or null");
  return none;
}

const json::value* ListEntry::at(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const bool below = dot != std::string_view::npos;
  const json::object& parent = object(below ? path.substr(0, dot) : std::string_view{});
  const json::value* value = parent.if_contains(below ? path.substr(dot + 1) : path);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void ListEntry::text(std::size_t column, std::string_view path) {
  const std::size_t before = oddities_;
  const json::value* value = at(path);
  if (value != nullptr) {
    if (const json::string* text = value->if_string())
      keep(column, std::string_view(*text));
    else
      odd(fmt::format(".{}", path), "expected a string");
  }
  if (oddities_ > before && layout_.texts[column].identity) identified_ = false;
}

void ListEntry::time(std::size_t column, std::string_view path) {
  text(column, path);
  if (!has(column) || parse_rfc3339(view(column))) return;
  odd(fmt::format(".{}", path),
      fmt::format("expected a time as in RFC 3339, found {}", cut_text(view(column), 64)));
  row_.texts[column] = {};
}

void ListEntry::strings(std::size_t column, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return;
  const json::array* list = value->if_array();
  if (list == nullptr) return odd(fmt::format(".{}", path), "expected an array of strings or null");
  JsonWriter out;
  out.open('[');
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::string* text = (*list)[i].if_string();
    if (text == nullptr) return odd(fmt::format(".{}[{}]", path, i), "expected a string");
    out.string(*text);
  }
  out.close(']');
  keep(column, out.text());
}

std::string_view ListEntry::written_at(std::string_view path) const {
  std::string_view text = written_;
  while (!text.empty() && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    text = json_member(text, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return text;
}

bool ListEntry::amount(Text Row::*into, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return false;
  std::string_view text;
  if (const json::string* found = value->if_string())
    text = *found;
  else if (value->is_number())
    text = written_at(path);
  if (!Decimal::parse(text)) {
    odd(fmt::format(".{}", path),
        fmt::format("expected a decimal number, found {}", found(*value)));
    return true;
  }
  row_.*into = bucket_.keep(text);
  return true;
}

void ListEntry::number(std::size_t column, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return;
  const std::string_view text = written_at(path);
  if (value->is_number() && !text.empty())
    keep(column, text);
  else
    odd(fmt::format(".{}", path), fmt::format("expected a number, found {}", found(*value)));
}

void ListEntry::flag(std::size_t column, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return;
  if (value->is_bool()) return keep(column, value->get_bool() ? "true" : "false");
  const std::string place = fmt::format(".{}", path);
  if (layout_.texts[column].identity)
    odd_identity(place, "expected true or false");
  else
    odd(place, "expected true or false");
}

ListEntry ListEntry::below(const json::value& value, std::string_view written,
                           std::string_view place) const {
  ListEntry entry(value, written, fmt::format("{}{}", path_, place), layout_, bucket_);
  entry.row_.texts = row_.texts;
  entry.identified_ = identified_;
  return entry;
}

void ListEntry::count(std::size_t column, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return;
  const auto number = whole(*value, written_at(path), fmt::format(".{}", path));
  if (!number) return;
  row_.counts[column] = *number;
  row_.counts_present |= 1u << column;
}

void ListEntry::counts() {
  for (std::size_t i = 0; i < layout_.counts.size(); ++i) {
    const CountColumn& column = layout_.counts[i];
    count(i, column.path);
    if (column.required && (row_.counts_present >> i & 1u) == 0)
      odd(fmt::format(".{}", column.path), "is missing");
  }
}

std::optional<std::int64_t> ListEntry::whole(const json::value& value, std::string_view written,
                                             std::string_view place) {
  std::optional<std::int64_t> number;
  if (value.is_int64()) number = value.get_int64();
  if (value.is_double())
    if (const auto decimal = Decimal::parse(written)) number = decimal->whole();
  if (number && *number >= 0) return number;
  odd(place, fmt::format("expected a whole number of 0 or more, found {}", found(value)));
  return std::nullopt;
}

std::string ListEntry::found(const json::value& value) const {
  // Where persons may be, a text may be one.
  const bool harmless = value.is_number() || value.is_bool() || !withholds(layout_);
  return harmless ? std::string(cut_text(json::serialize(value), 64)) : "something else";
}

void ListEntry::keep(std::size_t text, std::string_view value) {
  if (!layout_.texts[text].personal)
    row_.texts[text] = bucket_.keep(value);
  else if (const auto shown = layout_.personal.shown(value))
    row_.texts[text] = bucket_.keep(*shown);
}

void ListEntry::odd_identity(std::string_view place, std::string_view what) {
  identified_ = false;
  odd(place, what);
}

void ListEntry::odd(std::string_view place, std::string_view what) {
  ++oddities_;
  if (odd_.empty()) odd_ = fmt::format("{}{} {}", path_, place, what);
}

}  // namespace anthropic_metrics::streams
