// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.hpp"

#include "base/timestamp.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::at;

TEST_CASE("an RFC 3339 time is read to the second") {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
  };
  const auto [text, seconds] = GENERATE(
      Case{"1970-01-01T00:00:00Z", 0}, Case{"2026-09-01T00:00:00Z", 1788220800},
      Case{"2026-09-01t00:00:00z", 1788220800}, Case{"2026-09-01T02:00:00+02:00", 1788220800},
      Case{"2026-08-31T18:30:00-05:30", 1788220800},
      Case{"2026-09-01T00:00:00.999999999Z", 1788220800}, Case{"2024-02-29T12:34:56Z", 1709210096},
      Case{"2016-12-31T23:59:60Z", 1483228800}, Case{"9999-12-31T23:59:59Z", 253402300799});
  CAPTURE(text);

  const auto instant = parse_rfc3339(text);

  REQUIRE(instant.has_value());
  CHECK(instant->time_since_epoch().count() == seconds);
}

TEST_CASE("text that is not an RFC 3339 time is refused") {
  const auto text = GENERATE(
      as<std::string>{}, "", "2026", "2026-09-01", "2026-09-01T00:00:00", "2026-09-01 00:00:00Z",
      "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z", "2026-09-01T24:00:00Z", "2026-09-01T00:60:00Z",
      "2026-09-01T00:00:61Z", "1969-12-31T23:59:59Z", "2026-09-01T00:00:00.Z",
      "2026-09-01T00:00:00+0200", "2026-09-01T00:00:00+24:00", "2026-09-01T00:00:00+02:60",
      "2026-09-01T00:00:00Zx", " 2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z ", "20260901T000000Z",
      "-026-09-01T00:00:00Z", "2026-9-1T00:00:00Z");
  CAPTURE(text);

  CHECK_FALSE(parse_rfc3339(text).has_value());
}

TEST_CASE("an offset cannot carry a time out of the years 1970 to 9999") {
  CHECK_FALSE(parse_rfc3339("1970-01-01T00:00:00+01:00").has_value());
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:59-01:00").has_value());
}

TEST_CASE("a time printed and read again is the same time") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Instant instant(std::chrono::seconds(test::pick(random, 0, 253402300799)));

    const std::string text = format_rfc3339(instant);

    CAPTURE(text);
    REQUIRE(text.size() == 20);
    REQUIRE(parse_rfc3339(text) == instant);
  }
}

TEST_CASE("a duration in Go's form is read") {
  struct Case {
    std::string_view text;
    Milliseconds duration;
  };
  const auto [text, duration] = GENERATE(
      Case{"0", 0ms}, Case{"0s", 0ms}, Case{"90s", 90s}, Case{"5m", 5min}, Case{"24h", 24h},
      Case{"168h", 168h}, Case{"1h30m", 90min}, Case{"1.5h", 90min}, Case{"250ms", 250ms},
      Case{".5s", 500ms}, Case{"1.s", 1s}, Case{"1h2m3s4ms", 3723004ms}, Case{"2000us", 2ms},
      Case{"3000000ns", 3ms}, Case{"0.1s", 100ms}, Case{"007s", 7s});
  CAPTURE(text);

  CHECK(parse_duration(text) == duration);
}

TEST_CASE("text that is not a duration is refused") {
  const auto text = GENERATE(as<std::string>{}, "", "5", "1.5", "5d", "1w", "s", "-5m", "+5m",
                             "5 m", " 5m", "5m ", "5mm", "5M", ".", ".s", "1h30", "1e3s", "1,5h",
                             "0x10s", "99999999999999h", "1..5s", "infs", "nans");
  CAPTURE(text);

  CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("a duration prints in its shortest form") {
  struct Case {
    Milliseconds duration;
    std::string_view text;
  };
  const auto [duration, text] =
      GENERATE(Case{0ms, "0s"}, Case{250ms, "250ms"}, Case{90s, "1m30s"}, Case{5min, "5m"},
               Case{90min, "1h30m"}, Case{24h, "24h"}, Case{3723004ms, "1h2m3s4ms"});

  CHECK(format_duration(duration) == text);
}

TEST_CASE("a duration printed and read again is the same duration") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Milliseconds duration(
        test::pick(random, 0, std::int64_t{1} << test::pick(random, 0, 45)));

    CAPTURE(duration.count());
    REQUIRE(parse_duration(format_duration(duration)) == duration);
  }
}

TEST_CASE("the time of a line has milliseconds, whatever they are") {
  const std::chrono::system_clock::time_point second = at("2026-09-01T23:59:59Z");
  CHECK(timestamp(second) == "2026-09-01T23:59:59.000Z");
  CHECK(timestamp(second + 7ms) == "2026-09-01T23:59:59.007Z");
  CHECK(timestamp(second + 999'999us) == "2026-09-01T23:59:59.999Z");
}

}  // namespace
}  // namespace anthropic_metrics
