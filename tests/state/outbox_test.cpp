// SPDX-License-Identifier: Apache-2.0
// What becomes of a batch after it was handed out: kept over a restart and sent before anything
// else, or dropped by the host and told.
#include <catch2/catch_test_macros.hpp>

#include "small_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;

namespace {

const std::string settings =
    R"("interval":"60m","initial_interval":"6h","settle":"0s","group_by":["model"])";

/// Polls until a batch comes; it is neither stored nor acknowledged.
Batch next_batch(SmallWorld& world) {
  for (int polls = 0; polls < 1000; ++polls) {
    const auto result = world.runtime->poll(1s, {});
    REQUIRE(result.has_value());
    if (result->batch != nullptr) return *result->batch;
    world.time.advance(std::max<Milliseconds>(result->next_poll, 1ms));
  }
  FAIL("no batch came");
  return {};
}

}  // namespace

TEST_CASE("after a restart the same bytes come first, before anything is asked for") {
  SmallWorld world(simulator::Options{});
  world.start(settings);
  const Batch first = next_batch(world);
  const auto requests = world.simulator.requests().size();

  world.start(settings);
  const auto result = world.runtime->poll(1s, {});

  REQUIRE(result.has_value());
  REQUIRE(result->batch != nullptr);
  CHECK(result->batch->id == first.id);
  CHECK(result->batch->ndjson == first.ndjson);
  CHECK(world.simulator.requests().size() == requests);
}

TEST_CASE("a batch that the host drops is counted, told with its size, and does not come again") {
  SmallWorld world(simulator::Options{});
  world.start(settings);
  const Batch batch = next_batch(world);
  REQUIRE(batch.documents.size() > 1);
  for (int times = 0; times < 2; ++times)
    REQUIRE(world.runtime->acknowledge(batch.id, AckOutcome::drop, 0).has_value());

  const auto delivery = boost::json::parse(world.runtime->status_json()).at("delivery").as_object();
  CHECK(delivery.at("dropped_documents").to_number<std::size_t>() == batch.documents.size());
  const std::string told =
      fmt::format("dropped batch {} with {} documents", batch.id, batch.documents.size());
  const std::string log = world.host.log();
  REQUIRE(log.find(told) != std::string::npos);
  CHECK(log.find(told, log.find(told) + 1) == std::string::npos);

  world.start(settings);
  for (;;) {
    const auto result = world.runtime->poll(1s, {});
    REQUIRE(result.has_value());
    if (result->batch != nullptr) {
      CHECK(result->batch->id != batch.id);
      REQUIRE(world.runtime->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
    } else if (result->next_poll > 55s) {
      break;
    } else {
      world.time.advance(std::max<Milliseconds>(result->next_poll, 1ms));
    }
  }
}
