// SPDX-License-Identifier: Apache-2.0
#include "collect/page_reader.hpp"

#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using streams::Bucket;
using streams::Window;
using test::at;
using test::contains;
using test::failure;
using test::must;

/// Feeds pieces to a reader, as a request would.
Result<void> feed(BodyReader& reader, const std::vector<std::string>& pieces) {
  boost::asio::io_context loop;
  Result<void> outcome = success();
  reader.begin(at("2026-09-01T12:00:00Z"));
  for (const std::string& piece : pieces) {
    boost::asio::co_spawn(
        loop, [&]() -> boost::asio::awaitable<void> { outcome = co_await reader.piece(piece); },
        boost::asio::detached);
    loop.restart();
    loop.run();
    if (!outcome) return outcome;
  }
  return reader.end();
}

Result<void> hand_on(PageReader& reader) {
  boost::asio::io_context loop;
  Result<void> outcome = success();
  boost::asio::co_spawn(
      loop, [&]() -> boost::asio::awaitable<void> { outcome = co_await reader.hand_on(); },
      boost::asio::detached);
  loop.run();
  return outcome;
}

TEST_CASE("the organization's id is read from its description") {
  IdentityReader reader;

  must(feed(reader,
            {R"({"id": "org-)", R"(1", "name": "Acme", "type": "organization", "new": {}})"}));

  CHECK(reader.id() == "org-1");
}

TEST_CASE("an answer that does not name the organization is a protocol error") {
  const auto body =
      GENERATE(as<std::string>{}, "", "{", "[]", "null", "<html>", "{}", R"({"id": null})",
               R"({"id": 7})", R"({"id": ""})", R"({"ID": "org-1"})");
  CAPTURE(body);
  IdentityReader reader;

  const Error error = failure(feed(reader, {body}));

  CHECK(error.code == Errc::protocol);
  CHECK(contains(error.message, "$"));
}

TEST_CASE("an endless description of the organization is refused") {
  IdentityReader reader;
  const std::string piece(40'000, ' ');

  CHECK(failure(feed(reader, {piece, piece})).code == Errc::protocol);
}

TEST_CASE("a new attempt begins with nothing of the one before") {
  IdentityReader reader;
  failure(feed(reader, {R"({"id": "org-1)"}));

  must(feed(reader, {R"({"id": "org-2"})"}));

  CHECK(reader.id() == "org-2");
}

/// Counts what it takes; refuses when told to.
struct Sink final : BucketSink {
  std::vector<Instant> starts;
  std::vector<std::size_t> calls;  ///< Buckets of each.
  std::optional<Error> fault;
  boost::asio::awaitable<Result<void>> take(std::vector<Bucket> buckets) override {
    if (fault) co_return *fault;
    calls.push_back(buckets.size());
    for (const Bucket& bucket : buckets) starts.push_back(bucket.start);
    co_return success();
  }
};

std::unique_ptr<streams::Fetcher> usage() {
  streams::StreamSettings settings;
  settings.bucket_width = "1h";
  return streams::find("usage")->make(settings, "2023-06-01");
}

std::string bucket(int hour, bool empty = true) {
  const auto time = [](int h) { return "2026-09-01T0" + std::to_string(h) + ":00:00Z"; };
  return R"({"starting_at":")" + time(hour) + R"(","ending_at":")" + time(hour + 1) +
         R"(","results":[)" +
         (empty ? ""
                : R"({"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3})") +
         "]}";
}

Window three_hours() {
  return {at("2026-09-01T00:00:00Z"), at("2026-09-01T03:00:00Z")};
}

TEST_CASE("a page hands on its buckets in order and names the next page") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);

  must(feed(reader, {R"({"data":[)" + bucket(0) + ",",
                     bucket(1) + R"(],"has_more":true,"next_page":"p2"})"}));

  CHECK(sink.starts ==
        std::vector<Instant>{at("2026-09-01T00:00:00Z"), at("2026-09-01T01:00:00Z")});
  CHECK(reader.next_page() == "p2");
  CHECK(failure(reader.sequence().finish()).code == Errc::protocol);
}

TEST_CASE("a next page that is named is followed unless the answer says that there is no more") {
  struct Case {
    const char* end;
    const char* next;
  };
  const auto& [end, next] = GENERATE(
      Case{R"("next_page":"p2")", "p2"}, Case{R"("next_page":"p2","has_more":null)", "p2"},
      Case{R"("has_more":true,"next_page":"p2")", "p2"}, Case{R"("next_page":null)", ""},
      Case{R"("next_page":"")", ""}, Case{R"("has_more":null)", ""},
      Case{R"("has_more":false,"next_page":"p2")", ""}, Case{R"("unknown":[{"data":[]}])", ""});
  CAPTURE(end);
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);

  must(feed(reader, {R"({"data":[)" + bucket(0) + "]," + end + "}"}));

  CHECK(reader.next_page() == next);
}

TEST_CASE("a byte order mark before an answer says nothing") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);
  const std::string page = R"({"data":[)" + bucket(0) + R"(],"has_more":false})";
  must(feed(reader, {"\xEF", "\xBB", "\xBF" + page}));
  CHECK(sink.starts.size() == 1);
  must(feed(reader, {"\xEF\xBB\xBF" + page}));
  CHECK(sink.starts.size() == 2);
  CHECK_FALSE(feed(reader, {"\xEF\xBB", page}).has_value());
  CHECK_FALSE(feed(reader, {"\xEF\xBB\xBF\xEF\xBB\xBF" + page}).has_value());

  IdentityReader identity;
  must(feed(identity, {"\xEF\xBB", "\xBF{\"id\":\"org-1\"}"}));
  CHECK(identity.id() == "org-1");
}

TEST_CASE("the order of an answer's members says nothing") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);
  must(feed(
      reader,
      {R"({"next_page":"p2","has_more":true,"data":[{"results":[{"output_tokens":3,)"
       R"("cache_read_input_tokens":2,"uncached_input_tokens":1}],"unknown":{"results":7},)"
       R"("ending_at":"2026-09-01T03:00:00.000+02:00","starting_at":"2026-09-01T00:00:00.5Z"}]})"}));
  CHECK(sink.starts.size() == 1);
  CHECK(reader.next_page() == "p2");
}

TEST_CASE("buckets before a fault count, those after it do not") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);

  const Error error =
      failure(feed(reader, {R"({"data":[)" + bucket(0) + "," + bucket(2) + "," + bucket(1)}));

  CHECK(error.code == Errc::protocol);
  CHECK(contains(error.message, "2026-09-01T01:00:00Z is missing"));
  CHECK(sink.starts.size() == 1);
}

TEST_CASE("what could not be handed on is known until the page is read again") {
  const auto fetcher = usage();
  Sink sink;
  sink.fault = Error{Errc::state, "disk full"};
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);
  CHECK(failure(feed(reader, {R"({"data":[)" + bucket(0) + ","})).code == Errc::state);
  sink.fault.reset();
  CHECK(failure(hand_on(reader)).code == Errc::state);

  must(feed(reader, {R"({"data":[)" + bucket(0) + R"(],"has_more":false})"}));

  must(hand_on(reader));
  CHECK(sink.starts.size() == 1);
}

TEST_CASE("a page that is read again starts at the page's first bucket") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);
  failure(feed(reader, {R"({"data":[)" + bucket(0) + "," + bucket(1) + ", garbage"}));

  must(feed(reader, {R"({"data":[)" + bucket(0) + "," + bucket(1) + "," + bucket(2) +
                     R"(],"has_more":false})"}));

  CHECK(reader.next_page().empty());
  must(reader.sequence().finish());
}

TEST_CASE("small buckets are handed on together, what is left when it is asked for") {
  const auto fetcher = usage();
  Sink sink;
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink, 2);

  SECTION("of a whole page") {
    must(feed(reader, {R"({"data":[)" + bucket(0, false) + ",", bucket(1, false) + ",",
                       bucket(2, false) + R"(],"has_more":false})"}));
    CHECK(sink.calls == std::vector<std::size_t>{2});
    must(hand_on(reader));
    CHECK(sink.calls == std::vector<std::size_t>{2, 1});
    must(hand_on(reader));
    CHECK(sink.calls.size() == 2);
  }
  SECTION("of a page that was cut, those of its last attempt") {
    failure(feed(reader, {R"({"data":[)" + bucket(0, false) + ", garbage"}));
    failure(feed(reader, {R"({"data":[)" + bucket(0, false) + ", garbage"}));
    CHECK(sink.calls.empty());
    must(hand_on(reader));
    CHECK(sink.starts == std::vector<Instant>{at("2026-09-01T00:00:00Z")});
  }
}

TEST_CASE("a sink that cannot store stops the page") {
  const auto fetcher = usage();
  Sink sink;
  sink.fault = Error{Errc::state, "disk full"};
  PageReader reader(*fetcher, streams::BucketSequence(three_hours(), 1h), sink);

  CHECK(failure(feed(reader, {R"({"data":[)" + bucket(0)})).code == Errc::state);
}

TEST_CASE("a snapshot keeps its rows until the answer is known to be whole") {
  const auto fetcher = streams::find("rate_limit")->make({}, "2023-06-01");
  SnapshotReader reader(*fetcher);
  const std::string entry =
      R"({"type":"rate_limit","group_type":"batch","limits":[{"type":"x","value":1}]})";

  CHECK_FALSE(feed(reader, {R"({"data":[)" + entry + ","}).has_value());
  CHECK(reader.rows().rows.empty());

  must(feed(reader, {R"({"data":[)" + entry + "]}"}));
  CHECK(reader.rows().rows.size() == 1);
  CHECK(reader.date() == at("2026-09-01T12:00:00Z"));
}

}  // namespace
}  // namespace anthropic_metrics
