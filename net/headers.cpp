// SPDX-License-Identifier: Apache-2.0
#include "net/headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> digits(std::string_view text) noexcept {
  if (text.empty() || text.size() > 4) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// A plain decimal number, "1.5": no sign, no exponent, no "inf" or "nan".
std::optional<double> decimal(std::string_view text) noexcept {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> bounded(double milliseconds) noexcept {
  constexpr double year = 366.0 * 86400.0 * 1000.0;
  if (!(milliseconds >= 0) || milliseconds > year) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(milliseconds)));
}

bool take(std::string_view& text, std::string_view expected) noexcept {
  if (text.substr(0, expected.size()) != expected) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// What precedes `end`, which is taken too; all of it if there is none.
std::string_view until(std::string_view& text, char end) noexcept {
  const std::string_view piece = text.substr(0, text.find(end));
  text.remove_prefix(std::min(piece.size() + 1, text.size()));
  return piece;
}

struct DateParts {
  std::string_view day, month, year, time;
};

std::optional<std::chrono::seconds> time_of_day(std::string_view text) noexcept {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2));
  const auto minute = digits(text.substr(3, 2));
  const auto second = digits(text.substr(6, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

/// `weekday` as in day_names, or its first three letters.
std::optional<ServerTime> assemble(std::string_view weekday, const DateParts& parts) noexcept {
  const auto day = digits(parts.day);
  const auto year = digits(parts.year);
  const auto time = time_of_day(parts.time);
  const auto month = std::find(month_names.begin(), month_names.end(), parts.month);
  if (!day || !year || !time || month == month_names.end()) return std::nullopt;
  // Two digits: the years from 1970 to 2069, as everywhere.
  const int century = parts.year.size() == 4 ? 0 : *year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{
      std::chrono::year(century + *year),
      std::chrono::month(static_cast<unsigned>(month - month_names.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days days = date;
  const std::string_view name = day_names[std::chrono::weekday(days).c_encoding()];
  if (weekday != name && weekday != name.substr(0, 3)) return std::nullopt;
  return days + *time;
}

/// Codings that are registered, and not understood here.
bool is_foreign_coding(std::string_view coding) noexcept {
  constexpr std::array<std::string_view, 10> names = {
      "br",  "zstd",       "deflate",   "compress", "dcb",
      "dcz", "x-compress", "aes128gcm", "exi",      "pack200-gzip"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return same_header_name(name, coding); });
}

}  // namespace

std::optional<ServerTime> parse_http_date(std::string_view text) noexcept {
  const std::string_view weekday = text.substr(0, text.find_first_of(", "));
  std::string_view rest = text.substr(weekday.size());
  DateParts parts;
  if (rest.substr(0, 2) != ", ") {  // asctime: "Mon Nov  3 10:25:00 2026"
    if (weekday.size() != 3 || !take(rest, " ")) return std::nullopt;
    parts.month = until(rest, ' ');
    if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);  // its day is padded
    parts.day = until(rest, ' ');
    parts.time = until(rest, ' ');
    parts.year = rest;
    if (parts.year.size() != 4) return std::nullopt;
    return assemble(weekday, parts);
  }
  rest.remove_prefix(2);
  const bool rfc850 = weekday.size() > 3;  // "Monday, 23-Nov-26 10:25:00 GMT"
  parts.day = until(rest, rfc850 ? '-' : ' ');
  parts.month = until(rest, rfc850 ? '-' : ' ');
  parts.year = until(rest, ' ');
  parts.time = until(rest, ' ');
  if (rest != "GMT" || parts.day.size() != 2 || parts.year.size() != (rfc850 ? 2 : 4)) {
    return std::nullopt;
  }
  return assemble(weekday, parts);
}

std::optional<ServerTime> server_date(const ResponseHead& head) noexcept {
  for (const Header& header : head.headers) {
    if (!same_header_name(header.name, "date")) continue;
    if (const auto date = parse_http_date(trim(header.value))) return date;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> retry_after(const ResponseHead& head) noexcept {
  if (const auto ms = decimal(trim(head.find("retry-after-ms")))) {
    if (const auto wait = bounded(*ms)) return wait;
  }
  const std::string_view value = trim(head.find("retry-after"));
  if (const auto seconds = decimal(value)) return bounded(*seconds * 1000.0);

  const auto when = parse_http_date(value);
  const auto now = server_date(head);
  if (!when || !now) return std::nullopt;
  const std::chrono::milliseconds wait = *when - *now;
  return bounded(std::max(0.0, static_cast<double>(wait.count())));
}

std::optional<bool> should_retry(const ResponseHead& head) noexcept {
  const std::string_view value = trim(head.find("x-should-retry"));
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

ContentEncoding content_encoding(const ResponseHead& head) noexcept {
  int packed = 0;
  for (const Header& header : head.headers) {
    if (!same_header_name(header.name, "content-encoding")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::string_view coding = trim(until(rest, ','));
      if (is_foreign_coding(coding)) return ContentEncoding::unknown;
      packed += same_header_name(coding, "gzip") || same_header_name(coding, "x-gzip") ? 1 : 0;
    }
  }
  if (packed == 0) return ContentEncoding::identity;
  return packed == 1 ? ContentEncoding::gzip : ContentEncoding::unknown;
}

std::string_view location_host(std::string_view location) noexcept {
  const auto mark = location.find("//");
  if (mark == std::string_view::npos ||
      location.substr(0, mark).find_first_of("/?#") != std::string_view::npos) {
    return {};
  }
  std::string_view authority = location.substr(mark + 2);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  return authority;
}

}  // namespace anthropic_metrics::net
