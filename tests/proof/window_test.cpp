// SPDX-License-Identifier: Apache-2.0
// Between which moments an audit compares.
#include <catch2/catch_test_macros.hpp>

#include "base/time_text.hpp"
#include "catch_failure.hpp"
#include "proof/audit_window.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::host;

namespace {

Instant at(const char* text) {
  return parse_date_or_time(text).value();
}

std::int64_t seconds(const char* text) {
  return at(text).time_since_epoch().count();
}

StreamWork work(const char* width) {
  return {{width, {}}, std::chrono::minutes(5), std::chrono::minutes(5), false};
}

std::string refused(const char* from, const char* to, const char* now) {
  const auto window =
      window_of(*from == '\0' ? std::nullopt : std::optional(at(from)),
                *to == '\0' ? std::nullopt : std::optional(at(to)), work("1h"), at(now));
  return window ? std::string() : window.error().lines.front();
}

}  // namespace

TEST_CASE("without a wish the 30 days before the newest bucket that is read are compared") {
  const auto window = window_of({}, {}, work("1h"), at("2026-10-31T12:07:00Z"));
  REQUIRE(window);
  CHECK(window->to == seconds("2026-10-31T11:00:00Z"));
  CHECK(window->from == seconds("2026-10-01T11:00:00Z"));
}

TEST_CASE("a wish is rounded outwards to whole buckets that are over") {
  const auto window = window_of(at("2026-10-01T00:30:00Z"), at("2026-10-02T00:30:00Z"), work("1h"),
                                at("2026-10-31T00:00:00Z"));
  REQUIRE(window);
  CHECK(window->from == seconds("2026-10-01"));
  CHECK(window->to == seconds("2026-10-02T01:00:00Z"));
  const auto until_now =
      window_of(at("2026-10-30"), at("2027-01-01"), work("1d"), at("2026-10-31T12:00:00Z"));
  REQUIRE(until_now);
  CHECK(until_now->to == seconds("2026-10-31"));
}

TEST_CASE("a time that cannot be compared is refused with a remedy") {
  CHECK(refused("2026-11-01", "", "2026-10-31T00:00:00Z") ==
        "--from 2026-11-01T00:00:00Z is in the future; name a time that is past");
  CHECK(
      refused("2026-10-30T23:10:00Z", "", "2026-10-30T23:50:00Z") ==
      "no bucket of 1h that begins at 2026-10-30T23:00:00Z is over yet; name an earlier time with "
      "--from");
}

TEST_CASE("the newest settled day is over and read") {
  const AuditWindow early = newest_day_of(work("1h"), at("2026-10-31T00:09:59Z"));
  CHECK(early.to == seconds("2026-10-30"));
  const AuditWindow later = newest_day_of(work("1h"), at("2026-10-31T00:10:00Z"));
  CHECK(later.from == seconds("2026-10-30"));
  CHECK(later.to == seconds("2026-10-31"));
}
