// SPDX-License-Identifier: Apache-2.0
// What a driver does with rows that cannot be read: it goes on, says so once, and forgets it when
// they can be.
#include <fmt/format.h>

#include <set>

#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::at;
using test::contains;
using test::me;
using test::Usage;
using test::World;

std::string all_documents(Delivery& delivery) {
  std::string documents;
  for (std::shared_ptr<Batch> batch; (batch = test::must(delivery.hand_out({}))) != nullptr;) {
    documents += batch->ndjson;
    test::must(delivery.acknowledge(batch->id, AckOutcome::durable, 0));
  }
  return documents;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST_CASE("a row that cannot be read is told, once, until it can be") {
  Usage usage;
  std::string odd = "7.5";
  usage.instead = [&](const std::string& target) -> std::optional<Answer> {
    if (target == me) return std::nullopt;
    std::string text = test::report(target, usage.tokens);
    const std::string bucket = R"({"starting_at":"2026-09-01T11:00:00Z")";
    const auto results = text.find("\"results\":[", text.find(bucket));
    if (text.find(bucket) != std::string::npos)
      text.insert(
          results + 11,
          R"({"uncached_input_tokens":1,"cache_read_input_tokens":0,"model":"x","output_tokens":)" +
              odd + "},");
    return Answer{.pieces = {text}};
  };

  usage.run(0s);
  CHECK(usage.status().cursor == at("2026-09-01T12:00:00Z"));
  CHECK(usage.status().health == Health::healthy);
  CHECK(usage.status().set_aside_rows() == 1);
  REQUIRE(usage.status().set_aside.contains(at("2026-09-01T11:00:00Z")));
  CHECK(contains(usage.status().message, "1 row could not be read and is in no sum"));
  CHECK(contains(usage.status().message, "$.data[].results[].output_tokens"));
  CHECK(contains(usage.world.status.json({}),
                 R"("set_aside":{"rows":1,"buckets":[{"start":"2026-09-01T11:00:00Z")"));
  const std::string documents = all_documents(usage.world.delivery);
  CHECK(count(documents, R"("kind":"metric")") == 3);
  CHECK(count(documents, R"("kind":"pipeline_error")") == 1);

  usage.run(25min);  // Four polls more.
  CHECK(all_documents(usage.world.delivery).empty());
  std::size_t told = 0;
  for (const std::string& line : usage.world.host.log)
    if (contains(line, "bucket 2026-09-01T11:00:00Z cannot be read")) ++told;
  CHECK(told == 1);

  odd = "7";
  usage.run(31min);
  CHECK(usage.status().set_aside.empty());
  CHECK(usage.status().message.empty());
  CHECK(contains(usage.world.host.log.back(),
                 "all rows of bucket 2026-09-01T11:00:00Z can be read now"));
  const std::string later = all_documents(usage.world.delivery);
  CHECK(count(later, R"("revision":0)") == 2);  // And the row of the hour that closed meanwhile.
  CHECK(count(later, R"("model":"x")") == 1);
  CHECK(count(later, "\n") == 2);
}

TEST_CASE("entries of several pages that have no id of their own get ids of their own") {
  World world(
      R"("streams": {"cost": {"enabled": false}, "usage": {"enabled": false}, "health": {"enabled": false}})");
  const auto choice =
      std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                   [](const StreamChoice& one) { return one.stream->name == "rate_limit"; });
  REQUIRE(choice != world.settings.streams.end());
  Driver driver(world.services, *choice);
  const auto entry = [](const std::string& model, const std::string& value) {
    return R"({"type":"rate_limit","group_type":"model_group","models":[")" + model +
           R"("],"limits":[{"type":"requests_per_minute","value":)" + value + "}]}";
  };
  world.transport.answer = [&](const std::string& target) {
    Answer answer;
    if (target == me)
      answer.pieces = {R"({"id":"org-1"})"};
    else if (contains(target, "page=p2"))
      answer.pieces = {R"({"data":[)" + entry("b", "70") + "," + entry("c", "-1") + "]}"};
    else
      answer.pieces = {R"({"data":[)" + entry("a", "50") + R"(],"next_page":"p2"})"};
    for (auto& header : world.date()) answer.headers.push_back(header);
    return answer;
  };
  boost::asio::co_spawn(*world.loop, driver.run(), boost::asio::detached);
  world.run(world.began());

  const std::string documents = all_documents(world.delivery);
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = documents.find("\",\"kind\":", at)) != std::string::npos; ++at)
    ids.insert(documents.substr(at - 22, 22));
  CHECK(count(documents, R"("kind":"metric")") == 3);
  CHECK(count(documents, R"("kind":"pipeline_error")") == 1);
  CHECK(ids.size() == 4);
  CHECK(world.status.stream("rate_limit").set_aside_rows() == 1);
  world.loop.reset();
}

}  // namespace
}  // namespace anthropic_metrics
