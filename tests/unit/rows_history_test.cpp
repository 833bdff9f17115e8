// SPDX-License-Identifier: Apache-2.0
// Sums in a store equal the report after histories that change for 30 days, with sparse rows, equal
// keys, pages cut anywhere, tokens that expire, answers that break off, a word that moves both
// ways, and an end of the process at any moment.
//
//   AM_SEEDS=<n>   so many histories
//   AM_SEED=<n>    only this one
#include <filesystem>

#include "rows_api.hpp"
#include "scratch.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::must;
using test::pick;
using test::Random;
using test::RowsApi;
using test::RowStore;
using test::World;

/// Of the world's clock when it starts, by its scripted date.
const Instant first_of_september = test::at("2026-09-01T12:30:00Z");

std::string date_of(Instant instant) {
  const std::string text = format_rfc3339(instant);  // 2026-09-01T12:30:00Z
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  return std::string(days[std::chrono::weekday(day).c_encoding()]) + ", " + text.substr(8, 2) +
         " " + months[std::stoi(text.substr(5, 2)) - 1] + " " + text.substr(0, 4) + " " +
         text.substr(11, 8) + " GMT";
}

/// One process: from a start on the state that is there to its end at any moment.
class Process {
 public:
  Process(const std::string& configuration, const std::string& state, RowsApi& api, Instant begins)
      : world_(configuration, 1000, state),
        choice_(*std::find_if(
            world_.settings.streams.begin(), world_.settings.streams.end(),
            [](const StreamChoice& one) { return one.stream->name == "analytics_cost"; })),
        driver_(world_.services, choice_),
        begins_(begins) {
    must(world_.delivery.recover());
    world_.transport.answer = [this, &api](const std::string& target) {
      Answer answer = target == test::me
                          ? Answer{.pieces = {R"({"id":"org-1","type":"organization"})"}}
                          : api.answer(target);
      answer.headers.push_back({"Date", date_of(now())});
      return answer;
    };
    boost::asio::co_spawn(*world_.loop, driver_.run(), boost::asio::detached);
  }
  ~Process() { world_.loop.reset(); }  // Before the driver, whose coroutine is in it.

  Instant now() const {
    return begins_ + std::chrono::floor<std::chrono::seconds>(world_.host.time - world_.began());
  }
  /// acknowledged: of batches, so many; behind them the host dies before it says so. True if it
  /// lives.
  bool run_to(Instant until, RowStore& store, int acknowledged) {
    const Monotonic end = world_.began() + (until - begins_);
    for (bool came = true; came; world_.room.open_all()) {
      world_.run(end);
      came = false;
      while (const auto batch = must(world_.delivery.hand_out({}))) {
        store.add(batch->ndjson);
        if (acknowledged-- == 0) return false;
        must(world_.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
        came = true;
      }
    }
    world_.host.time = std::max(world_.host.time, end);
    return true;
  }
  std::string told() const {
    const StreamStatus status = world_.status.stream("analytics_cost");
    return status.message;
  }

 private:
  World world_;
  const StreamChoice& choice_;
  Driver driver_;
  Instant begins_;
};

/// What is wrong after a history; empty if all is right.
std::string history(std::uint64_t seed) {
  Random random(seed);
  const bool hours = seed % 8 == 0;
  const auto width = hours ? std::chrono::seconds(1h) : std::chrono::seconds(24h);
  const test::Scratch scratch;
  const std::string state = seed % 4 == 0 ? scratch / "state" : "";
  const std::string configuration =
      R"("streams": {"analytics_cost": {"enabled": true, "group_by": ["actor", "product"], )"
      R"("interval": "12h", "initial_interval": "240h", "bucket_width": ")" +
      std::string(hours ? "1h" : "1d") + R"("}})";
  const Instant begins = first_of_september;
  const Instant origin =
      Instant((begins - 240h).time_since_epoch() / width * width);  // Down to a bucket.
  RowsApi api(random, width, origin);
  RowStore store("analytics_cost", {"actor_id", "product"});

  const int days = hours ? 12 : 40;
  auto process = std::make_unique<Process>(configuration, state, api, begins);
  Instant now = begins;
  std::string wrong;
  for (int step = 0; step < 2 * days; ++step) {
    api.advance(now, false);
    now += 12h;
    const bool dies = !state.empty() && pick(random, 0, 4) == 0;
    const bool lives =
        process->run_to(now, store, dies ? static_cast<int>(pick(random, 0, 2)) : 1'000'000);
    if (store.newest_end() > format_rfc3339(api.furthest()))
      wrong += "a bucket was emitted that was never called complete: " + store.newest_end() + "\n";
    if (lives && !dies) continue;
    process.reset();
    process = std::make_unique<Process>(configuration, state, api, now);
  }
  // All is quiet; the deepest look-back is read within a day.
  for (int step = 0; step < 5; ++step) {
    api.advance(now, true);
    now += 12h;
    process->run_to(now, store, 1'000'000);
  }
  process->run_to(now + 1h, store, 1'000'000);  // What began at the last moment comes to its end.
  const Instant closed = Instant((now - 12h).time_since_epoch() / width * width);
  const RowStore::Rows truth = api.truth(origin, closed);
  RowStore::Rows stored = store.rows();
  std::erase_if(stored,
                [&](const auto& row) { return row.first.substr(0, 20) >= format_rfc3339(closed); });
  for (const auto& [key, row] : truth)
    if (!stored.contains(key) || stored.at(key) != row)
      wrong += key + ": " + (stored.contains(key) ? stored.at(key).amount.text() : "nothing") +
               " is stored, " + row.amount.text() + " is true\n";
  for (const auto& [key, row] : stored)
    if (!truth.contains(key))
      wrong += key + ": " + row.amount.text() + " is stored, none is true\n";
  if (truth.size() < 5) wrong += "the history has hardly any rows\n";
  if (!store.odd().empty()) wrong += "rows were set aside\n";
  if (!wrong.empty()) wrong += process->told();
  return wrong;
}

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST_CASE("sums of sparse reports equal the API after every history") {
  const std::uint64_t one = number("AM_SEED", 0);
  const std::uint64_t first = one != 0 ? one : 1;
  const std::uint64_t last = one != 0 ? one : number("AM_SEEDS", 24);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::string wrong = history(seed);
    if (wrong.empty()) continue;
    ++failed;
    UNSCOPED_INFO("AM_SEED=" << seed << "\n" << wrong);
    CHECK(wrong.empty());
    if (failed == 5) break;
  }
  CHECK(failed == 0);
}

}  // namespace
}  // namespace anthropic_metrics
