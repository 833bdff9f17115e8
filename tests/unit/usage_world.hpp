// SPDX-License-Identifier: Apache-2.0
// A driver of the usage stream in a world whose API answers with the same row in every bucket, or
// as a test says instead.
#pragma once

#include <algorithm>
#include <string>

#include "collect/driver.hpp"
#include "world.hpp"

namespace anthropic_metrics::test {

inline constexpr std::string_view me = "/v1/organizations/me";

/// The value of a query parameter that holds a time.
inline Instant time_in(const std::string& target, const std::string& name) {
  std::string value = target.substr(target.find(name + "=") + name.size() + 1);
  value = value.substr(0, value.find('&'));
  for (std::size_t colon; (colon = value.find("%3A")) != std::string::npos;)
    value.replace(colon, 3, ":");
  return at(value);
}

/// A usage report with a row of `tokens` in each bucket of the window that was asked for.
inline std::string report(const std::string& target, int tokens) {
  const Instant end = time_in(target, "ending_at");
  std::string out = R"({"data":[)";
  for (Instant start = time_in(target, "starting_at"); start < end;
       start += std::chrono::hours(1)) {
    if (out.back() != '[') out += ',';
    out += R"({"starting_at":")" + format_rfc3339(start) + R"(","ending_at":")" +
           format_rfc3339(start + std::chrono::hours(1)) +
           R"(","results":[{"uncached_input_tokens":)" + std::to_string(tokens) +
           R"(,"cache_read_input_tokens":0,"output_tokens":1,"model":"m"}]})";
  }
  return out + R"(],"has_more":false,"next_page":null})";
}

/// The usage stream of one organization, with the other endpoints off.
struct Usage {
  /// Polled when an hour closes.
  static constexpr const char* hourly =
      R"("streams": {"cost": {"enabled": false}, "rate_limit": {"enabled": false},
                     "usage": {"group_by": ["model"], "interval": "5m", "initial_interval": "3h", "settle": "0s"}})";
  /// Polled at each interval, since the last two hours are read again then.
  static constexpr const char* often =
      R"("streams": {"cost": {"enabled": false}, "rate_limit": {"enabled": false},
                     "usage": {"group_by": ["model"], "interval": "5m", "initial_interval": "3h", "settle": "0s",
                               "look_back": [{"depth": "2h", "every": "5m"}, {"depth": "26h", "every": "1h"},
                                             {"depth": "720h", "every": "24h"}]}})";
  World world;
  const StreamChoice& choice =
      *std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                    [](const StreamChoice& one) { return one.stream->name == "usage"; });
  Driver driver{world.services, choice};
  int tokens = 10;
  /// What to say instead, while set.
  std::function<std::optional<Answer>(const std::string& target)> instead;

  explicit Usage(std::size_t most_in_flight = 1000, const char* configuration = often)
      : world(configuration, most_in_flight) {
    world.transport.answer = [this](const std::string& target) {
      std::optional<Answer> other;
      if (instead) other = instead(target);
      Answer answer = other ? *other : good(target);
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
    boost::asio::co_spawn(*world.loop, driver.run(), boost::asio::detached);
  }
  ~Usage() { world.loop.reset(); }  // Before the driver, whose coroutine is in it.

  Answer good(const std::string& target) const {
    return {.pieces = {target == me ? R"({"id":"org-1","type":"organization"})"
                                    : report(target, tokens)}};
  }
  /// Runs until `passed` after the start.
  void run(Monotonic passed) { world.run(world.began() + passed); }
  /// The same with a host that takes and acknowledges each minute what is there.
  void collect(Monotonic passed) {
    for (Monotonic until{0}; until <= passed; until += std::chrono::minutes(1)) {
      run(until);
      while (const auto batch = must(world.delivery.hand_out({})))
        must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
      world.room.open_all();
    }
    run(passed);
  }
  StreamStatus status() const { return world.status.stream("usage"); }
  std::vector<std::string> asked() const {
    auto targets = world.transport.targets();
    std::erase(targets, me);
    return targets;
  }
};

inline Answer refusal(int status, const std::string& type, const std::string& message) {
  return {.status = status,
          .pieces = {R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message +
                     R"("}})"}};
}

}  // namespace anthropic_metrics::test
