// SPDX-License-Identifier: Apache-2.0
// A host that waits for many instances with one thread: it polls with a budget of 0, and never but
// when a descriptor or next_poll_ms tells it to. It must get what a host gets that waits in polls.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>

#include "read_extension.hpp"
#include "simulated_world.hpp"
#include "wait_extension.hpp"

namespace anthropic_metrics::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t no_stall = 600;  // seconds: not a measure, but the end of a test that hangs

/// The id of each document of a report: what other streams tell is of the moment.
std::vector<std::string> ids_of_reports(const std::string& text) {
  std::vector<std::string> ids;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto is_of = [&](std::string_view stream) {
      return line.find("\"dataset\":\"anthropic_metrics." + std::string(stream) + '"') !=
             std::string::npos;
    };
    if (!is_of("usage") && !is_of("cost")) continue;
    const auto at = line.find(R"("id":")", line.find(R"("event":{)"));
    ids.push_back(line.substr(at + 6, 22));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// One instance of such a host.
struct Watched {
  explicit Watched(const World& world)
      : instance(world.config(R"(,"batch":{"max_documents":40,"max_in_flight":3})")),
        descriptor(instance.status() == BEAT_OK ? descriptor_of(instance) : -1) {
    INFO(instance.error());
    REQUIRE(instance.status() == BEAT_OK);
  }
  LiveInstance instance;
  int descriptor;
  Clock::time_point due = Clock::now();
  std::vector<beat_batch_id> owed{};
  std::string documents{};
  bool rests = false;
};

void acknowledge_some(Watched& one, std::mt19937& random) {
  while (!one.owed.empty() && random() % 2 == 0) {
    const std::size_t at = random() % one.owed.size();
    REQUIRE(one.instance.ack(one.owed[at]) == BEAT_OK);
    one.owed.erase(one.owed.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

/// A poll, as a host makes it that was told to.
void poll_once(Watched& one, std::mt19937& random) {
  const auto [status, result] = one.instance.poll(0, static_cast<std::uint32_t>(1 + random() % 40));
  REQUIRE(status >= 0);
  one.due = Clock::now() + std::chrono::milliseconds(result.next_poll_ms);
  one.rests = result.next_poll_ms > 10'000 && one.owed.empty();
  if (result.batch == nullptr) return;
  one.documents.append(result.batch->ndjson.ptr, result.batch->ndjson.len);
  one.owed.push_back(result.batch->id);
  one.due = Clock::now();
}

/// Until none of them has anything to do before its next interval.
void collect(std::vector<std::unique_ptr<Watched>>& all, std::mt19937& random) {
  const auto end = Clock::now() + std::chrono::seconds(no_stall);
  while (true) {
    REQUIRE(Clock::now() < end);
    std::vector<pollfd> watched;
    auto due = end;
    bool owed = false;
    for (const auto& one : all) {
      watched.push_back({one->descriptor, POLLIN, 0});
      due = std::min(due, one->due);
      owed = owed || !one->owed.empty();
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    // What is owed is acknowledged whenever nothing else happens.
    const int longest = static_cast<int>(std::clamp<std::int64_t>(left, 0, owed ? 1 : 1000));
    REQUIRE(::poll(watched.data(), watched.size(), longest) >= 0);
    std::vector<std::size_t> turns;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (watched[i].revents != 0 || all[i]->due <= Clock::now()) turns.push_back(i);
    std::shuffle(turns.begin(), turns.end(), random);
    for (const std::size_t i : turns)
      if (random() % 4 != 0) poll_once(*all[i], random);  // some are told again
    for (const auto& one : all) acknowledge_some(*one, random);
    const auto rests = [](const auto& one) {
      return one->rests && one->owed.empty() && !readable(one->descriptor);
    };
    if (std::all_of(all.begin(), all.end(), rests)) return;
  }
}

TEST_CASE("who waits for descriptors alone gets every document, of all instances at once") {
  const char* const given = std::getenv("AM_SEED");
  const unsigned seed =
      given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::atol(given));
  std::cout << "seed " << seed << '\n';
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr std::size_t count = 6;
  std::vector<std::unique_ptr<World>> worlds;
  std::vector<std::unique_ptr<Watched>> all;
  for (std::size_t i = 0; i < count; ++i) {
    simulator::Options options;
    options.seed = i + 1;  // another organization
    worlds.push_back(std::make_unique<World>(options));
    all.push_back(std::make_unique<Watched>(*worlds.back()));
  }
  collect(all, random);
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    const std::string watched = std::move(all[i]->documents);
    all[i].reset();
    discard(worlds[i]->state);
    const LiveInstance waits(
        worlds[i]->config(R"(,"batch":{"max_documents":40,"max_in_flight":3})"));
    const std::string waited = waits.drain();
    CHECK(ids_of_reports(watched).size() > 50);
    CHECK(ids_of_reports(watched) == ids_of_reports(waited));
  }
}

TEST_CASE("the descriptor tells of an ack, of a window that is asked for, and of a cancel") {
  World world;
  const LiveInstance instance(world.config_without_state());
  REQUIRE(instance.status() == BEAT_OK);
  REQUIRE(reading().on_request(instance.handle()) == BEAT_OK);
  const int descriptor = descriptor_of(instance);
  const auto quiet = [&] {
    for (int polls = 0; polls < 1000; ++polls) {
      const auto [status, result] = instance.poll(0);
      REQUIRE(status >= 0);
      if (result.batch != nullptr) return result.batch->id;
      if (result.next_poll_ms > 10'000 && !readable(descriptor)) return beat_batch_id{0};
      pollfd watched{descriptor, POLLIN, 0};
      const auto longest = std::min<std::uint64_t>(result.next_poll_ms, 10'000);
      REQUIRE(::poll(&watched, 1, static_cast<int>(longest)) >= 0);
    }
    FAIL("it never rests");
    return beat_batch_id{0};
  };
  REQUIRE(quiet() == 0);
  const auto window = usage_window();
  REQUIRE(reading().ask(instance.handle(), &window, nullptr, 0) == BEAT_OK);
  CHECK(readable(descriptor));
  std::vector<beat_batch_id> batches;
  while (const beat_batch_id batch = quiet()) batches.push_back(batch);
  REQUIRE_FALSE(batches.empty());
  CHECK_FALSE(readable(descriptor));
  for (const beat_batch_id batch : batches) {
    REQUIRE(instance.ack(batch, BEAT_ACK_RETRY) == BEAT_OK);
    CHECK(readable(descriptor));
    CHECK(quiet() == batch);
    REQUIRE(instance.ack(batch) == BEAT_OK);
    CHECK(readable(descriptor));
    REQUIRE(quiet() == 0);
  }
  REQUIRE(plugin().cancel(instance.handle()) == BEAT_OK);
  CHECK(readable(descriptor));
  CHECK(instance.poll(0).first == BEAT_E_CANCELLED);
  REQUIRE(quiet() == 0);
  CHECK(descriptor_of(instance) == descriptor);
}

struct Misuse {
  const char* what;
  std::function<beat_status(beat_handle live)> call;
  beat_status answer;
};

TEST_CASE("the extension answers each misuse as its slot says, and *out is -1 then") {
  static std::int32_t out = 0;
  const std::vector<Misuse> rows{
      {"descriptor: no out", [](auto h) { return waiting().descriptor(h, nullptr); }, BEAT_E_ARG},
      {"descriptor: no such instance", [](auto) { return waiting().descriptor(0, &out); },
       BEAT_E_HANDLE},
      {"descriptor: fine", [](auto h) { return waiting().descriptor(h, &out); }, BEAT_OK},
  };
  World world;
  const LiveInstance instance(world.config_without_state());
  REQUIRE(instance.status() == BEAT_OK);
  for (const Misuse& row : rows) {
    CAPTURE(row.what);
    out = 7;
    CHECK(row.call(instance.handle()) == row.answer);
    if (row.answer == BEAT_E_HANDLE) CHECK(out == -1);
    if (row.answer == BEAT_OK) CHECK(out > 2);
  }
}

TEST_CASE("a forked child has no descriptor of its parent's instance") {
  World world;
  const LiveInstance instance(world.config_without_state());
  REQUIRE(instance.status() == BEAT_OK);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::int32_t out = 7;
    ::_exit(waiting().descriptor(instance.handle(), &out) == BEAT_E_FORKED && out == -1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

}  // namespace
}  // namespace anthropic_metrics::test
