// SPDX-License-Identifier: Apache-2.0
#include "http/headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "http/octets.hpp"

namespace anthropic_metrics::http {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> digits(std::string_view text) noexcept {
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

}  // namespace

std::optional<ServerTime> parse_http_date(std::string_view text) noexcept {
  // "Mon, 23 Nov 2026 10:25:00 GMT"
  //  0    5  8   12   17 20 23  26
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
      text[16] != ' ' || text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto day = digits(text.substr(5, 2));
  const auto year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  const auto month = std::find(month_names.begin(), month_names.end(), text.substr(8, 3));
  if (!day || !year || !hour || !minute || !second || month == month_names.end())
    return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;

  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - month_names.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days days = date;
  if (text.substr(0, 3) != day_names[std::chrono::weekday(days).c_encoding()]) return std::nullopt;
  return days + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<ServerTime> server_date(const ResponseHead& head) noexcept {
  return parse_http_date(trim(head.find("date")));
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
  std::string_view coding;
  for (const Header& header : head.headers) {
    if (!same_header_name(header.name, "content-encoding")) continue;
    const std::string_view value = trim(header.value);
    if (value.empty() || same_header_name(value, "identity")) continue;
    if (!coding.empty()) return ContentEncoding::unknown;
    coding = value;
  }
  if (coding.empty()) return ContentEncoding::identity;
  return same_header_name(coding, "gzip") || same_header_name(coding, "x-gzip")
             ? ContentEncoding::gzip
             : ContentEncoding::unknown;
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

}  // namespace anthropic_metrics::http
