// SPDX-License-Identifier: Apache-2.0
// Histories in which somebody spoils the store or the state, and an instance with a state is told
// what the store holds: from then on the sums equal the API, whatever comes later, and also if the
// process dies amid it.
//
//   AM_REPAIRS=<n>   how many (default 80)
//   AM_SEED=<n>      only this one
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "asking_world.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
using Kind = Asked::Kind;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

simulator::Options organization(Random& random) {
  simulator::Options options;
  options.seed = random();
  options.groups = static_cast<int>(pick(random, 2, 5));
  options.activity = static_cast<double>(pick(random, 20, 90)) / 100;
  options.late_rate = options.restate_rate = static_cast<double>(pick(random, 0, 40)) / 100;
  options.vanish_rate = static_cast<double>(pick(random, 0, 20)) / 100;
  options.late_within = 20h;
  options.restate_within = 30h;
  return options;
}

class Repair {
 public:
  explicit Repair(std::uint64_t seed) : random_(seed), world_(organization(random_)) {
    world_.wire.random.seed(seed);
    world_.batch_documents = static_cast<int>(pick(random_, 1, 40));
    if (chance(random_, 50)) world_.groups = {"model", "workspace_id"};
  }

  std::vector<std::string> run() {
    world_.start();
    run_for(pick(random_, 4, 40));
    spoil();
    settle();
    tell_all();
    settle();
    std::vector<std::string> problems = judge("after the repair");
    if (!problems.empty()) return problems;
    run_for(pick(random_, 1, 20));
    settle();
    return judge("after late data");
  }

 private:
  void run_for(std::int64_t hours) {
    if (!world_.runtime) world_.start();
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      world_.drain();
      world_.time.advance(1h);
    }
    world_.drain();
  }

  std::filesystem::path state() const { return world_.folder / "state"; }

  /// What happened to the store, or to what is known of it.
  void spoil() {
    const auto copy = world_.folder / "copy";
    if (chance(random_, 30)) {  // An older copy of the state is put back.
      world_.runtime.reset();
      std::filesystem::copy(state(), copy, std::filesystem::copy_options::recursive);
      world_.start();
      run_for(pick(random_, 1, 12));
      world_.runtime.reset();
      std::filesystem::remove_all(state());
      std::filesystem::rename(copy, state());
      std::filesystem::permissions(state(), std::filesystem::perms::owner_all);
    }
    world_.runtime.reset();
    if (chance(random_, 20)) std::filesystem::remove_all(state());  // Or it is lost.
    if (chance(random_, 70))
      world_.store.remove_some(random_, static_cast<int>(pick(random_, 1, 60)));
    if (chance(random_, 50))
      world_.store.double_some(random_, static_cast<int>(pick(random_, 1, 40)));
    if (world_.groups.size() == 1)
      for (auto more = pick(random_, 0, 9); more > 0; --more)
        world_.store.add_foreign(hour_of(world_.time.server()) - pick(random_, 1, 30) * 1h,
                                 chance(random_, 50) ? "claude-x" : "claude-y",
                                 pick(random_, 1, 50), pick(random_, 0, 50));
  }

  /// Everything that the look-back has is read at one moment, and cursors are on the disk.
  void settle() {
    world_.time.freeze_server(true);
    for (int runs = 0; runs < 2; ++runs) {
      world_.start();
      world_.drain();
    }
    world_.time.freeze_server(false);
    world_.runtime.reset();
    auto ledger = ledger::Ledger::open(state().string());
    REQUIRE(ledger.has_value());
    const auto lanes = (*ledger)->lanes("usage");
    REQUIRE(lanes.has_value());
    from_ = lanes->front().origin;
    to_ = lanes->front().cursor;
  }

  /// As a process that dies leaves it: what is on disk now.
  void die_and_start() {
    const auto image = world_.folder / "image";
    std::filesystem::copy(state(), image);
    world_.runtime.reset();
    std::filesystem::remove_all(state());
    std::filesystem::rename(image, state());
    std::filesystem::permissions(state(), std::filesystem::perms::owner_all);
    ++died;
    world_.start();
    world_.drain();
  }

  void tell_all() {
    world_.start();
    const bool dies = chance(random_, 50);
    for (Instant at = from_; at < to_;) {
      const Instant end = std::min(to_, at + pick(random_, 1, 24) * 1h);
      world_.drain();
      const auto told =
          world_.ask(at, end, Kind::told, world_.store.known(world_.grain(), at, end));
      if (!told) FAIL(told.error().message);
      if (dies && chance(random_, 40)) {
        world_.wire.crash_at = world_.wire.steps + pick(random_, 0, 12);
        world_.drain();
        if (chance(random_, 50) || world_.wire.crashed) die_and_start();
        world_.wire.crash_at = -1;
      }
      at = end;
    }
    world_.drain();
    CHECK(world_.runtime->asked().waiting == 0);
    CHECK(world_.runtime->asked().failed == 0);
  }

  std::vector<std::string> judge(const char* when) {
    std::vector<std::string> problems = world_.compare(from_, to_);
    for (std::string& problem : problems) problem = std::string(when) + ": " + problem;
    if (world_.store.wrong_derived(world_.grain()) > 0)
      problems.push_back(std::string(when) + ": derived sums are not those of their parts");
    if (world_.wrong_ids() > 0)
      problems.push_back(std::string(when) + ": ids that do not follow from their documents");
    rows += world_.expected(from_, to_).size();
    return problems;
  }

  Random random_;
  AskingWorld world_;
  Instant from_{}, to_{};

 public:
  std::uint64_t rows = 0, died = 0;
};

}  // namespace

TEST_CASE("a store that was spoiled equals the API once the instance was told what it holds") {
  const std::uint64_t only = number("AM_SEED", 0), wanted = only > 0 ? 1 : number("AM_REPAIRS", 80);
  std::uint64_t rows = 0, died = 0;
  for (std::uint64_t i = 1; i <= wanted; ++i) {
    const std::uint64_t seed = only > 0 ? only : i;
    INFO("AM_SEED=" << seed);
    Repair repair(seed);
    for (const std::string& problem : repair.run()) FAIL_CHECK(problem);
    rows += repair.rows;
    died += repair.died;
  }
  CHECK((only > 0 || died > 0));
  std::cout << wanted << " repairs, " << died << " deaths amid them, " << rows
            << " rows compared\n";
}
