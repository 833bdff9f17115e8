// SPDX-License-Identifier: Apache-2.0
#include "control/json_struct.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "base/json_writer.hpp"
#include "base/octets.hpp"
#include "control/wire.hpp"

namespace anthropic_metrics::host::control {
namespace {

// Fields of Value; those of the messages around it are 1 and 2.
enum ValueField : std::uint32_t { null = 1, number, string, boolean, object, list };

std::string number_text(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  if (!std::isfinite(value)) return "null";
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (std::trunc(value) == value && std::abs(value) < exact)
    return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

bool write_object(JsonWriter& out, std::string_view message, int depth);

bool write_list(JsonWriter& out, std::string_view message, int depth);

bool write_value(JsonWriter& out, std::string_view message, int depth) {
  if (depth > most_depth) return false;
  Field last{null};
  const bool fine = for_each_field(message, [&](const Field& field) {
    // The last one counts; what is unknown, or of another kind than it should be, does not.
    const Kind kind = field.id == number                        ? Kind::eight_bytes
                      : field.id == null || field.id == boolean ? Kind::number
                                                                : Kind::bytes;
    if (field.id <= list && field.kind == kind) last = field;
    return true;
  });
  if (!fine) return false;
  switch (last.id) {
    case number:
      out.literal(number_text(last.number));
      return true;
    case string:
      out.string(as_utf8(last.bytes));
      return true;
    case boolean:
      out.literal(last.number != 0 ? "true" : "false");
      return true;
    case object:
      return write_object(out, last.bytes, depth + 1);
    case list:
      return write_list(out, last.bytes, depth + 1);
    default:
      out.literal("null");
      return true;
  }
}

bool write_list(JsonWriter& out, std::string_view message, int depth) {
  out.open('[');
  const bool fine = for_each_field(message, [&](const Field& field) {
    return !field.is_bytes(1) || write_value(out, field.bytes, depth);
  });
  out.close(']');
  return fine;
}

bool write_object(JsonWriter& out, std::string_view message, int depth) {
  std::map<std::string_view, std::string_view> members;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (!field.is_bytes(1)) return true;
    std::string_view key, value;
    const bool whole = for_each_field(field.bytes, [&](const Field& part) {
      if (part.is_bytes(1)) key = part.bytes;
      if (part.is_bytes(2)) value = part.bytes;
      return true;
    });
    members[key] = value;
    return whole;
  });
  if (!fine) return false;
  out.open('{');
  for (const auto& member : members) {
    out.key(as_utf8(member.first));
    if (!write_value(out, member.second, depth)) return false;
  }
  out.close('}');
  return true;
}

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::string to_value(const boost::json::value& value) {
  Writer out;
  switch (value.kind()) {
    case boost::json::kind::null:
      out.put_number(null, 0);
      break;
    case boost::json::kind::bool_:
      out.put_number(boolean, value.get_bool() ? 1 : 0);
      break;
    case boost::json::kind::int64:
      out.put_double(number, static_cast<double>(value.get_int64()));
      break;
    case boost::json::kind::uint64:
      out.put_double(number, static_cast<double>(value.get_uint64()));
      break;
    case boost::json::kind::double_:
      out.put_double(number, value.get_double());
      break;
    case boost::json::kind::string:
      out.put_text(string, as_utf8(view(value.get_string())));
      break;
    case boost::json::kind::object:
      out.put_text(object, to_struct(value.get_object()));
      break;
    case boost::json::kind::array: {
      Writer elements;
      for (const auto& element : value.get_array()) elements.put_text(1, to_value(element));
      out.put_text(list, elements.bytes());
      break;
    }
  }
  return out.take();
}

}  // namespace

std::optional<std::string> json_text_of(std::string_view message) {
  JsonWriter out;
  if (!write_object(out, message, 1)) return std::nullopt;
  return out.text();
}

std::string to_struct(const boost::json::object& object) {
  Writer out;
  for (const auto& member : object) {
    const auto key = member.key();
    Writer entry;
    entry.text(1, as_utf8(std::string_view(key.data(), key.size())));
    entry.put_text(2, to_value(member.value()));
    out.put_text(1, entry.bytes());
  }
  return out.take();
}

}  // namespace anthropic_metrics::host::control
