// SPDX-License-Identifier: Apache-2.0
#include "collect/status.hpp"

#include <boost/json/parse.hpp>

#include "edge/guard.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

/// Checks that `text` holds every member of `expected`; more of them are fine.
void check_holds(const json::object& text, const json::object& expected) {
  for (const auto& member : expected) {
    CAPTURE(std::string(member.key()));
    const json::value* found = text.if_contains(member.key());
    REQUIRE(found != nullptr);
    if (member.value().is_object() && found->is_object())
      check_holds(found->get_object(), member.value().get_object());
    else
      CHECK(*found == member.value());
  }
}

void set(Status& status, std::string_view stream, Health health) {
  status.update(stream, [&](StreamStatus& s) { s.health = health; });
}

TEST_CASE("the instance is as healthy as the worst of its streams") {
  struct Case {
    Health first, second, whole;
  };
  const auto [first, second, whole] =
      GENERATE(Case{Health::starting, Health::starting, Health::starting},
               Case{Health::healthy, Health::starting, Health::starting},
               Case{Health::healthy, Health::healthy, Health::healthy},
               Case{Health::healthy, Health::degraded, Health::degraded},
               Case{Health::degraded, Health::starting, Health::degraded},
               Case{Health::degraded, Health::failed, Health::failed},
               Case{Health::failed, Health::starting, Health::failed},
               Case{Health::failed, Health::healthy, Health::failed});
  Status status;
  set(status, "a", first);
  set(status, "b", second);

  CHECK(status.health() == whole);
}

TEST_CASE("before the first stream reported the instance is starting") {
  CHECK(Status().health() == Health::starting);
}

TEST_CASE("an unknown stream has the status of a new one") {
  const StreamStatus stream = Status().stream("x");
  CHECK(stream.health == Health::starting);
  CHECK(stream.polls == 0);
}

TEST_CASE("the text shows every fact") {
  Status status;
  status.set_organization("org-1");
  status.set_last_error("usage: HTTP 500 \"x\"");
  status.update("usage", [](StreamStatus& s) {
    s.health = Health::degraded;
    s.message = "HTTP 500";
    s.last_success = test::at("2026-09-01T00:00:00Z");
    s.cursor = test::at("2026-09-01T01:00:00Z");
    s.polls = 1;
    s.requests = 2;
    s.answers = {{0, 1}, {200, 12}, {429, 2}};
    s.retries = 3;
    s.documents = 4;
    s.corrections = 5;
  });
  Status::Facts facts;
  facts.durable = true;
  facts.state_path = "/s";
  facts.verified = false;
  facts.server_time = test::at("2026-09-01T02:00:00Z");
  facts.ready = 6;
  facts.in_flight = 7;
  facts.pending_documents = 8;
  facts.delivered = 9;
  facts.dropped = 10;
  facts.rejected = 11;
  facts.pending_bytes = 12;
  facts.handed_out_batches = 13;
  facts.retried_batches = 14;

  check_holds(json::parse(status.json(facts)).as_object(), json::parse(R"({
    "health": "degraded", "organization_id": "org-1", "server_time": "2026-09-01T02:00:00Z",
    "last_error": "usage: HTTP 500 \"x\"",
    "state": {"durable": true, "text": "durable", "path": "/s"}, "tls": {"verified": false},
    "delivery": {"ready": 6, "in_flight": 7, "pending_documents": 8, "delivered_documents": 9,
                 "dropped_documents": 10, "rejected_documents": 11, "pending_bytes": 12,
                 "handed_out_batches": 13, "retried_batches": 14},
    "streams": {"usage": {"health": "degraded", "message": "HTTP 500",
      "last_success": "2026-09-01T00:00:00Z", "cursor": "2026-09-01T01:00:00Z",
      "lag_seconds": 3600, "polls": 1, "requests": 2,
      "requests_by_status": {"none": 1, "200": 12, "429": 2},
      "retries": 3, "documents": 4, "corrections": 5}}})")
                                                               .as_object());
}

TEST_CASE("the text shows how far a backfill is") {
  struct Case {
    const char *cursor, *reached, *text;
  };
  const auto& [cursor, reached, text] = GENERATE(
      Case{"2026-09-11T00:00:00Z", "2026-09-09T00:00:00Z",
           R"({"reached": "2026-09-09T00:00:00Z", "done": false, "done_share": 0.2})"},
      Case{"2026-09-11T00:00:00Z", "2026-09-01T00:00:00Z", R"({"done": true, "done_share": 1.0})"},
      // Live collecting began before that day already.
      Case{"2026-09-11T00:00:00Z", "2026-08-01T00:00:00Z", R"({"done": true, "done_share": 1.0})"},
      Case{"2026-08-11T00:00:00Z", "2026-08-01T00:00:00Z", R"({"done": true, "done_share": 1.0})"});
  Status status;
  status.update("usage", [cursor = cursor, reached = reached](StreamStatus& s) {
    s.backfill_from = test::at("2026-09-01T00:00:00Z");
    s.cursor = test::at(cursor);
    s.backfilled = test::at(reached);
    s.backfill_waits_for = "HTTP 500";
  });

  const auto shown =
      json::parse(status.json({})).at("streams").at("usage").at("backfill").as_object();

  check_holds(shown, json::parse(text).as_object());
  check_holds(shown, {{"from", "2026-09-01T00:00:00Z"}, {"waits_for", "HTTP 500"}});
}

TEST_CASE("before the first poll a backfill has reached nothing") {
  Status status;
  status.update("usage",
                [](StreamStatus& s) { s.backfill_from = test::at("2026-09-01T00:00:00Z"); });

  CHECK(json::parse(status.json({})).at("streams").at("usage").at("backfill") ==
        json::value{{"from", "2026-09-01T00:00:00Z"}});
}

TEST_CASE("what is not known is absent and memory-only state says so") {
  const json::value status = json::parse(Status().json({}));

  CHECK(status.at("health").as_string() == "starting");
  CHECK_FALSE(status.as_object().contains("organization_id"));
  CHECK_FALSE(status.as_object().contains("server_time"));
  CHECK_FALSE(status.as_object().contains("last_error"));
  CHECK_FALSE(status.at("state").at("durable").as_bool());
  CHECK(test::contains(status.at("state").at("text").as_string(), "state.path"));
}

TEST_CASE("every health has a name and a number of the ABI") {
  struct Case {
    Health health;
    int number;
    std::string_view text;
  };
  const auto [health, number, text] =
      GENERATE(Case{Health::starting, BEAT_HEALTH_STARTING, "starting"},
               Case{Health::healthy, BEAT_HEALTH_HEALTHY, "healthy"},
               Case{Health::degraded, BEAT_HEALTH_DEGRADED, "degraded"},
               Case{Health::failed, BEAT_HEALTH_FAILED, "failed"},
               Case{Health::stopping, BEAT_HEALTH_STOPPING, "stopping"},
               Case{Health::stopped, BEAT_HEALTH_STOPPED, "stopped"});

  CHECK(static_cast<int>(health) == number);
  CHECK(name(health) == text);
}

TEST_CASE("every error has a name and a failing status of the ABI") {
  const auto code = GENERATE(Errc::transient, Errc::throttled, Errc::unauthorized, Errc::forbidden,
                             Errc::configuration, Errc::protocol, Errc::cancelled, Errc::state,
                             Errc::busy, Errc::argument, Errc::internal);
  CAPTURE(name(code));

  CHECK(std::string_view(name(code)).size() > 3);
  CHECK(status_of(Error{code, ""}) < 0);
}

TEST_CASE("no exception passes the barrier") {
  std::string heard;
  const auto hear = [&](const char* what) { heard = what; };

  CHECK(guarded([]() -> beat_status { throw std::bad_alloc(); }, hear) == BEAT_E_NOMEM);
  CHECK(guarded([]() -> beat_status { throw std::runtime_error("bug"); }, hear) == BEAT_E_INTERNAL);
  CHECK(heard == "bug");
  CHECK(guarded([]() -> beat_status { throw 7; }, hear) == BEAT_E_INTERNAL);
  CHECK(guarded([]() -> beat_status { throw std::runtime_error("bug"); },
                [](const char*) { throw std::runtime_error("worse"); }) == BEAT_E_INTERNAL);
  CHECK(guarded([]() -> beat_status { return BEAT_IDLE; }) == BEAT_IDLE);
}

}  // namespace
}  // namespace anthropic_metrics
