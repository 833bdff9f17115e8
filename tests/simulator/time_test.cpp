// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;
using namespace std::chrono_literals;

TEST_CASE("RFC 3339 is read with fractions and offsets and written in UTC") {
  CHECK(format_rfc3339(time("2024-02-29T23:59:59Z")) == "2024-02-29T23:59:59Z");
  CHECK(parse_rfc3339("2026-09-01T02:00:00+02:00") == parse_rfc3339("2026-09-01T00:00:00Z"));
  CHECK(*parse_rfc3339("2026-09-01T00:00:00.25Z") - *parse_rfc3339("2026-09-01T00:00:00Z") ==
        250ms);
  for (const char* wrong :
       {"", "2026-09-01", "2026-02-29T00:00:00Z", "2026-09-01T24:00:00Z", "2026-09-01T00:00:00",
        "2026-09-01T00:00:00 00:00", "2026-09-01T00:00:00Zx", "2026-9-1T00:00:00Z"}) {
    INFO(wrong);
    CHECK_FALSE(parse_rfc3339(wrong));
  }
}

TEST_CASE("The Date header has the form of RFC 7231") {
  CHECK(format_http_date(time("1994-11-06T08:49:37Z")) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("A clock of speed 0 stands still until it is advanced, and never goes back") {
  Clock clock(time("2026-01-01T00:00:00Z"), 0);

  clock.advance(1h);
  clock.advance(-2h);

  CHECK(format_rfc3339(clock.now()) == "2026-01-01T01:00:00Z");
}

TEST_CASE("Durations have one number and one unit") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("24h") == 24h);
  CHECK(parse_duration("7d") == 168h);
  for (const char* wrong : {"", "5", "m", "-5m", "5m5", "1h30m", "99999999999h"})
    CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("Amounts keep every digit") {
  for (const char* exact :
       {"0", "123.78912", "-0.5", "90071992547409.931234567", "0.000000000000000001"}) {
    CHECK(format_amount(parse_amount(exact).value()) == exact);
  }
  CHECK(format_amount(parse_amount("8.0000").value()) == "8");
  CHECK(format_amount(parse_amount("1.5e3").value()) == "1500");
  CHECK(format_amount(parse_amount("25E-4").value()) == "0.0025");
  for (const char* wrong :
       {"", "-", ".", "1,5", "0x1", "1e", "1e999", "0.0000000000000000001", "1.2.3"}) {
    INFO(wrong);
    CHECK_FALSE(parse_amount(wrong));
  }
}
