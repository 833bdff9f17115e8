// SPDX-License-Identifier: Apache-2.0
// One instance with the fake plugin and a sink that fails as scripted.
#include "run/instance.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <functional>
#include <future>
#include <variant>

#include "outputs/console_sink.hpp"
#include "run/plugin_library.hpp"
#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

const PluginLibrary& plugin() {
  static const auto loaded =
      PluginLibrary::open(std::string(AM_FAKE_PLUGINS) + "/libfake_plugin.so");
  return loaded.value();
}

// Refuses the first so many batches, each time for the given reason; keeps the rest.
class ScriptedSink : public Sink {
 public:
  explicit ScriptedSink(int failures) : failures_(failures) {}
  Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>&,
                        const Writing&) override {
    if (failures_ > 0) {
      --failures_;
      return Failure{
          .code = ExitCode::sink_failed, .lines = {"the disk is full; make room"}, .passes = true};
    }
    written += std::string(batch.ndjson.ptr, batch.ndjson.len);
    return {};
  }
  std::string written;

 private:
  int failures_;
};

// Writes nothing before it may go on; then it refuses so many batches.
class HeldSink : public Sink {
 public:
  explicit HeldSink(int failures = 0) : scripted_(failures) {}
  Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                        const Writing& writing) override {
    ++begun;
    open_.wait();
    auto result = scripted_.write(batch, targets, writing);
    if (result) batches.push_back(batch.id);
    written = scripted_.written;
    return result;
  }
  void go_on() { gate_.set_value(); }

  std::atomic<int> begun = 0;
  std::vector<beat_batch_id> batches;  // that were written
  std::string written;

 private:
  ScriptedSink scripted_;
  std::promise<void> gate_;
  std::shared_future<void> open_{gate_.get_future()};
};

constexpr InstanceTiming fast{50, std::chrono::milliseconds(1), std::chrono::milliseconds(4),
                              std::chrono::milliseconds(200), std::chrono::milliseconds(300)};

// A log to a file, and a specification that records the plugin's calls.
struct Setup {
  Scratch scratch;
  int fd = open((scratch / "log").c_str(), O_WRONLY | O_CREAT, 0600);
  Log log{fd, Log::Style::human, LogLevel::debug};
  Workers workers;
  ~Setup() { close(fd); }

  InstanceSpec spec(const std::string& settings) const {
    return {
        "acme",
        secret_text("{\"fake_record\":\"" + (scratch / "record").string() + "\"" + settings + "}"),
        std::nullopt,
        {},
        targets_of({}, plugin().streams()),
        {}};
  }
  std::vector<std::string> record() const { return lines(read(scratch / "record")); }
  std::string logged() const { return read(scratch / "log"); }
};

bool done(const Instance& instance) {
  return instance.round() == Instance::Round::done;
}

// So many batches, of which four may await their acks together.
InstanceSpec ahead(const Setup& setup, int batches) {
  return setup.spec(fmt::format(R"(,"fake_batches":{},"fake_in_flight":4)", batches));
}

bool second_is_polled(const Setup& setup) {
  return eventually([&] { return setup.record().back() == "poll 2"; });
}

// Where the line stands; the size if nowhere.
std::size_t at(const std::vector<std::string>& lines, const std::string& line) {
  return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), line) - lines.begin());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE(
    "a batch that the sink refuses comes again until it is written, and the cause is told once") {
  Setup setup;
  ScriptedSink sink(3);
  {
    Instance instance(setup.spec(""), plugin().api(), sink, setup.workers, setup.log, fast);
    REQUIRE(instance.start());
    REQUIRE(eventually([&] { return done(instance); }));
    CHECK(!instance.sink_failing());
    std::uint64_t written = 0;
    for (const StreamInfo& stream : plugin().streams()) written += instance.written(stream.name);
    CHECK(written == 6);
    CHECK(instance.written("another") == 0);
  }
  CHECK(setup.record() == std::vector<std::string>{"init acme", "ack 1 1", "ack 1 1", "ack 1 1",
                                                   "ack 1 0", "ack 2 0", "ack 3 0", "shutdown"});
  CHECK(lines(sink.written).size() == 6);
  CHECK(count(setup.logged(), "the disk is full") == 1);
  CHECK(count(setup.logged(), "accepts documents again") == 1);
}

TEST_CASE(
    "an acknowledgement that the plugin cannot store is repeated, and the batch is not written "
    "twice") {
  Setup setup;
  ScriptedSink sink(0);
  {
    Instance instance(setup.spec(",\"fake_ack_failures\":4"), plugin().api(), sink, setup.workers,
                      setup.log, fast);
    REQUIRE(instance.start());
    REQUIRE(eventually([&] { return done(instance); }));
  }
  CHECK(setup.record() ==
        std::vector<std::string>{"init acme", "ack 1 0", "ack 2 0", "ack 3 0", "shutdown"});
  CHECK(lines(sink.written).size() == 6);
  CHECK(count(setup.logged(), "acknowledging failed") == 1);
}

TEST_CASE("a poll that fails is repeated, and the cause is told once") {
  Setup setup;
  ScriptedSink sink(0);
  {
    Instance instance(setup.spec(",\"fake_poll_failures\":5"), plugin().api(), sink, setup.workers,
                      setup.log, fast);
    REQUIRE(instance.start());
    REQUIRE(eventually([&] { return done(instance); }));
  }
  CHECK(count(setup.logged(), "poll failed (-10): the disk is full") == 1);
}

TEST_CASE("an instance stops at once while it sleeps, while it polls and while it backs off") {
  Setup setup;
  struct Case {
    std::string settings;
    int sink_failures;
  };
  InstanceTiming slow;
  slow.first_retry = std::chrono::minutes(5);
  slow.longest_retry = std::chrono::minutes(5);
  for (const Case& row : {Case{"", 0}, Case{",\"fake_block_ms\":60000", 0}, Case{"", 1}}) {
    CAPTURE(row.settings, row.sink_failures);
    ScriptedSink sink(row.sink_failures);
    Instance instance(setup.spec(row.settings), plugin().api(), sink, setup.workers, setup.log,
                      slow);
    REQUIRE(instance.start());
    if (row.settings.empty())
      REQUIRE(eventually([&] { return done(instance) || instance.sink_failing(); }));
    const auto begin = std::chrono::steady_clock::now();

    instance.request_stop();

    CHECK(instance.wait_stopped(std::chrono::seconds(1)));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
    CHECK(setup.record().back() == "shutdown");
  }
}

TEST_CASE("an instance waits for a plugin that is slow to stop, as long as asked") {
  Setup setup;
  ScriptedSink sink(0);
  Instance instance(setup.spec(",\"fake_stuck_ms\":300"), plugin().api(), sink, setup.workers,
                    setup.log, fast);
  REQUIRE(instance.start());
  instance.request_stop();
  CHECK(!instance.wait_stopped(std::chrono::milliseconds(50)));
  CHECK(instance.wait_stopped(std::chrono::seconds(10)));
}

TEST_CASE("what the plugin says when it does not start is handed on") {
  Setup setup;
  ScriptedSink sink(0);
  Instance instance(setup.spec(",\"fake_init_busy\":1"), plugin().api(), sink, setup.workers,
                    setup.log, fast);

  const auto failure = instance.start();

  REQUIRE(!failure);
  CHECK(failure.error().code == ExitCode::state_unavailable);
  CHECK(failure.error().lines[0] == "input 'acme': the state belongs to another process");
  CHECK(instance.wait_stopped(std::chrono::milliseconds(0)));
}

TEST_CASE("two instances of one plugin work side by side") {
  Setup setup;
  ScriptedSink first_sink(0);
  ScriptedSink second_sink(0);
  Instance first(setup.spec(",\"fake_batches\":2"), plugin().api(), first_sink, setup.workers,
                 setup.log, fast);
  Instance second(setup.spec(",\"fake_batches\":5"), plugin().api(), second_sink, setup.workers,
                  setup.log, fast);
  REQUIRE(first.start());
  REQUIRE(second.start());
  REQUIRE(eventually([&] { return done(first) && done(second); }));
  CHECK(lines(first_sink.written).size() == 4);
  CHECK(lines(second_sink.written).size() == 10);
}

TEST_CASE("while a batch is written the next one is read, and no more than that") {
  Setup setup;
  HeldSink sink;
  {
    Instance instance(ahead(setup, 5), plugin().api(), sink, setup.workers, setup.log, fast);
    REQUIRE(instance.start());
    CHECK(second_is_polled(setup));
    CHECK(sink.begun == 1);
    sink.go_on();
    REQUIRE(eventually([&] { return done(instance); }));
  }
  const auto record = setup.record();
  CHECK(std::vector(record.begin(), record.begin() + 3) ==
        std::vector<std::string>{"init acme", "poll 1", "poll 2"});
  for (int batch = 1; batch <= 3;
       ++batch)  // the third is not read before the first is acknowledged
    CHECK(at(record, fmt::format("ack {} 0", batch)) <
          at(record, fmt::format("poll {}", batch + 2)));
  CHECK(lines(sink.written).size() == 10);
  CHECK(std::is_sorted(sink.batches.begin(), sink.batches.end()));
}

TEST_CASE(
    "what waits behind a batch that is refused is given back, and all is written in its order") {
  Setup setup;
  HeldSink sink(2);
  {
    Instance instance(ahead(setup, 4), plugin().api(), sink, setup.workers, setup.log, fast);
    REQUIRE(instance.start());
    CHECK(second_is_polled(setup));
    sink.go_on();
    REQUIRE(eventually([&] { return done(instance); }));
  }
  const auto record = setup.record();
  CHECK(std::vector(record.begin(), record.begin() + 6) ==
        std::vector<std::string>{"init acme", "poll 1", "poll 2", "ack 2 1", "ack 1 1", "poll 1"});
  CHECK(sink.batches == std::vector<beat_batch_id>{1, 2, 3, 4});
  CHECK(lines(sink.written).size() == 8);
  CHECK(count(setup.logged(), "the disk is full") == 1);
}

TEST_CASE("a batch that a poll brings while its output is let rest waits for the end of the rest") {
  Setup setup;
  const auto polls = [&] {
    const auto record = setup.record();
    return std::count(record.begin(), record.end(), "polling");
  };
  // Refuses the first batch as soon as the poll after it has begun, which ends with that batch.
  struct Late : ScriptedSink {
    explicit Late(std::function<bool()> when) : ScriptedSink(1), refuse_when(std::move(when)) {}
    Result<Written> write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                          const Writing& writing) override {
      if (times.empty()) in_time = eventually(refuse_when);
      times.push_back(std::chrono::steady_clock::now());
      return ScriptedSink::write(batch, targets, writing);
    }
    std::function<bool()> refuse_when;
    bool in_time = false;
    std::vector<std::chrono::steady_clock::time_point> times;
  } sink([&] { return polls() == 2; });
  constexpr std::chrono::milliseconds rest{600};
  InstanceTiming timing = fast;
  timing.first_retry = timing.longest_retry = rest;
  {
    Instance instance(setup.spec(R"(,"fake_batches":1,"fake_block_ms":200,"fake_tell_polls":1)"),
                      plugin().api(), sink, setup.workers, setup.log, timing);
    REQUIRE(instance.start());
    REQUIRE(eventually([&] { return done(instance); }));
    CHECK(!instance.sink_failing());
  }
  CHECK(sink.in_time);
  REQUIRE(sink.times.size() == 2);
  CHECK(sink.times[1] - sink.times[0] >= rest);
}

TEST_CASE("an instance that is stopped leaves what waits to the plugin, and ends what is written") {
  Setup setup;
  HeldSink sink;
  Instance instance(ahead(setup, 4), plugin().api(), sink, setup.workers, setup.log, fast);
  REQUIRE(instance.start());
  CHECK(second_is_polled(setup));
  instance.request_stop();
  CHECK(!instance.wait_stopped(std::chrono::milliseconds(1)));
  sink.go_on();
  REQUIRE(instance.wait_stopped(std::chrono::seconds(60)));
  CHECK(sink.batches == std::vector<beat_batch_id>{1});
  CHECK(at(setup.record(), "ack 1 0") < setup.record().size());
  CHECK(setup.record().back() == "shutdown");
  CHECK(at(setup.record(), "ack 2 0") == setup.record().size());
}

TEST_CASE("a console whose reader is gone is a failure for good") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const auto former = std::signal(SIGPIPE, SIG_IGN);
  ConsoleSink sink(ends[1]);
  beat_batch batch{};
  batch.ndjson = {"{}\n", 3};

  const auto failure = sink.write(batch, {});

  REQUIRE(!failure);
  CHECK(!failure.error().passes);
  CHECK_THAT(failure.error().lines[0],
             ContainsSubstring("cannot write to standard output: Broken pipe"));
  close(ends[1]);
  std::signal(SIGPIPE, former);
}

TEST_CASE(
    "a stream that needs a person ends the round only when the others have nothing left to do") {
  Setup setup;
  ScriptedSink sink(0);
  Instance instance(setup.spec(",\"fake_health\":3,\"fake_batches\":20"), plugin().api(), sink,
                    setup.workers, setup.log, fast);
  REQUIRE(instance.start());
  REQUIRE(eventually([&] { return instance.round() == Instance::Round::refused; }));
  CHECK(lines(sink.written).size() == 40);
}

TEST_CASE("a round with a refused stream ends although the others are at work without getting on") {
  Setup setup;
  ScriptedSink sink(0);
  Instance instance(setup.spec(R"(,"fake_health":3,"fake_next_poll_ms":5)"), plugin().api(), sink,
                    setup.workers, setup.log, fast);
  REQUIRE(instance.start());

  CHECK(eventually([&] { return instance.round() == Instance::Round::refused; }));
  CHECK(!sink.written.empty());
}
