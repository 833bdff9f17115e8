// SPDX-License-Identifier: Apache-2.0
#include "streams/list_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"

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
  const json::value* value = at(path);
  if (value == nullptr) return;
  if (const json::string* text = value->if_string())
    keep(column, std::string_view(*text));
  else
    odd(fmt::format(".{}", path), "expected a string");
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

void ListEntry::count(std::size_t column, std::string_view path) {
  const json::value* value = at(path);
  if (value == nullptr) return;
  std::string_view text = written_;
  for (std::string_view rest = path; !text.empty() && !rest.empty();) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    text = json_member(text, rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  const auto number = whole(*value, text, fmt::format(".{}", path));
  if (!number) return;
  row_.counts[column] = *number;
  row_.counts_present |= 1u << column;
}

std::optional<std::int64_t> ListEntry::whole(const json::value& value, std::string_view written,
                                             std::string_view place) {
  std::optional<std::int64_t> number;
  if (value.is_int64()) number = value.get_int64();
  if (value.is_double())
    if (const auto decimal = Decimal::parse(written)) number = decimal->whole();
  if (number && *number >= 0) return number;
  odd(place, fmt::format("expected a whole number of 0 or more, found {}",
                         cut_text(json::serialize(value), 64)));
  return std::nullopt;
}

void ListEntry::odd(std::string_view place, std::string_view what) {
  if (odd_.empty()) odd_ = fmt::format("{}{} {}", path_, place, what);
}

}  // namespace anthropic_metrics::streams
