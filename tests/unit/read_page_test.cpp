// SPDX-License-Identifier: Apache-2.0
// One page from a scripted socket to a real ledger.
#include "collect/read_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collect/read_snapshot.hpp"
#include "scratch.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using streams::Window;
using test::Answer;
using test::at;
using test::contains;
using test::must;
using test::World;

std::string time_of(int hour) {
  return "2026-09-01T0" + std::to_string(hour) + ":00:00Z";
}

std::string bucket(int hour, bool empty = false) {
  return R"({"starting_at":")" + time_of(hour) + R"(","ending_at":")" + time_of(hour + 1) +
         R"(","results":[)" +
         (empty ? ""
                : R"({"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3})") +
         "]}";
}

Window three_hours() {
  return {at("2026-09-01T00:00:00Z"), at("2026-09-01T03:00:00Z")};
}

/// A page of three hours of usage, asked for in a world that answers from a list.
struct Reading {
  World world;
  std::vector<Answer> answers;
  const StreamChoice& choice;
  std::unique_ptr<Lane> lane;
  streams::BucketSequence sequence{three_hours(), 1h};
  Page page;
  Outcome<void> outcome;

  explicit Reading(std::vector<Answer> list, const std::string& rest = "",
                   const std::string& state = "", std::string_view stream = "usage",
                   std::size_t most_in_flight = 1000)
      : world(rest, most_in_flight, state),
        answers(std::move(list)),
        choice(*std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                             [&](const StreamChoice& one) { return one.stream->name == stream; })) {
    world.organization_id = "org-1";
    world.transport.answer = [this](const std::string&) {
      Answer answer = answers[std::min(world.transport.sent.size(), answers.size()) - 1];
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
    ledger::Lane place;
    place.stream = std::string(stream);
    if (!choice.stream->snapshot()) {
      place.bucket_width = "1h";
      place.group_by = choice.settings.group_by;
      place.data_stream_namespace = "default";
      place.origin = place.cursor = three_hours().start;
      must(world.ledger->add_lane(place, 0));
    }
    lane = must(Lane::open(world.services, choice, place));
  }
  ~Reading() { world.loop.reset(); }

  BrokenRows broken;
  BodyTurn turn{broken};

  void spawn(std::function<boost::asio::awaitable<Outcome<void>>()> work) {
    boost::asio::co_spawn(
        *world.loop, [this, work]() -> boost::asio::awaitable<void> { outcome = co_await work(); },
        boost::asio::detached);
    world.run();
  }
  Reading& run() {
    spawn([this] {
      return read_page(world.services, *lane, three_hours(), "", 3, turn, sequence, page);
    });
    return *this;
  }
  /// The buckets of the documents that were made, batch by batch.
  std::vector<std::vector<Instant>> emitted() {
    std::vector<std::vector<Instant>> batches;
    while (const auto batch = must(world.delivery.hand_out({}))) {
      batches.emplace_back();
      for (const auto& document : batch->documents) batches.back().push_back(document.timestamp);
      must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
    }
    return batches;
  }
};

std::vector<Instant> starts(std::initializer_list<int> hours) {
  std::vector<Instant> list;
  for (const int hour : hours) list.push_back(at(time_of(hour)));
  return list;
}

TEST_CASE("a page emits its buckets in order and names the next page") {
  Reading reading({{.pieces = {R"({"data":[)" + bucket(0) + ",",
                               bucket(1) + R"(],"has_more":true,"next_page":"p2"})"}}});

  REQUIRE(reading.run().outcome.has_value());

  CHECK(reading.emitted() == std::vector<std::vector<Instant>>{starts({0, 1})});
  CHECK(reading.page.next == "p2");
  CHECK(reading.sequence.reached() == at("2026-09-01T02:00:00Z"));
  CHECK(test::failure(reading.sequence.finish()).code == Errc::protocol);
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
  Reading reading({{.pieces = {R"({"data":[)" + bucket(0, true) + "]," + end + "}"}}});

  REQUIRE(reading.run().outcome.has_value());

  CHECK(reading.page.next == next);
}

TEST_CASE("a byte order mark before an answer says nothing") {
  const std::string whole = R"({"data":[)" + bucket(0) + R"(],"has_more":false})";
  const auto fine = GENERATE_COPY(std::vector<std::string>{"\xEF", "\xBB", "\xBF" + whole},
                                  std::vector<std::string>{"\xEF\xBB\xBF" + whole});
  Reading good({{.pieces = fine}});
  CHECK(good.run().outcome.has_value());
  CHECK(good.emitted() == std::vector<std::vector<Instant>>{starts({0})});

  const auto odd = GENERATE_COPY(std::vector<std::string>{"\xEF\xBB", whole},
                                 std::vector<std::string>{"\xEF\xBB\xBF\xEF\xBB\xBF" + whole});
  Reading bad({{.pieces = odd}});
  CHECK_FALSE(bad.run().outcome.has_value());
}

TEST_CASE("the order of an answer's members says nothing") {
  Reading reading(
      {{.pieces = {
            R"({"next_page":"p2","has_more":true,"data":[{"results":[{"output_tokens":3,)"
            R"("cache_read_input_tokens":2,"uncached_input_tokens":1}],"unknown":{"results":7},)"
            R"("ending_at":"2026-09-01T03:00:00.000+02:00","starting_at":"2026-09-01T00:00:00.5Z"}]})"}}});

  REQUIRE(reading.run().outcome.has_value());

  CHECK(reading.emitted() == std::vector<std::vector<Instant>>{starts({0})});
  CHECK(reading.page.next == "p2");
}

TEST_CASE("buckets before a fault count, those after it do not") {
  Reading reading({{.pieces = {R"({"data":[)" + bucket(0) + "," + bucket(2) + "," + bucket(1)}}});

  reading.run();

  REQUIRE_FALSE(reading.outcome.has_value());
  CHECK(reading.outcome.error().code == Errc::protocol);
  CHECK(contains(reading.outcome.error().message, "2026-09-01T01:00:00Z is missing"));
  CHECK(reading.page.gap);
  CHECK(reading.page.stored);
  CHECK(reading.sequence.reached() == at("2026-09-01T01:00:00Z"));
  CHECK(reading.emitted() == std::vector<std::vector<Instant>>{starts({0})});
}

TEST_CASE("what could not be stored is known, stops the page and is not asked for again at once") {
  const test::Scratch scratch;
  Reading reading({{.pieces = {R"({"data":[)" + bucket(0) + ",", "never read"}}}, "",
                  scratch / "state");
  for (const auto& file : std::filesystem::directory_iterator(scratch / "state"))
    if (file.path().filename().string().find(".db") != std::string::npos)
      test::write(file.path(), "somebody else's");

  reading.run();

  REQUIRE_FALSE(reading.outcome.has_value());
  CHECK(reading.outcome.error().code == Errc::state);
  CHECK_FALSE(reading.page.stored);
  CHECK(reading.world.transport.sent.size() == 1);
  CHECK(reading.world.status.stream("usage").documents == 0);
}

TEST_CASE("a page that is read again starts at the page's first bucket") {
  Reading reading({{.pieces = {R"({"data":[)" + bucket(0) + "," + bucket(1) + ","},
                    .cut = Error{Errc::transient, "cut"}},
                   {.pieces = {R"({"data":[)" + bucket(0) + "," + bucket(1) + "," + bucket(2) +
                               R"(],"has_more":false})"}}});

  REQUIRE(reading.run().outcome.has_value());

  CHECK(reading.world.transport.sent.size() == 2);
  CHECK(reading.page.next.empty());
  must(reading.sequence.finish());
  // What the first attempt emitted is not emitted again.
  CHECK(reading.emitted() == std::vector<std::vector<Instant>>{starts({0, 1}), starts({2})});
}

TEST_CASE("small buckets are emitted together, what is left when no more comes") {
  std::vector<std::int64_t> before;  // Documents made when each piece was asked for.
  Reading reading({}, R"("batch": {"max_documents": 2})");
  reading.answers = {
      {.pieces = {R"({"data":[)" + bucket(0) + ",", bucket(1) + ",",
                  bucket(2) + R"(],"has_more":false})"},
       .before_piece = [&] { before.push_back(reading.world.status.stream("usage").documents); }}};

  REQUIRE(reading.run().outcome.has_value());

  CHECK(before == std::vector<std::int64_t>{0, 0, 2, 2});
  CHECK(reading.world.status.stream("usage").documents == 3);
}

/// A bucket with as many rows, by model.
std::string bucket_of(int hour, int rows) {
  std::string text = bucket(hour, true);
  for (int row = 0; row < rows; ++row)
    text.insert(text.size() - 2,
                fmt::format(R"({}{{"uncached_input_tokens":1,"cache_read_input_tokens":2,)"
                            R"("output_tokens":3,"model":"m{}"}})",
                            row == 0 ? "" : ",", row));
  return text;
}

/// Documents in each batch.
std::vector<std::size_t> batches_of(std::vector<std::string> pieces) {
  Reading reading(
      {{.pieces = std::move(pieces)}},
      R"("batch": {"max_documents": 16}, "streams": {"usage": {"group_by": ["model"]}})");
  reading.run();
  std::vector<std::size_t> sizes;
  for (auto made = reading.emitted(); !made.empty(); made = reading.emitted()) {
    for (const auto& batch : made) sizes.push_back(batch.size());
    reading.world.room.open_all();
    reading.world.run();
  }
  REQUIRE(reading.outcome.has_value());
  REQUIRE(reading.page.stored);
  return sizes;
}

TEST_CASE("what is emitted together is one batch of as many whole buckets as it holds") {
  const std::string begin = R"({"data":[)", end = R"(],"has_more":false})";
  using Sizes = std::vector<std::size_t>;
  CHECK(batches_of({begin + bucket_of(0, 8) + ",", bucket_of(1, 7) + ",", bucket_of(2, 7) + end}) ==
        Sizes{15, 7});
  CHECK(batches_of({begin + bucket_of(0, 7) + ",", bucket_of(1, 7) + ",", bucket_of(2, 2) + end}) ==
        Sizes{16});
  // What has no room goes with what comes then, be it in the same piece or not.
  CHECK(batches_of({begin + bucket_of(0, 10) + "," + bucket_of(1, 10) + ",",
                    bucket_of(2, 5) + end}) == Sizes{10, 15});
  // A larger one goes in parts, none of which waits.
  CHECK(batches_of({begin + bucket_of(0, 3) + "," + bucket_of(1, 20) + ",",
                    bucket_of(2, 5) + end}) == Sizes{3, 16, 4, 5});
}

TEST_CASE("while the host is behind a page waits, and others have the turn") {
  Reading reading(
      {{.pieces = {R"({"data":[)" + bucket(0) + ",", bucket(1) + R"(],"has_more":false})"}}},
      R"("batch": {"max_documents": 1})", "", "usage", 1);
  World& world = reading.world;
  reading.outcome = Failure(Error{Errc::internal, "not over"});
  reading.run();
  REQUIRE(world.room.waiting() == 1);
  bool other = false;
  boost::asio::co_spawn(
      *world.loop,
      [&]() -> boost::asio::awaitable<void> {
        const Turnstile::Turn turn = co_await world.turns.enter();
        other = true;
      },
      boost::asio::detached);
  world.run();
  CHECK(other);
  CHECK_FALSE(reading.outcome.has_value());

  for (int taken = 0; taken < 2; ++taken) {
    CHECK(reading.emitted().size() == 1);
    world.room.open_all();
    world.run();
  }
  CHECK(reading.outcome.has_value());
  CHECK(world.turns.waiting() == 0);
}

TEST_CASE("a snapshot emits its rows once the answer is known to be whole") {
  const std::string entry =
      R"({"type":"rate_limit","group_type":"batch","limits":[{"type":"x","value":1}]})";
  Reading reading({{.pieces = {R"({"data":[)" + entry + ","}, .cut = Error{Errc::transient, "cut"}},
                   {.pieces = {R"({"data":[)" + entry + "]}"}}},
                  "", "", "rate_limit");

  WorkspaceParts no_parts;
  reading.spawn([&] { return read_snapshot(reading.world.services, *reading.lane, no_parts); });

  REQUIRE(reading.outcome.has_value());
  CHECK(reading.world.transport.sent.size() == 2);
  CHECK(reading.emitted() == std::vector<std::vector<Instant>>{{at("2026-09-01T12:30:00Z")}});
}

}  // namespace
}  // namespace anthropic_metrics
