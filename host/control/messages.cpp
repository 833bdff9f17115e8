// SPDX-License-Identifier: Apache-2.0
#include "control/messages.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "base/octets.hpp"
#include "control/json_struct.hpp"
#include "control/wire.hpp"

namespace anthropic_metrics::host::control {
namespace {

constexpr std::uint64_t stopped = 6;  // as a state that the Agent wants

std::string text(const Field& field) {
  return as_utf8(field.bytes);
}

// The Agent counts from 0, error, to 4, trace.
LogLevel level_of(std::uint64_t number) {
  return number <= 4 ? static_cast<LogLevel>(number + 1) : LogLevel::info;
}

std::optional<ChunkMark> parse_mark(std::string_view message) {
  ChunkMark mark;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_number(1)) mark.seconds = static_cast<std::int64_t>(field.number);
    if (field.is_number(2)) mark.nanoseconds = static_cast<std::int64_t>(field.number);
    return true;
  });
  return fine ? std::optional(mark) : std::nullopt;
}

// Of a configuration its raw item alone: the other fields repeat parts of it.
bool parse_configuration(std::string_view message, SecretText& source) {
  std::string_view item;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(1)) item = field.bytes;
    return true;
  });
  auto json = fine ? json_text_of(item) : std::nullopt;
  if (!json) return false;
  source = std::make_shared<const Secret>(Secret::take(std::move(*json)));
  return true;
}

// A unit of a side that is not known here cannot be answered for, so it is left out.
bool parse_unit(std::string_view message, std::vector<WantedUnit>& units) {
  WantedUnit unit;
  unit.level = LogLevel::error;
  std::uint64_t side = 0;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(1)) unit.name.id = text(field);
    if (field.is_number(2)) side = field.number;
    if (field.is_number(3)) unit.runs = field.number != stopped;
    if (field.is_number(4)) unit.index = field.number;
    if (field.is_number(6)) unit.level = level_of(field.number);
    return !field.is_bytes(5) || parse_configuration(field.bytes, unit.source);
  });
  unit.name.side = static_cast<UnitSide>(side);
  if (fine && side <= 1) units.push_back(std::move(unit));
  return fine;
}

std::string to_bytes(const Programme& programme) {
  Writer out;
  out.text(1, programme.name);
  for (const auto& fact : programme.facts) {
    Writer entry;
    entry.text(1, fact.first);
    entry.text(2, fact.second);
    out.put_text(3, entry.bytes());
  }
  out.text(4, programme.build);
  return out.take();
}

std::string to_bytes(const SeenUnit& unit, bool payload) {
  Writer out;
  out.text(1, unit.name.id);
  out.number(2, static_cast<std::uint64_t>(unit.name.side));
  out.number(3, unit.index);
  out.number(4, static_cast<std::uint64_t>(unit.state));
  out.text(5, as_utf8(unit.message));
  if (payload && !unit.payload.empty()) out.put_text(6, to_struct(unit.payload));
  return out.take();
}

std::string to_bytes(const DiagnosticFile& file, std::chrono::system_clock::time_point now) {
  const auto since = now.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  Writer time;
  time.number(1, static_cast<std::uint64_t>(seconds.count()));
  time.number(2,
              static_cast<std::uint64_t>(
                  std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
  Writer out;
  out.text(1, as_utf8(file.name));
  out.text(2, as_utf8(file.file_name));
  out.text(3, as_utf8(file.description));
  out.text(4, as_utf8(file.content_type));
  out.text(5, file.content);
  out.put_text(6, time.bytes());
  return out.take();
}

}  // namespace

std::optional<Expected> parse_expected(std::string_view message) {
  Expected expected;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_number(4)) expected.features_index = field.number;
    if (field.is_number(6)) expected.component_index = field.number;
    if (field.is_bytes(7)) {
      expected.chunk = parse_mark(field.bytes);
      if (!expected.chunk) return false;
    }
    return !field.is_bytes(1) || parse_unit(field.bytes, expected.units);
  });
  if (!fine) return std::nullopt;
  return expected;
}

std::string to_bytes(const Observed& observed, std::string_view token) {
  Writer out;
  out.text(1, token);
  for (const SeenUnit* unit : observed.units) out.put_text(2, to_bytes(*unit, observed.payloads));
  if (observed.programme != nullptr) out.put_text(3, to_bytes(*observed.programme));
  out.number(5, observed.features_index);
  out.number(6, observed.component_index);
  out.number(9, observed.process);
  return out.take();
}

std::optional<IncomingAction> parse_action(std::string_view message) {
  IncomingAction action;
  UnitName unit;
  bool of_unit = false;
  std::uint64_t level = 0;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(1)) action.id = text(field);
    if (field.is_bytes(2)) action.request.name = text(field);
    if (field.is_bytes(3)) action.request.parameters = text(field);
    if (field.is_bytes(4)) unit.id = text(field);
    if (field.is_number(5)) unit.side = field.number == 1 ? UnitSide::output : UnitSide::input;
    if (field.is_number(6)) action.request.diagnostics = field.number == 1;
    if (field.is_number(7)) level = field.number;
    return true;
  });
  if (!fine) return std::nullopt;
  // The level is said of diagnostics alone; it is 0 for units as for the component.
  constexpr std::uint64_t component_only = 1;
  of_unit = !unit.id.empty() && level != component_only;
  if (of_unit) action.request.unit = std::move(unit);
  return action;
}

std::string first_answer(std::string_view token) {
  Writer out;
  out.text(1, token);
  out.text(2, "init");
  return out.take();
}

std::string to_bytes(const IncomingAction& action, const ActionAnswer& answer,
                     std::string_view token, std::chrono::system_clock::time_point now) {
  Writer out;
  out.text(1, token);
  out.text(2, action.id);
  if (!answer.error.empty()) {
    out.number(3, 1);
    out.text(4, boost::json::serialize(boost::json::object{{"error", as_utf8(answer.error)}}));
  } else if (!action.request.diagnostics) {
    out.text(4, "{}");
  }
  for (const DiagnosticFile& file : answer.files) out.put_text(5, to_bytes(file, now));
  return out.take();
}

}  // namespace anthropic_metrics::host::control
