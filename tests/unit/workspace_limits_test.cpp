// SPDX-License-Identifier: Apache-2.0
// Limits in force in workspaces: which of them is asked, how fast, and what one of them costs that
// is not there any more.
#include <fmt/format.h>

#include <algorithm>

#include "collect/lanes.hpp"
#include "collect/read_snapshot.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::contains;
using test::World;

constexpr const char* whole = "/v1/organizations/rate_limits";

std::string list(const std::string& entries, const std::string& next = "null") {
  return R"({"data":[)" + entries + R"(],"next_page":)" + next + "}";
}

std::string entry(const std::string& workspace) {
  const std::string group = R"("group":{"type":"batch","id":"rlg_1"})";
  if (workspace.empty())
    return R"({"type":"rate_limit",)" + group +
           R"(,"limits":[{"type":"requests_per_minute","value":50}]})";
  return R"({"type":"workspace_rate_limit","workspace_id":")" + workspace + "\"," + group +
         R"(,"limits":[{"type":"requests_per_minute","value":9,"org_limit":50}]})";
}

/// The id inside of a path of a workspace's limits; empty for the organization's.
std::string workspace_in(const std::string& target) {
  constexpr std::string_view before = "/v1/organizations/workspaces/";
  if (!target.starts_with(before)) return {};
  return target.substr(before.size(), target.find('/', before.size()) - before.size());
}

struct Limits {
  World world;
  const StreamChoice& choice =
      *std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                    [](const StreamChoice& one) { return one.stream->name == "rate_limit"; });
  Lanes lanes{world.services, choice};
  WorkspaceParts parts;
  Outcome<void> read;
  /// What to say instead of the good answer, while set.
  std::function<std::optional<Answer>(const std::string& target)> instead;

  explicit Limits(std::vector<std::string> live) {
    parts.live = [live = std::move(live)] { return live; };
    world.organization_id = "org-1";
    world.transport.answer = [this](const std::string& target) {
      std::optional<Answer> other;
      if (instead) other = instead(target);
      Answer answer = other ? *other : Answer{.pieces = {list(entry(workspace_in(target)))}};
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
    test::must(lanes.open());
  }
  ~Limits() { world.loop.reset(); }

  /// Reads once. The host takes what was made as it comes: behind two batches a poll would wait.
  void poll() {
    bool over = false;
    boost::asio::co_spawn(
        *world.loop,
        [this, &over]() -> boost::asio::awaitable<void> {
          read = co_await read_snapshot(world.services, lanes.in_use(), parts);
          over = true;
        },
        boost::asio::detached);
    for (int rounds = 0; !over && rounds < 1000; ++rounds) {
      world.run();
      take();
      world.room.open_all();
    }
    take();
    REQUIRE(over);
  }
  void take() {
    for (std::shared_ptr<Batch> batch;
         (batch = test::must(world.delivery.hand_out({}))) != nullptr;) {
      lines += batch->ndjson;
      test::must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
    }
  }
  /// What was made since this was asked last.
  std::string documents() { return std::exchange(lines, {}); }

  std::string lines;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

Answer refusal(int status, const std::string& code = "") {
  return {.status = status,
          .pieces = {R"({"error":{"type":"x","message":"no","details":{"error_code":")" + code +
                     R"("}}})"}};
}

TEST_CASE("the organization comes first, then each live workspace with what it inherits") {
  Limits limits({"wrkspc_a", "wrkspc_b"});

  limits.poll();

  REQUIRE(limits.read.has_value());
  CHECK(limits.world.transport.targets() ==
        std::vector<std::string>{
            whole, "/v1/organizations/workspaces/wrkspc_a/rate_limits?include_inherited=true",
            "/v1/organizations/workspaces/wrkspc_b/rate_limits?include_inherited=true"});
  const std::string documents = limits.documents();
  CHECK(count(documents, "\n") == 3);
  CHECK(count(documents, R"("scope":"organization")") == 1);
  CHECK(count(documents, R"("workspace_id":"wrkspc_a")") == 1);
  CHECK(count(documents, R"("requests_per_minute":9,)") == 2);
  CHECK(limits.world.status.stream("rate_limit").documents == 3);
}

TEST_CASE(
    "a hundred workspaces are asked within one request a second, and one a minute on average") {
  std::vector<std::string> live;
  for (int i = 0; i < 100; ++i) live.push_back(fmt::format("wrkspc_{}", i));
  Limits limits(live);

  limits.poll();
  REQUIRE(limits.read.has_value());
  const auto& sent = limits.world.transport.sent;
  REQUIRE(sent.size() == 101);
  // Over any stretch of time no more than a burst of 8 and one a second.
  for (std::size_t i = 0; i < sent.size(); ++i)
    for (std::size_t j = i + 9; j < sent.size(); j += 10)
      CHECK(sent[j].when - sent[i].when >= (j - i - 7) * 1s);
  CHECK(sent.back().when - sent.front().when >= 93s);
  for (int hour = 1; hour < 24; ++hour) {
    limits.world.host.time = limits.world.began() + hour * 1h;
    limits.poll();
  }
  CHECK(limits.read.has_value());
  CHECK(sent.size() == 24 + 4 * 100);
  CHECK(count(limits.documents(), "\n") == 24 + 4 * 100);
}

TEST_CASE("the fewer workspaces there are, the sooner they are asked again, by hourly polls") {
  const auto [workspaces, rounds] = GENERATE(std::pair{0, 0}, std::pair{1, 12}, std::pair{2, 8},
                                             std::pair{3, 5}, std::pair{4, 4}, std::pair{30, 4});
  std::vector<std::string> live;
  for (int i = 0; i < workspaces; ++i) live.push_back(fmt::format("wrkspc_{}", i));
  Limits limits(live);
  for (int hour = 0; hour < 24; ++hour) {
    limits.world.host.time = limits.world.began() + hour * 1h;
    limits.poll();
  }
  CHECK(limits.world.transport.sent.size() == static_cast<std::size_t>(24 + rounds * workspaces));
}

TEST_CASE("a workspace that is new is asked at the next poll, the others when it is their turn") {
  std::vector<std::string> live{"wrkspc_a", "wrkspc_b", "wrkspc_c", "wrkspc_d"};
  Limits limits({});
  limits.parts.live = [&] { return live; };
  limits.poll();
  CHECK(limits.world.transport.sent.size() == 5);
  live.emplace_back("wrkspc_new");
  for (int hour = 1; hour <= 5; ++hour) {
    limits.world.host.time = limits.world.began() + hour * 1h;
    limits.poll();
  }
  CHECK(limits.world.transport.sent.size() == 5 + 5 + 1);
  limits.world.host.time = limits.world.began() + 6h;
  limits.poll();
  CHECK(limits.world.transport.sent.size() == 5 + 5 + 1 + 6);
}

TEST_CASE("the pages of a workspace are followed, and their groups stay apart") {
  Limits limits({"wrkspc_a"});
  limits.instead = [](const std::string& target) -> std::optional<Answer> {
    if (workspace_in(target).empty()) return std::nullopt;
    const bool second = contains(target, "&page=p2");
    return Answer{.pieces = {list(entry("wrkspc_a"), second ? "null" : R"("p2")")}};
  };

  limits.poll();

  REQUIRE(limits.read.has_value());
  CHECK(limits.world.transport.sent.size() == 3);
  CHECK(count(limits.documents(), R"("scope":"workspace")") == 2);
}

TEST_CASE("a workspace that was archived between the listing and now costs nothing") {
  Limits limits({"wrkspc_a", "wrkspc_gone", "wrkspc_b"});
  limits.instead = [](const std::string& target) -> std::optional<Answer> {
    if (workspace_in(target) == "wrkspc_gone") return refusal(404);
    return std::nullopt;
  };

  limits.poll();

  CHECK(limits.read.has_value());
  const std::string documents = limits.documents();
  CHECK(count(documents, "\n") == 3);
  CHECK(contains(documents, "wrkspc_b"));
  CHECK(limits.world.host.log.empty());
}

TEST_CASE("an id that could not stand in a path is not asked about") {
  Limits limits({"../me", "wrkspc_a", ""});
  limits.poll();
  CHECK(limits.read.has_value());
  CHECK(limits.world.transport.sent.size() == 2);
}

TEST_CASE("workspaces that are not offered limits are asked again after a day, and told once") {
  Limits limits({"wrkspc_a", "wrkspc_b"});
  limits.instead = [](const std::string& target) -> std::optional<Answer> {
    if (workspace_in(target).empty()) return std::nullopt;
    return refusal(400, "organization_type_not_supported");
  };

  limits.poll();
  CHECK(limits.read.has_value());
  CHECK(limits.world.transport.sent.size() == 2);
  limits.world.host.time += 23h;
  limits.poll();
  CHECK(limits.world.transport.sent.size() == 3);
  limits.world.host.time += 2h;
  limits.poll();
  CHECK(limits.world.transport.sent.size() == 5);
  REQUIRE(limits.world.host.log.size() == 1);
  CHECK(contains(limits.world.host.log[0], "not offered here"));
  CHECK(count(limits.documents(), R"("scope":"organization")") == 3);
}

TEST_CASE("what fails of a workspace comes after the organization's limits and is told") {
  Limits limits({"wrkspc_a", "wrkspc_b"});
  const auto [status, code] =
      GENERATE(std::pair{500, Errc::transient}, std::pair{403, Errc::forbidden},
               std::pair{401, Errc::unauthorized});
  limits.instead = [status = status](const std::string& target) -> std::optional<Answer> {
    if (workspace_in(target).empty()) return std::nullopt;
    return refusal(status);
  };

  limits.poll();

  REQUIRE_FALSE(limits.read.has_value());
  CHECK(limits.read.error().code == code);
  CHECK(count(limits.documents(), "\n") == 1);
}

TEST_CASE(
    "a rest that the API asks for amid the workspaces ends the poll, whatever was gone before") {
  Limits limits({"wrkspc_gone", "wrkspc_a", "wrkspc_b"});
  limits.instead = [](const std::string& target) -> std::optional<Answer> {
    if (workspace_in(target) == "wrkspc_gone") return refusal(404);
    if (workspace_in(target) != "wrkspc_a") return std::nullopt;
    Answer answer = refusal(429);
    answer.headers = {{"retry-after", "1800"}};
    return answer;
  };

  limits.poll();
  CHECK(limits.read.error().code == Errc::throttled);
  CHECK(limits.world.transport.sent.size() == 3);
  limits.poll();  // Nothing is asked while the rest lasts.
  CHECK(limits.read.error().code == Errc::throttled);
  CHECK(limits.world.transport.sent.size() == 3);
}

TEST_CASE("a stream that has no part in workspaces asks none") {
  World world;
  for (const streams::Descriptor& stream : streams::all()) {
    if (stream.make == nullptr || stream.name == "rate_limit") continue;
    CAPTURE(stream.name);
    streams::StreamSettings settings;
    if (!stream.snapshot()) settings.bucket_width = stream.widths.front();
    CHECK(stream.make(settings, "2023-06-01")->of_workspace("wrkspc_a") == nullptr);
  }
}

}  // namespace
}  // namespace anthropic_metrics
