// SPDX-License-Identifier: Apache-2.0
#include "net/headers.hpp"

#include <catch2/catch_test_macros.hpp>

namespace anthropic_metrics::net {
namespace {

using std::chrono::milliseconds;

ResponseHead head_with(std::vector<Header> headers) {
  return {200, std::move(headers)};
}

}  // namespace

TEST_CASE("an HTTP date is read exactly") {
  struct Case {
    std::string_view text;
    std::int64_t seconds;  // -1: refused
  };
  const Case cases[] = {
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
      {"Mon, 23 Nov 2026 10:25:00 GMT", 1795429500},
      {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
      {"Wed, 19 Jan 2039 03:14:08 GMT", 2179019648},
      {"Tue, 23 Nov 2026 10:25:00 GMT", -1},  // the wrong day name
      {"Thu, 29 Feb 2023 00:00:00 GMT", -1},
      {"Mon, 32 Nov 2026 10:25:00 GMT", -1},
      {"Mon, 00 Nov 2026 10:25:00 GMT", -1},
      {"Mon, 23 Foo 2026 10:25:00 GMT", -1},
      {"Mon, 23 nov 2026 10:25:00 GMT", -1},
      {"Mon, 23 Nov 2026 24:00:00 GMT", -1},
      {"Mon, 23 Nov 2026 10:60:00 GMT", -1},
      {"Mon, 23 Nov 2026 10:25:61 GMT", -1},
      {"Mon, 23 Nov 2026 10:25:00 UTC", -1},
      {"Mon, 23 Nov 2026 10:25:00 +0000", -1},
      {"Mon, 23 Nov 26 10:25:00 GMT", -1},
      {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},
      {"Monday, 23-Nov-26 10:25:00 GMT", 1795429500},
      {"Mon Nov 23 10:25:00 2026", 1795429500},
      {"Tuesday, 23-Nov-26 10:25:00 GMT", -1},
      {"Sunday, 1-Nov-26 10:25:00 GMT", -1},
      {"Monday, 23-Nov-2026 10:25:00 GMT", -1},
      {"Monday, 23-Nov-26 10:25:00", -1},
      {"Monda, 23-Nov-26 10:25:00 GMT", -1},
      {"Tue Nov 23 10:25:00 2026", -1},
      {"Mon Nov 23 10:25:00 26", -1},
      {"Mon Nov 23 10:25:00 2026 GMT", -1},
      {"Sun Nov 6  08:49:37 1994", -1},
      {"Monday Nov 23 10:25:00 2026", -1},
      {"Saturday, 29-Feb-20 00:00:00 GMT", 1582934400},
      {"Wednesday, 19-Jan-39 03:14:08 GMT", 2179019648},
      {"Friday, 01-Jan-99 00:00:00 GMT", 915148800},
      {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
      {"Thursday, 01-Jan-99 00:00:00 GMT", -1},
      {"Mon, 23 Nov 2026 1a:25:00 GMT", -1},
      {"Mon, 23 Nov 2026 10:25:00 GMT ", -1},
      {"", -1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto time = parse_http_date(c.text);
    REQUIRE(time.has_value() == (c.seconds >= 0));
    if (time) CHECK(time->time_since_epoch().count() == c.seconds);
  }
  CHECK(server_date(head_with({{"DATE", " Sun, 06 Nov 1994 08:49:37 GMT"}})).has_value());
  CHECK(
      server_date(head_with({{"Date", "soon"}, {"Date", "Sun Nov  6 08:49:37 1994"}})).has_value());
  CHECK_FALSE(server_date(head_with({})).has_value());
}

TEST_CASE("retry-after is read in seconds, milliseconds and as a date of the server's clock") {
  const std::string date = "Mon, 23 Nov 2026 10:25:00 GMT";
  struct Case {
    std::vector<Header> headers;
    std::int64_t expected;  // milliseconds; -1: none
  };
  const Case cases[] = {
      {{}, -1},
      {{{"retry-after", "0"}}, 0},
      {{{"retry-after", "7"}}, 7000},
      {{{"Retry-After", " 7 "}}, 7000},
      {{{"retry-after", "1.5"}}, 1500},
      {{{"retry-after", ".25"}}, 250},
      {{{"retry-after", "0.0001"}}, 1},  // rounded up, never down to "at once"
      {{{"retry-after", "86400"}}, 86400000},
      {{{"retry-after", "-1"}}, -1},
      {{{"retry-after", "1e3"}}, -1},
      {{{"retry-after", "nan"}}, -1},
      {{{"retry-after", "inf"}}, -1},
      {{{"retry-after", "0x10"}}, -1},
      {{{"retry-after", "1.2.3"}}, -1},
      {{{"retry-after", "soon"}}, -1},
      {{{"retry-after", "99999999999999999999"}}, -1},
      {{{"retry-after", ""}}, -1},
      {{{"retry-after-ms", "250"}}, 250},
      {{{"retry-after-ms", "250"}, {"retry-after", "9"}}, 250},
      {{{"retry-after-ms", "bad"}, {"retry-after", "9"}}, 9000},
      {{{"date", date}, {"retry-after", "Mon, 23 Nov 2026 10:25:30 GMT"}}, 30000},
      {{{"date", date}, {"retry-after", "Mon, 23 Nov 2026 10:24:00 GMT"}}, 0},
      {{{"date", date}, {"retry-after", "Monday, 23-Nov-26 10:25:30 GMT"}}, 30000},
      {{{"date", "Mon Nov 23 10:25:00 2026"}, {"retry-after", "Mon Nov 23 10:25:30 2026"}}, 30000},
      {{{"retry-after", "Mon, 23 Nov 2026 10:25:30 GMT"}}, -1},  // no Date to measure from
      {{{"date", date}, {"retry-after", "Thu, 23 Nov 2028 10:25:30 GMT"}}, -1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.headers.empty() ? "" : c.headers.back().value, c.headers.size());
    const auto wait = retry_after(head_with(c.headers));
    REQUIRE(wait.has_value() == (c.expected >= 0));
    if (wait) CHECK(wait->count() == c.expected);
  }
}

TEST_CASE("x-should-retry says true, false or nothing") {
  CHECK(should_retry(head_with({{"X-Should-Retry", "true"}})) == true);
  CHECK(should_retry(head_with({{"x-should-retry", " false "}})) == false);
  CHECK_FALSE(should_retry(head_with({{"x-should-retry", "yes"}})).has_value());
  CHECK_FALSE(should_retry(head_with({})).has_value());
}

TEST_CASE("a content coding is identity, gzip or unknown") {
  CHECK(content_encoding(head_with({})) == ContentEncoding::identity);
  CHECK(content_encoding(head_with({{"content-encoding", ""}})) == ContentEncoding::identity);
  CHECK(content_encoding(head_with({{"content-encoding", "identity"}})) ==
        ContentEncoding::identity);
  CHECK(content_encoding(head_with({{"Content-Encoding", "GZip"}})) == ContentEncoding::gzip);
  CHECK(content_encoding(head_with({{"content-encoding", "x-gzip"}})) == ContentEncoding::gzip);
  for (const char* packed : {"gzip,identity", "identity, X-GZIP", "gzip,", " , gzip"})
    CHECK(content_encoding(head_with({{"content-encoding", packed}})) == ContentEncoding::gzip);
  CHECK(content_encoding(head_with({{"content-encoding", "identity"},
                                    {"content-encoding", "gzip"}})) == ContentEncoding::gzip);
  for (const char* none : {"utf-8", "none", "binary", "identity, identity"})
    CHECK(content_encoding(head_with({{"content-encoding", none}})) == ContentEncoding::identity);
  for (const char* unknown : {"br", "deflate", "zstd", "gzip, gzip", "gzip, BR"}) {
    CHECK(content_encoding(head_with({{"content-encoding", unknown}})) == ContentEncoding::unknown);
  }
  CHECK(content_encoding(head_with({{"content-encoding", "gzip"}, {"content-encoding", "gzip"}})) ==
        ContentEncoding::unknown);
}

TEST_CASE("of a redirect's target only the host is taken") {
  CHECK(location_host("https://evil.example/path?key=1") == "evil.example");
  CHECK(location_host("//evil.example:8443/x") == "evil.example:8443");
  CHECK(location_host("https://user:pass@evil.example/x") == "evil.example");
  CHECK(location_host("https://a.example\\@b.example/") == "a.example");
  CHECK(location_host("/relative").empty());
  CHECK(location_host("/relative?u=https://x").empty());
  CHECK(location_host("").empty());
}

}  // namespace anthropic_metrics::net
