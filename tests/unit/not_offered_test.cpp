// SPDX-License-Identifier: Apache-2.0
// What an organization is not offered: said once, asked rarely, and no failure of the input.
#include <algorithm>

#include "collect/driver.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::contains;
using test::World;

/// The stream spend_limit alone.
struct Spend {
  World world{R"("streams": {"spend_limit": {"interval": "1h"}})"};
  const StreamChoice& choice =
      *std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                    [](const StreamChoice& one) { return one.stream->name == "spend_limit"; });
  Answer answer;
  Driver driver{world.services, choice};

  explicit Spend(Answer given) : answer(std::move(given)) {
    world.organization_id = "org-1";
    world.transport.answer = [this](const std::string&) {
      Answer now = answer;
      for (auto& header : world.date()) now.headers.push_back(header);
      return now;
    };
    boost::asio::co_spawn(*world.loop, driver.run(), boost::asio::detached);
  }
  ~Spend() { world.loop.reset(); }

  StreamStatus status() const { return world.status.stream("spend_limit"); }
  void run(Monotonic passed) { world.run(world.began() + passed); }
};

Answer refusal(int status, const std::string& message, const std::string& details = "null") {
  return {.status = status,
          .pieces = {R"({"error":{"type":"x","message":")" + message + R"(","details":)" + details +
                     "}}"}};
}

TEST_CASE("what is not offered is said once, asked daily, and leaves the input healthy") {
  const auto answer =
      GENERATE(refusal(400, "no", R"({"error_code":"organization_type_not_supported"})"),
               refusal(403, "no"), refusal(404, "no"), refusal(403, "requires read:spend_limits"));
  Spend spend(answer);

  spend.run(100h);

  CHECK(spend.world.transport.sent.size() == 5);
  CHECK(spend.status().health == Health::healthy);
  CHECK(spend.world.status.health() == Health::healthy);
  CHECK(spend.status().error_code == "not_offered");
  CHECK(spend.status().error_status == answer.status);
  CHECK_FALSE(spend.status().refused);
  CHECK(contains(spend.status().message, "not offered here"));
  CHECK(spend.world.status.last_error().empty());
  REQUIRE(spend.world.host.log.size() == 1);
  CHECK(spend.world.host.log[0].starts_with("3 spend_limit: GET /v1/organizations/spend_limits"));
  REQUIRE(spend.world.host.health.size() == 1);
  CHECK(spend.world.host.health[0].starts_with("1 spend_limit: "));
}

TEST_CASE("a new credential is tried without waiting for the day to end") {
  Spend spend(refusal(403, "requires read:spend_limits"));
  spend.run(30min);
  spend.answer = {.pieces = {R"({"data":[],"next_page":null})"}};
  spend.world.key = "sk-ant-api01-other-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";

  spend.run(61min);

  CHECK(spend.world.transport.sent.size() == 2);
  CHECK(spend.status().message.empty());
  CHECK(spend.status().error_code.empty());
  CHECK(spend.status().last_success.has_value());
}

TEST_CASE("other refusals of the stream are failures as of any other") {
  Spend spend(refusal(401, "invalid"));
  spend.run(0s);
  CHECK(spend.status().health == Health::failed);
  CHECK(spend.status().refused);
}

}  // namespace
}  // namespace anthropic_metrics
