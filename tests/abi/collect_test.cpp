// SPDX-License-Identifier: Apache-2.0
// The library against the simulator over TLS: batches, acks, budgets, cancel, shutdown, many at
// once.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "loaded_plugin.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

TEST_CASE(
    "every stream is collected, and a second instance on the same state emits only snapshots") {
  World world;
  std::string first;
  {
    const RecordingHost host;
    const LiveInstance instance(world.config(), host.table());
    INFO(instance.error());
    REQUIRE(instance.status() == BEAT_OK);
    first = instance.drain();
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
  }
  for (const char* dataset :
       {"anthropic_metrics.usage", "anthropic_metrics.cost", "anthropic_metrics.rate_limit"})
    CHECK(first.find(dataset) != std::string::npos);
  const LiveInstance again(world.config());
  const std::string second = again.drain();
  CHECK(second.find("anthropic_metrics.usage") == std::string::npos);
  CHECK(second.find("anthropic_metrics.cost") == std::string::npos);
  CHECK(second.find("anthropic_metrics.rate_limit") != std::string::npos);
}

TEST_CASE("the smallest host, in C, prints the documents of every stream") {
  simulator::Options present;  // The smallest host has the machine's clock.
  present.epoch = std::chrono::floor<std::chrono::hours>(
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
  World world(present);
  const auto config = world.state.string() + ".json";
  std::ofstream(config) << world.config();
  std::FILE* host = ::popen(
      (std::string(AM_C_HOST) + " " + AM_PLUGIN_FILE + " " + config + " 2>&1").c_str(), "r");
  REQUIRE(host != nullptr);
  std::string printed;
  char piece[65536];
  for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, host)) > 0;)
    printed.append(piece, got);
  CHECK(::pclose(host) == 0);
  std::filesystem::remove(config);
  for (const char* dataset :
       {"anthropic_metrics.usage", "anthropic_metrics.cost", "anthropic_metrics.rate_limit"})
    CHECK(printed.find(dataset) != std::string::npos);
}

TEST_CASE("batches keep to the host's limits and carry ids and times") {
  World world;
  const LiveInstance instance(world.config());
  std::size_t batches = 0;
  for (int calls = 0; calls < 10'000; ++calls) {
    const auto [status, result] = instance.poll(1000, 7);
    REQUIRE(status >= 0);
    if (result.batch == nullptr) {
      if (LiveInstance::at_rest(result)) break;
      continue;
    }
    ++batches;
    const beat_batch& batch = *result.batch;
    REQUIRE(batch.doc_count >= 1);
    REQUIRE(batch.doc_count <= 7);
    std::string joined;
    for (uint64_t i = 0; i < batch.doc_count; ++i) {
      const auto* doc = reinterpret_cast<const beat_doc*>(
          reinterpret_cast<const char*>(batch.docs) + i * batch.doc_stride);
      const std::string json(doc->json.ptr, doc->json.len);
      const std::string id(doc->id.ptr, doc->id.len);
      joined += json + "\n";
      CHECK(id.size() == 22);
      CHECK(json.find("\"id\":\"" + id + "\"") != std::string::npos);
      CHECK(doc->timestamp_ns > 0);
      CHECK(doc->stream < 32);
      CHECK(doc->operation == BEAT_OP_CREATE);
    }
    CHECK(joined == std::string(batch.ndjson.ptr, batch.ndjson.len));
    const beat_batch_id id_of_batch = batch.id;
    REQUIRE(instance.ack(id_of_batch) == BEAT_OK);
    CHECK(instance.ack(id_of_batch) == BEAT_OK);
  }
  CHECK(batches > 10);
}

TEST_CASE("a batch to retry comes back with the same bytes, also after release and restart") {
  World world;
  std::string bytes;
  {
    const LiveInstance instance(world.config());
    auto polled = instance.poll(5000);
    for (int calls = 0; calls < 100 && polled.second.batch == nullptr; ++calls)
      polled = instance.poll(5000);
    REQUIRE(polled.second.batch != nullptr);
    const beat_batch_id id = polled.second.batch->id;
    bytes.assign(polled.second.batch->ndjson.ptr, polled.second.batch->ndjson.len);
    CHECK(plugin().release(instance.handle(), id) == BEAT_OK);
    CHECK(plugin().release(instance.handle(), id) == BEAT_OK);
    REQUIRE(instance.ack(id, BEAT_ACK_RETRY) == BEAT_OK);
    polled = instance.poll(0);
    REQUIRE(polled.second.batch != nullptr);
    CHECK(polled.second.batch->id == id);
    CHECK(std::string(polled.second.batch->ndjson.ptr, polled.second.batch->ndjson.len) == bytes);
  }
  const LiveInstance restarted(world.config());
  const auto polled = restarted.poll(0);
  REQUIRE(polled.second.batch != nullptr);
  CHECK(std::string(polled.second.batch->ndjson.ptr, polled.second.batch->ndjson.len) == bytes);
}

TEST_CASE("a host that does not acknowledge is held back") {
  World world;
  const LiveInstance instance(world.config(R"(,"batch":{"max_documents":10,"max_in_flight":3})"));
  beat_status status = BEAT_OK;
  uint32_t most = 0;
  for (int calls = 0; calls < 50; ++calls) {
    const auto polled = instance.poll(300);
    status = polled.first;
    most = std::max(most, polled.second.in_flight);
    if (status == BEAT_BACKPRESSURE) break;
  }
  CHECK(status == BEAT_BACKPRESSURE);
  CHECK(most == 3);
}

TEST_CASE("a host that knows only init, poll and shutdown acknowledges by polling on") {
  World world;
  std::size_t documents = 0;
  std::string handed_over;
  {
    const LiveInstance instance(world.config(R"(,"acknowledge":"handover")"));
    for (int calls = 0; calls < 10'000; ++calls) {
      const auto [status, result] = instance.poll(1000);
      REQUIRE(status >= 0);
      CHECK(result.in_flight == 0);
      if (result.batch != nullptr) {
        documents += result.batch->doc_count;
        handed_over.append(result.batch->ndjson.ptr, result.batch->ndjson.len);
      } else if (LiveInstance::at_rest(result)) {
        break;
      }
    }
  }
  CHECK(documents > 100);
  SECTION("and what it was given is given again after a start, in case it was lost") {
    const LiveInstance again(world.config(R"(,"acknowledge":"handover")"));
    std::string repeated;
    while (repeated.size() < handed_over.size()) {
      const auto [status, result] = again.poll(1000);
      REQUIRE(status == BEAT_OK);
      repeated.append(result.batch->ndjson.ptr, result.batch->ndjson.len);
    }
    CHECK(repeated == handed_over);
  }
  SECTION("unless that is switched off") {
    const LiveInstance first(world.config(R"(,"acknowledge":"handover","re_emit":"0s")"));
    while (first.poll(1000).second.batch != nullptr) {
    }
    CHECK(plugin().shutdown(first.handle(), 5000) == BEAT_OK);
    const LiveInstance again(world.config(R"(,"acknowledge":"handover","re_emit":"0s")"));
    for (int calls = 0; calls < 1000; ++calls) {
      const auto [status, result] = again.poll(1000);
      if (result.batch == nullptr && LiveInstance::at_rest(result)) break;
      if (result.batch == nullptr) continue;
      CHECK(std::string(result.batch->ndjson.ptr, result.batch->ndjson.len).find("metrics.usage") ==
            std::string::npos);
    }
  }
}

TEST_CASE("poll keeps to its budget while the server is slow, and still makes progress") {
  simulator::Options options;
  options.latency = 300ms;
  World world(options);
  const LiveInstance instance(world.config());
  bool batch = false;
  for (int calls = 0; calls < 400 && !batch; ++calls) {
    const auto begun = Steady::now();
    const auto [status, result] = instance.poll(20);
    CHECK(Steady::now() - begun < 2s);
    REQUIRE(status >= 0);
    batch = result.batch != nullptr;
  }
  CHECK(batch);
}

TEST_CASE("cancel ends a poll that waits for the server, and the next poll goes on") {
  simulator::Options options;
  options.latency = 2s;
  World world(options);
  const LiveInstance instance(world.config());
  beat_status cancelled = BEAT_E_GENERIC;
  std::thread other([&] { cancelled = plugin().cancel(instance.handle()); });
  const auto begun = Steady::now();
  const auto status = instance.poll(30'000).first;
  other.join();
  CHECK(cancelled == BEAT_OK);
  CHECK(status == BEAT_E_CANCELLED);
  CHECK(Steady::now() - begun < 10s);
  CHECK(instance.poll(10).first == BEAT_IDLE);
}

TEST_CASE("a second poll is told that one runs, and shutdown cuts the first short") {
  simulator::Options options;
  options.latency = 20s;
  World world(options);
  LiveInstance instance(world.config());
  std::atomic<bool> inside{false};
  beat_status ended = BEAT_OK;
  std::thread poller([&] {
    inside = true;
    ended = instance.poll(60'000).first;
  });
  // The other thread is inside once a poll of ours is refused.
  beat_status second = BEAT_OK;
  for (int tries = 0; tries < 10'000 && second != BEAT_E_BUSY; ++tries) {
    if (inside) second = instance.poll(0).first;
    std::this_thread::sleep_for(1ms);
  }
  CHECK(second == BEAT_E_BUSY);
  const auto begun = Steady::now();
  CHECK(plugin().shutdown(instance.handle(), 5000) == BEAT_OK);
  CHECK(Steady::now() - begun < 4s);
  poller.join();
  CHECK(ended == BEAT_E_CANCELLED);
}

TEST_CASE("two instances may not share a state directory") {
  World world;
  const LiveInstance first(world.config());
  REQUIRE(first.status() == BEAT_OK);
  const LiveInstance second(world.config());
  CHECK(second.status() == BEAT_E_BUSY);
  CHECK(second.error().find(world.state.string()) != std::string::npos);
}

TEST_CASE("a refused key fails health, says what to check, and recovers by itself") {
  World world;
  RecordingHost host;
  const LiveInstance instance(
      R"({"url":")" + world.server.url() +
          R"(","admin_api_key":"sk-ant-api03-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","ssl":{"certificate_authorities":[")" +
          world.server.certificate_authority().string() + R"("]}})",
      host.table());
  REQUIRE(instance.status() == BEAT_OK);
  for (int calls = 0; calls < 20; ++calls)
    if (instance.poll(1000).second.next_poll_ms > 10'000) break;
  CHECK(instance.poll(0).second.health == BEAT_HEALTH_FAILED);
  CHECK(instance.text(plugin().last_error).find("Admin") != std::string::npos);
  CHECK((host.text() + instance.text(plugin().status_json)).find("CANARY") == std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
