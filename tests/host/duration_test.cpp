// SPDX-License-Identifier: Apache-2.0
#include "policy/duration.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

using anthropic_metrics::host::parse_duration;

TEST_CASE("durations are read in Go's form, and nothing else is") {
  struct Case {
    std::string text;
    std::int64_t seconds;
  };
  for (const Case& row : {Case{"0s", 0}, Case{"90s", 90}, Case{"5m", 300}, Case{"168h", 604'800},
                          Case{"1h30m5s", 5405}}) {
    CAPTURE(row.text);
    CHECK(parse_duration(row.text) == std::chrono::seconds(row.seconds));
  }
  for (const char* text :
       {"", "7", "7d", "h", "-1h", "1.5h", "1h ", "99999999999999999999h", "900000h900000h"}) {
    CAPTURE(text);
    CHECK(!parse_duration(text));
  }
}
