// SPDX-License-Identifier: Apache-2.0
#include "placement/successors.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <functional>
#include <thread>

#include "mock_agent.hpp"
#include "placement/placement.hpp"
#include "placement/successor.hpp"
#include "placement/uninstalled.hpp"

using anthropic_metrics::FileDescriptor;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using Clock = std::chrono::steady_clock;

bool within(std::chrono::milliseconds longest, const std::function<bool()>& true_now) {
  const auto end = Clock::now() + longest;
  while (!true_now()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// An Agent that runs our component from its current version.
class RunningAgent {
 public:
  RunningAgent() {
    const fs::path version = add_version(top(), old_version);
    turn_link(top() / "elastic-agent", version);
    REQUIRE(place(ours(), version / "components", Newer::replace));
    start();
  }
  ~RunningAgent() { stop(); }

  void start() {
    log_fd_.reset(::open((root_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    log_.emplace(log_fd_.get(), Log::Style::ecs_json);
    successors_.emplace(components(old_version) / component_program, *log_);
    REQUIRE(successors_->start());
  }
  void stop() { successors_.reset(); }

  fs::path top() const { return root_ / "agent"; }
  fs::path data() const { return top() / "data"; }
  fs::path components(const std::string& version) const { return data() / version / "components"; }
  bool stands(const std::string& version) const {
    return look_into(components(version)).complete();
  }
  std::string log() const { return read(root_ / "log"); }
  std::size_t lines_with(const std::string& word) const {
    std::size_t count = 0;
    for (const std::string& line : lines(log())) count += line.find(word) != std::string::npos;
    return count;
  }

 private:
  Scratch root_;
  FileDescriptor log_fd_;
  std::optional<Log> log_;
  std::optional<Successors> successors_;
};

// Looks at a folder all the time: whether a spec was ever seen before program and library.
class SpecWatch {
 public:
  explicit SpecWatch(fs::path components)
      : components_(std::move(components)), thread_([this] {
          while (!over_) {
            // The spec first: what it promises must be there when one looks next.
            const bool spec = fs::exists(components_ / component_spec);
            const bool rest = fs::exists(components_ / component_program) &&
                              fs::exists(components_ / component_library);
            if (spec && !rest && fs::exists(components_ / component_spec)) early_ = true;
          }
        }) {}
  ~SpecWatch() {
    over_ = true;
    thread_.join();
  }
  bool was_early() const { return early_; }

 private:
  const fs::path components_;
  std::atomic<bool> over_{false};
  std::atomic<bool> early_{false};
  std::thread thread_;
};

// As an Agent unpacks the package of a new version: folder by folder, file by file.
struct Unpacking {
  fs::path version;
  Clock::time_point begin = Clock::now();

  void at(std::chrono::milliseconds when) const { std::this_thread::sleep_until(begin + when); }
  void put(const std::string& name) const { write(version / name, std::string(300'000, 'x')); }
};

constexpr auto longer_than_quiet = Successor::quiet + 700ms;
constexpr auto patience = 20s;  // a busy machine is slow

constexpr auto agent_starts = 1300ms;  // after the folder appeared; seen with a small package

// Whether it is so in one of five attempts: a busy machine is late now and then, and what is too
// slow is late each time.
bool in_time(const std::function<bool()>& attempt) {
  for (int attempts = 0; attempts < 5; ++attempts)
    if (attempt()) return true;
  return false;
}

}  // namespace

TEST_CASE("an upgrade finds the component in the new version before it starts") {
  CHECK(in_time([] {
    RunningAgent agent;
    const Unpacking unpacking{agent.data() / new_version};
    fs::create_directories(unpacking.version);
    const SpecWatch watch(agent.components(new_version));
    unpacking.put("elastic-agent");
    unpacking.put("components/agentbeat");
    unpacking.at(300ms);
    unpacking.put("components/agentbeat.spec.yml");
    unpacking.at(600ms);
    unpacking.put("components/endpoint");
    unpacking.at(agent_starts);
    const bool stands = agent.stands(new_version);
    CHECK(within(patience, [&] { return agent.stands(new_version); }));
    CHECK_FALSE(watch.was_early());
    CHECK(within(patience,
                 [&] { return agent.lines_with("placed anthropic_metrics " AM_VERSION) == 1; }));
    return stands;
  }));
}

TEST_CASE("components that arrive late are found in time") {
  CHECK(in_time([] {
    RunningAgent agent;
    const Unpacking unpacking{agent.data() / new_version};
    fs::create_directories(unpacking.version);
    unpacking.put("elastic-agent");
    unpacking.at(1000ms);
    unpacking.put("components/agentbeat");
    unpacking.at(agent_starts);
    return agent.stands(new_version);
  }));
}

TEST_CASE("components that are put in place of others get our files again") {
  CHECK(in_time([] {
    RunningAgent agent;
    const Unpacking unpacking{agent.data() / new_version};
    unpacking.put("components/agentbeat");
    unpacking.at(400ms);
    bool stood = agent.stands(new_version);
    // Not before it stands: what is placed now would keep the folder from being removed.
    REQUIRE(within(patience, [&] { return agent.stands(new_version); }));
    fs::remove_all(agent.components(new_version));
    unpacking.put("components/agentbeat");
    unpacking.at(900ms);
    stood = stood && agent.stands(new_version);
    REQUIRE(within(patience, [&] { return agent.stands(new_version); }));
    // By a rename of a whole folder.
    write(agent.top() / "unpacked/agentbeat", "x");
    fs::rename(agent.components(new_version), agent.top() / "former");
    fs::rename(agent.top() / "unpacked", agent.components(new_version));
    unpacking.at(agent_starts);
    return stood && agent.stands(new_version);
  }));
}

TEST_CASE("a version that appears whole, by a rename, is found") {
  CHECK(in_time([] {
    RunningAgent agent;
    add_version(agent.top() / "elsewhere", new_version);
    fs::rename(agent.top() / "elsewhere/data" / new_version, agent.data() / new_version);
    return within(agent_starts, [&] { return agent.stands(new_version); });
  }));
}

TEST_CASE("versions that were there before the component started get it, too") {
  RunningAgent agent;
  agent.stop();
  add_version(agent.top(), new_version);
  agent.start();
  CHECK(within(patience, [&] { return agent.stands(new_version); }));
}

TEST_CASE("files that something like apply-flavor removed come back") {
  RunningAgent agent;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(take_away(agent.components(old_version)));
    CHECK(within(patience, [&] { return agent.stands(old_version); }));
  }
  CHECK(read(agent.components(old_version) / component_program) == read(AM_HOST_BINARY));
  fs::remove(agent.components(old_version) / component_program);
  CHECK(within(patience, [&] { return agent.stands(old_version); }));
  CHECK(within(patience, [&] { return agent.lines_with("placed anthropic_metrics") == 3; }));
}

TEST_CASE("a version that is being removed is not kept from going") {
  RunningAgent agent;
  add_version(agent.top(), new_version);
  REQUIRE(within(patience, [&] { return agent.stands(new_version); }));
  const fs::path folder = agent.data() / new_version;
  // Ours go first, others one after the other, the folders at the end.
  REQUIRE(take_away(agent.components(new_version)));
  for (int i = 0; i < 10; ++i) {
    write(agent.components(new_version) / "last", "x");
    std::this_thread::sleep_for(100ms);
    fs::remove(agent.components(new_version) / "last");
  }
  fs::remove(folder / "elastic-agent");
  std::this_thread::sleep_for(longer_than_quiet);
  CHECK(look_into(agent.components(new_version)).nothing());
  fs::remove_all(folder);
  std::this_thread::sleep_for(200ms);
  CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("who uninstalls a running component is obeyed") {
  RunningAgent agent;
  REQUIRE(UninstalledMark::set(agent.data()));
  REQUIRE(take_away(agent.components(old_version)));
  add_version(agent.top(), new_version);
  std::this_thread::sleep_for(longer_than_quiet);
  CHECK(look_into(agent.components(old_version)).nothing());
  CHECK(look_into(agent.components(new_version)).nothing());
  // Placed anew by whatever means, the next run keeps itself again, mark or not.
  agent.stop();
  REQUIRE(place(ours(), agent.components(old_version), Newer::replace));
  agent.start();
  CHECK(within(patience, [&] { return agent.stands(new_version); }));
}

TEST_CASE("a newer version of ours, and what is equal, is left alone") {
  RunningAgent agent;
  agent.stop();
  add_version(agent.top(), new_version);
  REQUIRE(place(ours("99.0.0"), agent.components(new_version), Newer::replace));
  struct stat before {};
  REQUIRE(::stat((agent.components(old_version) / component_program).c_str(), &before) == 0);
  agent.start();
  std::this_thread::sleep_for(longer_than_quiet);
  CHECK(look_into(agent.components(new_version)).version == "99.0.0");
  struct stat after {};
  REQUIRE(::stat((agent.components(old_version) / component_program).c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  CHECK(agent.log().empty());
}

TEST_CASE("what keeps the component from a new version is told once, with its remedy") {
  RunningAgent agent;
  write(agent.components(new_version) / "other.spec.yml",
        "inputs:\n  - name: anthropic_metrics\n    platforms: [linux/amd64, linux/arm64]\n");
  CHECK(within(patience, [&] { return agent.lines_with("remove that product") == 1; }));
  CHECK_THAT(agent.log(), ContainsSubstring("this component is missing in ") &&
                              ContainsSubstring("\"log.level\":\"warn\""));
  std::this_thread::sleep_for(500ms);
  CHECK(agent.lines_with("remove that product") == 1);
  fs::remove(agent.components(new_version) / "other.spec.yml");
  CHECK(within(patience, [&] { return agent.stands(new_version); }));
}

TEST_CASE("watching ends at once") {
  CHECK(in_time([] {
    RunningAgent agent;
    std::this_thread::sleep_for(50ms);
    const auto begin = Clock::now();
    agent.stop();
    return Clock::now() - begin < 500ms;
  }));
}

TEST_CASE("a program that lies elsewhere has nothing to watch") {
  const Scratch root;
  Log log(-1, Log::Style::ecs_json);
  for (const char* place : {"components", "data/other/components", "data/elastic-agent-1/bin"}) {
    fs::create_directories(root / place);
    fs::copy_file(AM_HOST_BINARY, root / place / component_program);
    fs::copy_file(AM_PLUGIN, root / place / component_library);
    Successors successors(root / place / component_program, log);
    CHECK_FALSE(successors.start());
  }
}

TEST_CASE("where the system has no more watches to give, new versions are found all the same") {
  std::vector<FileDescriptor> watches;
  while (watches.size() < 2000) {
    FileDescriptor watch(::inotify_init1(IN_CLOEXEC));
    if (!watch.is_open()) break;
    watches.push_back(std::move(watch));
  }
  if (watches.size() == 2000) SKIP("the system gives watches without end");
  CHECK(in_time([] {
    RunningAgent agent;
    const Unpacking unpacking{agent.data() / new_version};
    unpacking.put("components/agentbeat");
    unpacking.at(agent_starts);
    return agent.stands(new_version);
  }));
}
