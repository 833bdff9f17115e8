// SPDX-License-Identifier: Apache-2.0
// Windows that the host asks for: when they are taken, when they are refused, and what of them the
// ledger remembers.
#include "collect/asked.hpp"

#include "collect/reads.hpp"
#include "scratch.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::contains;
using test::failure;
using test::must;
using test::Usage;
using Kind = Asked::Kind;

const Instant nine = at("2026-09-01T09:00:00Z"), noon = at("2026-09-01T12:00:00Z");

struct Asking {
  Usage usage;
  Reads reads{usage.world.services};

  Result<void> ask(Instant from, Instant to, Kind kind = Kind::read, const std::string& rows = {}) {
    auto asked = reads.ask({"usage", {from, to}, kind, rows});
    usage.world.asked.ring();
    return asked;
  }
  std::string refusal(Instant from, Instant to, Kind kind = Kind::read,
                      const std::string& rows = {}, Errc code = Errc::argument) {
    const Error error = failure(ask(from, to, kind, rows));
    CHECK(error.code == code);
    return error.message;
  }
  /// Everything that is ready, delivered.
  std::string deliver() {
    std::string all;
    while (const auto batch = must(usage.world.delivery.hand_out({}))) {
      all += batch->ndjson;
      must(usage.world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
    }
    usage.world.room.open_all();
    return all;
  }
};

std::string row(const std::string& hour, std::int64_t tokens, int revision,
                const std::string& model = "m") {
  return R"({"organization":{"id":"org-1"},"anthropic":{"usage":{"bucket_start_time":"2026-09-01T)" +
         hour + R"(:00:00Z","bucket_width":"1h","group_by":["model"],"model":")" + model +
         R"(","uncached_input_tokens":)" + std::to_string(tokens) +
         R"(,"output_tokens":1,"revision":)" + std::to_string(revision) + "}}}\n";
}

TEST_CASE("an instance that reads on request remembers nothing of what it emitted") {
  Asking asking;
  asking.usage.world.asked.read_nothing_else();
  asking.usage.run(0s);
  CHECK(asking.usage.asked().empty());
  CHECK(asking.usage.world.organization_id == "org-1");

  must(asking.ask(nine, noon));
  asking.usage.run(1s);
  CHECK(asking.usage.asked().size() == 1);
  CHECK(test::lines(asking.deliver()).size() == 3);
  const auto lane = must(asking.usage.world.ledger->lanes("usage")).front();
  CHECK(must(asking.usage.world.ledger->buckets(lane.id, Instant{}, Instant::max())).empty());

  must(asking.ask(nine, noon, Kind::told, row("10", 4, 2)));
  CHECK(must(asking.usage.world.ledger->buckets(lane.id, Instant{}, Instant::max())).size() == 1);
  asking.usage.run(2s);
  const std::string documents = asking.deliver();
  CHECK(test::lines(documents).size() == 3);
  CHECK(contains(documents, R"("revision":3)"));
  CHECK(contains(documents, R"("uncached_input_tokens":6)"));
  CHECK(must(asking.usage.world.ledger->buckets(lane.id, Instant{}, Instant::max())).empty());
  CHECK(asking.usage.asked().size() == 2);
}

TEST_CASE("a window is tried a few times, and a service that never answers fails it") {
  Asking asking;
  asking.usage.world.asked.read_nothing_else();
  asking.usage.run(0s);
  asking.usage.instead = [](const std::string&) -> std::optional<test::Answer> {
    return test::refusal(500, "api_error", "no");
  };
  must(asking.ask(nine, noon));
  asking.usage.run(24h);
  CHECK(asking.usage.world.asked.progress().failed == 1);
  CHECK(contains(asking.usage.world.status.last_error(), "is not read: "));
}

TEST_CASE("an answer that lacks buckets is asked for again at once, and then fails the window") {
  Asking asking;
  asking.usage.world.asked.read_nothing_else();
  asking.usage.run(0s);
  asking.usage.instead = [](const std::string&) -> std::optional<test::Answer> {
    return test::Answer{.pieces = {R"({"data":[],"has_more":false,"next_page":null})"}};
  };
  must(asking.ask(nine, noon));
  asking.usage.run(10s);
  CHECK(asking.usage.asked().size() == 3);
  CHECK(asking.usage.world.asked.progress().failed == 1);
  CHECK(contains(asking.usage.world.status.last_error(),
                 "buckets from 2026-09-01T09:00:00Z to 2026-09-01T12:00:00Z are missing from the "
                 "answer; if the API's history begins later, ask for no more than it has"));
}

TEST_CASE("a told window is read at once, and what differs from the store is corrected") {
  Asking asking;
  asking.usage.run(5min);  // Its time is confirmed.
  asking.deliver();
  const auto before = asking.usage.asked().size();

  must(asking.ask(nine, noon, Kind::told,
                  row("09", 10, 0) + row("10", 3, 4) + row("11", 1, 0, "x")));
  asking.usage.run(5min + 1s);
  CHECK(asking.usage.asked().size() == before + 1);
  const std::string documents = asking.deliver();
  CHECK(test::lines(documents).size() == 3);
  CHECK(contains(documents, R"("revision":5)"));  // 3 became 10.
  CHECK(contains(documents, R"("uncached_input_tokens":7)"));
  CHECK(contains(documents, R"("uncached_input_tokens":-1)"));  // x is no row of the API's.
  CHECK(asking.usage.world.asked.progress().done == 1);
  CHECK(asking.usage.world.asked.progress().reached == noon);

  must(asking.ask(nine, noon));
  asking.usage.run(20min);
  CHECK(asking.deliver().empty());
}

TEST_CASE("what is told is in the state until it is read, over a restart") {
  const test::Scratch scratch;
  test::World world("", 1000, scratch / "state");
  Asked asked(*world.loop, *world.ledger, world.delivery, {});
  ledger::Lane lane;
  lane.stream = "usage";
  lane.bucket_width = "1h";
  must(world.ledger->add_lane(lane, 0));
  Asked::Telling telling;
  telling.told = {lane.id, nine, noon, {}, {}, {}};
  must(asked.ask({0, "usage", lane.id, {nine, noon}, Kind::told, false}, &telling));
  must(asked.ask({0, "usage", lane.id, {noon, noon + 1h}, Kind::read, false}, nullptr));

  Asked later(*world.loop, *world.ledger, world.delivery, {});
  must(later.recover("usage"));
  must(later.recover("cost"));
  CHECK(later.progress().waiting == 1);
  const auto window = later.next("usage");
  REQUIRE(window.has_value());
  CHECK(window->time == streams::Window{nine, noon});
  CHECK(window->kind == Kind::told);
  must(later.done(*window, noon));
  Asked last(*world.loop, *world.ledger, world.delivery, {});
  must(last.recover("usage"));
  CHECK(last.progress().waiting == 0);
}

TEST_CASE("a window is told only while nobody reads it and none of its documents waits") {
  Asking asking;
  asking.usage.run(5min);
  CHECK(asking.refusal(nine, noon, Kind::told, "", Errc::busy) ==
        "documents of usage from 2026-09-01T09:00:00Z to 2026-09-01T12:00:00Z wait for delivery; "
        "deliver them, look what the store holds, and ask again");
  asking.deliver();
  const auto lane = must(asking.usage.world.ledger->lanes("usage")).front();
  {
    const Asked::Reading reading(asking.usage.world.asked, lane.id, {nine, nine + 1h});
    CHECK(
        contains(asking.refusal(nine, noon, Kind::told, "", Errc::busy), "is being read just now"));
    must(asking.ask(nine + 1h, noon, Kind::told));
  }
  CHECK(
      contains(asking.refusal(nine, noon, Kind::told, "", Errc::busy), "waits to be read already"));
}

TEST_CASE("no more than sixteen windows wait") {
  Asking asking;
  asking.usage.world.asked.read_nothing_else();
  for (int i = 0; i < 16; ++i) must(asking.ask(nine, noon));
  CHECK(asking.refusal(nine, noon, Kind::read, "", Errc::busy) ==
        "16 windows wait to be read; poll, and ask again");
}

TEST_CASE("a window that cannot be is refused in words") {
  Asking asking;
  asking.usage.run(5min);
  asking.deliver();
  const auto refusal = [&](Instant from, Instant to, const std::string& rows = "") {
    return asking.refusal(from, to, rows.empty() ? Kind::read : Kind::told, rows);
  };
  CHECK(contains(refusal(nine, nine), "is none: it must begin and end where buckets of 1h do"));
  CHECK(contains(refusal(nine + 1s, noon), "is none: "));
  CHECK(
      refusal(nine - 1h, noon) ==
      "the window from 2026-09-01T08:00:00Z to 2026-09-01T12:00:00Z was not read 1h [model] by "
      "this instance: it was read by 1h [model] from 2026-09-01T09:00:00Z to 2026-09-01T12:00:00Z");
  CHECK(contains(refusal(nine, noon + 1h), "was not read"));
  CHECK(contains(refusal(nine, noon, row("08", 1, 0)),
                 "row 1: no bucket of 1h starts at 2026-09-01T08:00:00Z in the window"));
  CHECK(contains(refusal(nine, noon, row("09", 1, 0) + row("09", 1, 0)),
                 "row 2: the row was named before"));
  CHECK(contains(asking.refusal(nine, noon, Kind::withdraw, row("09", 1, 0)),
                 "an instance that works by itself withdraws nothing"));
  const Error unknown = failure(asking.reads.ask({"nothing", {nine, noon}, Kind::read, ""}));
  CHECK(unknown.message == "nothing is no stream of this instance: enable it in its configuration");
  const Error snapshot = failure(asking.reads.ask({"workspace", {nine, noon}, Kind::read, ""}));
  CHECK(snapshot.message == "workspace is no report: it has no buckets that could be read again");
}

TEST_CASE("before anybody knows whose numbers these are nothing is told") {
  Asking asking;
  asking.usage.world.asked.read_nothing_else();
  CHECK(asking.refusal(nine, noon, Kind::told, row("09", 1, 0), Errc::busy) ==
        "the API has not yet said whose numbers these are; poll, and ask again");
}

}  // namespace
}  // namespace anthropic_metrics
