// SPDX-License-Identifier: Apache-2.0
#include "api/newest_day.hpp"

#include <catch2/catch_test_macros.hpp>

#include "api/foreign_answer.hpp"
#include "api/status_error.hpp"

namespace anthropic_metrics::api {
namespace {

TEST_CASE("a request for a day says which") {
  CHECK(day_asked_for("/v1/users?date=2026-11-26&limit=1000") == "2026-11-26");
  CHECK(day_asked_for("/v1/x?limit=1&starting_date=2026-11-26&ending_date=2026-11-27") ==
        "2026-11-26");
  CHECK(day_asked_for("/v1/x?starting_at=2026-11-26") == "2026-11-26");
  for (const char* other : {"/v1/x", "/v1/x?limit=1", "/v1/x?starting_at=2026-11-26T00%3A00%3A00Z",
                            "/v1/x?update=2026-11-26", "/v1/x?date=2026-13-26", "/v1/x?date="})
    CHECK(day_asked_for(other).empty());
}

TEST_CASE("a refusal that names the newest day means that the day asked for is not there yet") {
  const std::string day = "2026-11-27";
  for (const char* refusal : {"date: Data are available up to 2026-11-25, not for 2026-11-27",
                              "the newest day is 2026-11-26T00:00:00Z", "2026-11-20"}) {
    INFO(refusal);
    CHECK(names_an_earlier_day(refusal, day));
  }
  for (const char* refusal :
       {"", "limit: expected 1 to 1000", "date must be at or after 2026-01-01",
        "between 2026-11-26 and 2026-11-28", "2026-11-27", "no day 2026-99-99", "12026-11-2"}) {
    INFO(refusal);
    CHECK_FALSE(names_an_earlier_day(refusal, day));
  }
  CHECK_FALSE(names_an_earlier_day("2026-11-26", ""));
}

TEST_CASE("such a refusal is no failure") {
  const std::string body =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"Data are available up to 2026-11-25"}})";
  Asked asked;
  asked.day = "2026-11-27";
  const net::ResponseHead head{400, {}};
  const Error early = status_error(head, body, asked);
  CHECK(early.code == Errc::nothing_yet);
  CHECK(early.message.find("nothing to fetch yet") != std::string::npos);
  asked.day.clear();
  CHECK(status_error(head, body, asked).code == Errc::configuration);
  asked.day = "2026-11-20";
  CHECK(status_error(head, body, asked).code == Errc::configuration);
}

TEST_CASE("what a withheld answer held is in no message") {
  const net::ResponseHead head{200, {}};
  const Error fault{Errc::protocol, "$ has no data array"};
  const std::string body = R"({"people":"ann@example.org"})";
  Asked asked;
  asked.path = "/v1/organizations/users";
  CHECK(foreign_answer(head, body, fault, asked).message.find("ann") != std::string::npos);
  asked.withheld = true;
  const Error withheld = foreign_answer(head, body, fault, asked);
  CHECK(withheld.message.find("ann") == std::string::npos);
  CHECK(withheld.message.find("$ has no data array") != std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::api
