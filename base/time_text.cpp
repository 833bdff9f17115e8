// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace anthropic_metrics {
namespace {

constexpr std::size_t date_size = 10;

using std::chrono::seconds;

/// Takes exactly `digits` digits off the front of text.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) noexcept {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) noexcept {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// "Z", "+hh:mm" or "-hh:mm" as seconds east of UTC.
std::optional<seconds> take_offset(std::string_view& text) noexcept {
  if (take(text, 'Z') || take(text, 'z')) return seconds(0);
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const seconds offset(*hours * 3600 + *minutes * 60);
  return east ? offset : -offset;
}

/// Three of these stand in every document.
void append_two(std::string& out, unsigned number) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) noexcept {
  const auto year = take_digits(text, 4);
  if (!year || *year < 1970 || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  if (take(text, '.')) {
    if (!take_digits(text, 1)) return std::nullopt;
    while (take_digits(text, 1)) {
    }
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const Instant instant =
      std::chrono::sys_days(date) + seconds(*hour * 3600 + *minute * 60 + *second) - *offset;
  // An offset may carry the time out of the years that can be printed again.
  constexpr Instant end = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
  if (instant < Instant{} || instant >= end) return std::nullopt;
  return instant;
}

std::optional<Instant> parse_date(std::string_view text) {
  if (text.size() != date_size) return std::nullopt;
  return parse_rfc3339(fmt::format("{}T00:00:00Z", text));
}

std::optional<Instant> parse_date_or_time(std::string_view text) {
  return text.size() == date_size ? parse_date(text) : parse_rfc3339(text);
}

std::string format_date(Instant instant) {
  return format_rfc3339(instant).substr(0, date_size);
}

std::string format_rfc3339(Instant instant) {
  std::string out;
  append_rfc3339(out, instant);
  return out;
}

void append_rfc3339(std::string& out, Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  const auto second = static_cast<unsigned>((instant - day).count());
  if (year < 0 || year > 9999) {
    out += fmt::format("{:04}", year);
  } else {
    const auto y = static_cast<unsigned>(year);
    append_two(out, y / 100);
    append_two(out, y % 100);
  }
  out += '-';
  append_two(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_two(out, static_cast<unsigned>(date.day()));
  out += 'T';
  append_two(out, second / 3600);
  out += ':';
  append_two(out, second / 60 % 60);
  out += ':';
  append_two(out, second % 60);
  out += 'Z';
}

std::optional<Milliseconds> parse_duration(std::string_view text) noexcept {
  struct Unit {
    std::string_view name;
    double milliseconds;
  };
  // "ms" before "m": the first that fits is taken.
  static constexpr std::array<Unit, 6> units{
      {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}}};
  if (text == "0") return Milliseconds(0);
  if (text.empty()) return std::nullopt;

  double total = 0;
  while (!text.empty()) {
    double number = 0;
    double scale = 1;
    bool any = false;
    while (const auto digit = take_digits(text, 1)) {
      number = number * 10 + *digit;
      any = true;
    }
    if (take(text, '.')) {
      while (const auto digit = take_digits(text, 1)) {
        scale /= 10;
        number += *digit * scale;
        any = true;
      }
    }
    if (!any) return std::nullopt;
    const Unit* found = nullptr;
    for (const Unit& unit : units) {
      if (text.substr(0, unit.name.size()) == unit.name) {
        found = &unit;
        break;
      }
    }
    if (found == nullptr) return std::nullopt;
    text.remove_prefix(found->name.size());
    total += number * found->milliseconds;
  }
  if (!(total < 1e15)) return std::nullopt;
  return Milliseconds(std::llround(total));
}

std::string format_duration(Milliseconds duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  const auto put = [&](std::int64_t unit, const char* suffix) {
    if (rest >= unit) text += fmt::format("{}{}", rest / unit, suffix);
    rest %= unit;
  };
  put(3'600'000, "h");
  put(60'000, "m");
  put(1'000, "s");
  put(1, "ms");
  return text;
}

}  // namespace anthropic_metrics
