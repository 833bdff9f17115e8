// SPDX-License-Identifier: Apache-2.0
// Pages that are too much are halved, remembered, and grow back slowly.
#include "collect/page_size.hpp"

#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::at;
using test::contains;
using test::me;
using test::refusal;
using test::time_in;
using test::Usage;

std::int64_t limit_in(const std::string& target) {
  return std::stoll(target.substr(target.find("limit=") + 6));
}

/// With a host that takes every batch at once.
void run(Usage& usage, Monotonic passed) {
  for (int i = 0; i < 20; ++i) {
    usage.run(passed);
    while (test::must(usage.world.delivery.hand_out({})) != nullptr) {
    }
    usage.world.room.open_all();
  }
}

/// The report of the first `limit` hours of the window, with a next page if there are more. The API
/// keeps nothing from before `kept`.
std::string one_page(const std::string& target, Instant kept = Instant::min()) {
  const std::string page = "page=";
  const auto token = target.find(page);
  Instant start = token == std::string::npos
                      ? time_in(target, "starting_at")
                      : Instant(std::chrono::seconds(std::stoll(target.substr(token + 5))));
  start = std::max(start, kept);
  const Instant end = time_in(target, "ending_at");
  std::string out = R"({"data":[)";
  for (std::int64_t i = 0; i < limit_in(target) && start < end; ++i, start += 1h) {
    if (out.back() != '[') out += ',';
    out += R"({"starting_at":")" + format_rfc3339(start) + R"(","ending_at":")" +
           format_rfc3339(start + 1h) +
           R"(","results":[{"uncached_input_tokens":10,"cache_read_input_tokens":0,)"
           R"("output_tokens":1,"model":"m"}]})";
  }
  const bool more = start < end;
  return out + R"(],"has_more":)" + (more ? "true" : "false") + R"(,"next_page":)" +
         (more ? "\"" + std::to_string(start.time_since_epoch().count()) + "\"" : "null") + "}";
}

TEST_CASE(
    "a page size is halved down to one bucket and grows back, the slower the more often in vain") {
  PageSize size(31);
  CHECK(size.limit() == 31);
  CHECK(size.too_much(31));
  CHECK(size.limit() == 15);
  CHECK(size.too_much(4));  // a window that was smaller than the limit
  CHECK(size.limit() == 2);
  CHECK(size.too_much(2));
  CHECK_FALSE(size.too_much(1));
  CHECK(size.limit() == 1);

  const auto pages_until_it_grows = [&] {
    int pages = 1;
    while (!size.came(size.limit())) ++pages;
    return pages;
  };
  CHECK(pages_until_it_grows() == 8);
  CHECK(size.limit() == 2);
  CHECK(size.too_much(2));
  CHECK(pages_until_it_grows() == 16);
  CHECK(size.too_much(2));
  CHECK(pages_until_it_grows() == 32);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(size.came(1));  // says nothing about pages of two
  CHECK(pages_until_it_grows() == 32);
  CHECK(size.limit() == 4);

  CHECK(PageSize(31, 7).limit() == 7);
  CHECK(PageSize(31, 99).limit() == 31);
  CHECK(PageSize(31, -1).limit() == 31);
}

TEST_CASE(
    "what the API finds too much is asked for in smaller pages, at once, and that is remembered") {
  const auto refused = GENERATE(
      refusal(400, "invalid_request_error", "Too many results: reduce limit or group_by"),
      refusal(413, "request_too_large", "too large"),
      Answer{.pieces = {R"({"data":[)"}, .cut = Error{Errc::too_much, "exceeds 536870912 octets"}},
      Answer{.pieces = {R"({"data":[)"}, .cut = Error{Errc::too_much, "used up", true}});
  Usage usage;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    if (limit_in(target) > 1) return refused;
    return Answer{.pieces = {one_page(target)}};
  };

  run(usage, 0s);

  CHECK(usage.status().documents == 3);
  CHECK(usage.status().cursor == at("2026-09-01T12:00:00Z"));
  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.asked().size() == 4);  // 3 buckets: no; then 1, 1, 1
  CHECK(test::must(usage.world.ledger->note("page_size/1")) == "1");
  const std::size_t before = usage.asked().size();

  run(usage, 5min);

  for (std::size_t i = before; i < usage.asked().size(); ++i)
    CHECK(limit_in(usage.asked()[i]) == 1);
}

TEST_CASE(
    "buckets that came whole before the answer was too much are kept, and not asked for again") {
  Usage usage;
  int refusals = 0;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me || refusals > 0) return std::nullopt;
    ++refusals;
    std::string half = test::report(target, 10);
    half.resize(half.rfind("{\"starting_at\""));  // the last bucket is missing
    return Answer{.pieces = {half}, .cut = Error{Errc::too_much, "exceeds"}};
  };

  run(usage, 0s);

  REQUIRE(usage.asked().size() == 2);
  CHECK(time_in(usage.asked()[1], "starting_at") == at("2026-09-01T11:00:00Z"));
  CHECK(usage.status().documents == 3);
  CHECK(usage.status().corrections == 0);
  CHECK(usage.status().cursor == at("2026-09-01T12:00:00Z"));
}

TEST_CASE(
    "an answer cut for another reason leaves the cursor behind what came whole, once time is "
    "sure") {
  Usage usage;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    std::string half = test::report(target, 10);
    half.resize(half.rfind("{\"starting_at\""));
    return Answer{.pieces = {half}, .cut = Error{Errc::transient, "connection lost"}};
  };

  run(usage, 10s);

  CHECK(usage.status().documents == 2);
  CHECK(test::must(usage.world.ledger->lanes("usage")).at(0).cursor == at("2026-09-01T09:00:00Z"));

  run(usage, 6min);  // Now a second answer, minutes later, has said what time it is.

  CHECK(usage.status().documents == 2);
  CHECK(test::must(usage.world.ledger->lanes("usage")).at(0).cursor == at("2026-09-01T11:00:00Z"));
}

TEST_CASE("history that begins within a window is read in smaller pages too") {
  Usage usage;
  for (StreamChoice& one : usage.world.settings.streams)
    one.settings.backfill_from = at("2026-09-01T00:00:00Z");
  const Instant kept = at("2026-09-01T04:00:00Z");
  int cut = 0;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    std::string page = one_page(target, kept);
    const auto second = page.find("{\"starting_at\"", page.find("{\"starting_at\"") + 1);
    const bool history = time_in(target, "ending_at") <= at("2026-09-01T09:00:00Z");
    if (!history || second == std::string::npos) return Answer{.pieces = {page}};
    ++cut;
    page.resize(second);
    return Answer{.pieces = {page}, .cut = Error{Errc::too_much, "exceeds"}};
  };

  run(usage, 1min);

  CHECK(cut == 3);  // 9 buckets, 4 and 2 of the rest; from then on one
  CHECK(usage.status().documents == 3 + 5);
  CHECK(usage.status().corrections == 0);
  CHECK(usage.status().gaps == 0);
  CHECK(usage.status().backfilled == kept);
  CHECK(usage.status().history_ends);
  const auto lanes = test::must(usage.world.ledger->lanes("usage"));
  CHECK(lanes.at(0).origin == kept);
}

TEST_CASE("one bucket that is too much says what can be done, and needs a person") {
  Usage usage;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return refusal(400, "invalid_request_error", "Too many results");
  };

  run(usage, 0s);

  CHECK(usage.status().health == Health::failed);
  CHECK(usage.status().error_code == "configuration");
  CHECK(contains(usage.status().message, "Too many results"));
  CHECK(contains(usage.status().message, "that was one bucket alone: name fewer in group_by"));
  CHECK(usage.asked().size() == 2);
}

TEST_CASE("what only took too long is asked for in smaller pages at the next poll") {
  Usage usage;
  bool slow = true;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me || !slow) return std::nullopt;
    return Answer{.refused = Error{Errc::transient, "no progress for 30 s", true}};
  };

  run(usage, 0s);
  run(usage, 10s);  // with the pauses between its three attempts
  CHECK(usage.asked().size() == 3);
  CHECK(usage.status().health == Health::degraded);
  slow = false;
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    return Answer{.pieces = {one_page(target)}};
  };
  run(usage, 6min);

  CHECK(limit_in(usage.asked().at(3)) == 1);
  CHECK(usage.status().documents == 3);
  CHECK(usage.status().health == Health::healthy);
}

}  // namespace
}  // namespace anthropic_metrics
