// SPDX-License-Identifier: Apache-2.0
// Which days a bill is looked at for, and which of them may still change.
#include "finance/period.hpp"

#include "finance/open_days.hpp"
#include "finance_books.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::format_date;
using anthropic_metrics::Instant;
using anthropic_metrics::parse_rfc3339;

namespace {

const Instant now = *parse_rfc3339("2026-11-04T12:00:00Z");

std::string said(std::string_view month, std::string_view from = {}, std::string_view to = {}) {
  const auto period = period_of(month, from, to, now);
  if (!period) {
    const Failure failure = period.error();
    CHECK(failure.code == ExitCode::usage);
    REQUIRE(failure.lines.size() == 1);
    return failure.lines.front();
  }
  return period->name + ": " + format_date(Instant(period->from)) + " until " +
         format_date(Instant(period->to));
}

std::string text_of(const std::vector<OpenDays>& ranges) {
  std::string text;
  for (const OpenDays& range : ranges)
    text += format_date(Instant(range.first)) + " to " + format_date(Instant(range.last)) +
            (range.settled ? " read again until " : " not settled until ") +
            anthropic_metrics::format_rfc3339(range.until) + "; ";
  return text;
}

}  // namespace

TEST_CASE("a period is a month or what somebody names") {
  CHECK(said("2026-10") == "2026-10: 2026-10-01 until 2026-11-01");
  CHECK(said("2026-11") == "2026-11: 2026-11-01 until 2026-12-01");
  CHECK(said("2025-12") == "2025-12: 2025-12-01 until 2026-01-01");
  CHECK(said("2024-02") == "2024-02: 2024-02-01 until 2024-03-01");
  CHECK(said("", "2026-10-03", "2026-10-06") ==
        "2026-10-03 to 2026-10-05: 2026-10-03 until 2026-10-06");
  CHECK(said("", "2026-11-01") == "2026-11-01 to 2026-11-04: 2026-11-01 until 2026-11-05");
}

TEST_CASE("what is no period is told in one sentence with its remedy") {
  CHECK(said("2026-12") ==
        "--month: 2026-12 has not begun, it is 2026-11-04; name a month that has");
  for (const char* month : {"2026-13", "2026-1", "October", "2026-10-01", "2026/10", "26-10-1"})
    CHECK(said(month) ==
          "--month: '" + std::string(month) + "' is no month; write it like 2026-10");
  CHECK(said("") == "say which days: --month, or --from and, if it shall not be until now, --to");
  CHECK(said("2026-10", "2026-10-01") == said(""));
  CHECK(said("2026-10", "", "2026-10-02") == "--to is of --from; leave it out beside --month");
  CHECK(said("", "soon") == "--from: 'soon' is no date; write it like 2026-10-01");
  CHECK(said("", "2026-10-01", "soon") == "--to: 'soon' is no date; write it like 2026-11-01");
  CHECK(said("", "2026-11-05") ==
        "--from: 2026-11-05 has not begun, it is 2026-11-04; name a day that has");
  CHECK(said("", "2026-10-02", "2026-10-02") ==
        "--to: 2026-10-02 is not after --from 2026-10-02; it is the first day that is left out");
}

TEST_CASE("days are open until the look-back has passed them") {
  const auto october = period_of("2026-10", "", "", now);
  REQUIRE(october.has_value());
  CHECK(text_of(open_days(*october, {}, *parse_rfc3339("2026-11-04T12:00:00Z"))) ==
        "2026-10-01 to 2026-10-31 read again until 2026-12-06T00:00:00Z; ");
  // 35 days after the end of the first of October it is the 6th of November.
  CHECK(text_of(open_days(*october, {}, *parse_rfc3339("2026-11-06T00:00:00Z"))) ==
        "2026-10-02 to 2026-10-31 read again until 2026-12-06T00:00:00Z; ");
  CHECK(text_of(open_days(*october, {}, *parse_rfc3339("2026-12-06T00:00:00Z"))).empty());
  CHECK(text_of(open_days(*october, {}, *parse_rfc3339("2026-11-01T00:59:59Z"))) ==
        "2026-10-01 to 2026-10-30 read again until 2026-12-05T00:00:00Z; "
        "2026-10-31 to 2026-10-31 not settled until 2026-11-01T01:00:00Z; ");
}
