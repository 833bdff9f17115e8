// SPDX-License-Identifier: Apache-2.0
#include "streams/window.hpp"

#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::failure;
using test::must;

TEST_CASE("instants align to bucket boundaries in UTC") {
  struct Case {
    std::string_view instant;
    std::chrono::seconds width;
    std::string_view down, up;
  };
  const auto [instant, width, down, up] =
      GENERATE(Case{"2026-09-01T12:34:56Z", 1h, "2026-09-01T12:00:00Z", "2026-09-01T13:00:00Z"},
               Case{"2026-09-01T12:34:56Z", 60s, "2026-09-01T12:34:00Z", "2026-09-01T12:35:00Z"},
               Case{"2026-09-01T12:34:56Z", 24h, "2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"},
               Case{"2026-09-01T00:00:00Z", 24h, "2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z"},
               Case{"2026-12-31T23:59:59Z", 1h, "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"});

  CHECK(align_down(at(instant), width) == at(down));
  CHECK(align_up(at(instant), width) == at(up));
}

TEST_CASE("the newest boundary is the last one that closed and settled") {
  struct Case {
    std::string_view now;
    Milliseconds settle;
    std::string_view boundary;
  };
  const auto [now, settle, boundary] =
      GENERATE(Case{"2026-09-01T12:59:59Z", 0ms, "2026-09-01T12:00:00Z"},
               Case{"2026-09-01T13:00:00Z", 0ms, "2026-09-01T13:00:00Z"},
               Case{"2026-09-01T13:04:59Z", 5min, "2026-09-01T12:00:00Z"},
               Case{"2026-09-01T13:05:00Z", 5min, "2026-09-01T13:00:00Z"},
               Case{"2026-09-01T13:00:00Z", 1ms, "2026-09-01T12:00:00Z"},
               Case{"2026-09-01T13:00:00Z", 48h, "2026-08-30T13:00:00Z"});
  CAPTURE(now);

  CHECK(newest_boundary(at(now), 1h, settle) == at(boundary));
}

TEST_CASE("a range is split into windows of at most so many buckets, oldest first") {
  const auto windows = split(at("2026-09-01T00:00:00Z"), at("2026-09-01T07:00:00Z"), 1h, 3);

  REQUIRE(windows.size() == 3);
  CHECK(windows[0] == Window{at("2026-09-01T00:00:00Z"), at("2026-09-01T03:00:00Z")});
  CHECK(windows[1] == Window{at("2026-09-01T03:00:00Z"), at("2026-09-01T06:00:00Z")});
  CHECK(windows[2] == Window{at("2026-09-01T06:00:00Z"), at("2026-09-01T07:00:00Z")});
}

TEST_CASE("an empty or reversed range has no windows") {
  CHECK(split(at("2026-09-01T00:00:00Z"), at("2026-09-01T00:00:00Z"), 1h, 3).empty());
  CHECK(split(at("2026-09-01T01:00:00Z"), at("2026-09-01T00:00:00Z"), 1h, 3).empty());
}

Bucket bucket(std::string_view start, std::string_view end) {
  Bucket bucket;
  bucket.start = at(start);
  bucket.end = at(end);
  return bucket;
}

/// A sequence over three hours that has taken the first.
BucketSequence begun() {
  BucketSequence sequence({at("2026-09-01T00:00:00Z"), at("2026-09-01T03:00:00Z")}, 1h);
  must(sequence.take(bucket("2026-09-01T00:00:00Z", "2026-09-01T01:00:00Z")));
  return sequence;
}

TEST_CASE("all buckets in order, once, are a whole window") {
  BucketSequence sequence = begun();
  must(sequence.take(bucket("2026-09-01T01:00:00Z", "2026-09-01T02:00:00Z")));
  must(sequence.take(bucket("2026-09-01T02:00:00Z", "2026-09-01T03:00:00Z")));

  must(sequence.finish());
}

TEST_CASE("any other order of buckets is an error that names the bucket") {
  struct Case {
    const char* what;
    std::string_view start, end;
    std::string_view named;
  };
  const auto [what, start, end, named] =
      GENERATE(Case{"gap", "2026-09-01T02:00:00Z", "2026-09-01T03:00:00Z",
                    "2026-09-01T01:00:00Z is missing"},
               Case{"repeat", "2026-09-01T00:00:00Z", "2026-09-01T01:00:00Z",
                    "2026-09-01T00:00:00Z came back"},
               Case{"overlap", "2026-09-01T00:30:00Z", "2026-09-01T01:30:00Z",
                    "2026-09-01T00:30:00Z came back"},
               Case{"too wide", "2026-09-01T01:00:00Z", "2026-09-01T03:00:00Z", "is not 1h long"},
               Case{"too narrow", "2026-09-01T01:00:00Z", "2026-09-01T01:01:00Z", "is not 1h long"},
               Case{"reversed", "2026-09-01T02:00:00Z", "2026-09-01T01:00:00Z", "is not 1h long"},
               Case{"before", "2026-08-31T23:00:00Z", "2026-09-01T00:00:00Z",
                    "2026-08-31T23:00:00Z came back"},
               Case{"after", "2026-09-01T03:00:00Z", "2026-09-01T04:00:00Z",
                    "2026-09-01T03:00:00Z came back"});
  CAPTURE(what);
  BucketSequence sequence = begun();

  const Error error = failure(sequence.take(bucket(start, end)));

  CHECK(error.code == Errc::protocol);
  CAPTURE(error.message);
  CHECK(test::contains(error.message, named));
}

TEST_CASE("a bucket after the last one is an error") {
  BucketSequence sequence({at("2026-09-01T00:00:00Z"), at("2026-09-01T01:00:00Z")}, 1h);
  must(sequence.take(bucket("2026-09-01T00:00:00Z", "2026-09-01T01:00:00Z")));

  const Error error =
      failure(sequence.take(bucket("2026-09-01T01:00:00Z", "2026-09-01T02:00:00Z")));

  CHECK(error.code == Errc::protocol);
  CHECK(test::contains(error.message, "the end was due"));
}

TEST_CASE("buckets missing at the end are an error that names them") {
  const Error error = failure(begun().finish());

  CHECK(error.code == Errc::protocol);
  CHECK(test::contains(error.message, "from 2026-09-01T01:00:00Z to 2026-09-01T03:00:00Z"));
}

TEST_CASE("a refused bucket leaves the sequence where it was") {
  BucketSequence sequence = begun();
  failure(sequence.take(bucket("2026-09-01T02:00:00Z", "2026-09-01T03:00:00Z")));

  must(sequence.take(bucket("2026-09-01T01:00:00Z", "2026-09-01T02:00:00Z")));
}

}  // namespace
}  // namespace anthropic_metrics::streams
