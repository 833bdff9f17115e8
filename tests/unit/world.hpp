// SPDX-License-Identifier: Apache-2.0
// Everything a driver lives in, with the world outside replaced: a host that remembers what it was
// told, a clock that jumps from one wait to the next, a transport that answers from a script.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>

#include "collect/asked.hpp"
#include "collect/directory.hpp"
#include "collect/organization.hpp"
#include "collect/services.hpp"
#include "edge/host_link.hpp"
#include "support.hpp"

namespace anthropic_metrics::test {

/// One exchange of a script.
struct Answer {
  int status = 200;
  std::vector<net::Header> headers{};
  std::vector<std::string> pieces{};  ///< Of the body.
  std::optional<Error> refused{};     ///< There is no answer at all.
  std::optional<Error> cut{};         ///< After the pieces, in place of the end.
  std::function<void()> before_piece{};
};

/// Answers as `answer` says, which gets the target.
class ScriptedTransport final : public net::Transport {
 public:
  struct Sent {
    std::string target;
    Monotonic when{};
    std::string credential{};  ///< Which one it shows.
  };
  std::function<Answer(const std::string& target)> answer;
  std::function<Monotonic()> time;
  std::vector<Sent> sent;
  std::uint64_t resent_count = 0;  ///< For `answer` to raise.
  /// As the real transport does when it sends.
  std::function<void(const std::string& credential)> use_key;

  boost::asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(
      net::Request request) override {
    sent.push_back({request.target, time(), request.credential});
    if (use_key) use_key(request.credential);
    Answer given = answer(request.target);
    if (given.refused) co_return *given.refused;
    std::unique_ptr<net::Exchange> exchange = std::make_unique<Scripted>(std::move(given));
    co_return Result<std::unique_ptr<net::Exchange>>(std::move(exchange));
  }
  bool lookup_running() const noexcept override { return false; }
  void cancel() override {}
  std::uint64_t resent() const noexcept override { return resent_count; }
  bool unverified() const noexcept override { return false; }

  std::vector<std::string> targets() const {
    std::vector<std::string> list;
    for (const Sent& one : sent) list.push_back(one.target);
    return list;
  }

 private:
  class Scripted final : public net::Exchange {
   public:
    explicit Scripted(Answer answer)
        : answer_(std::move(answer)), head_{answer_.status, answer_.headers} {}
    const net::ResponseHead& head() const noexcept override { return head_; }
    boost::asio::awaitable<Result<std::string_view>> read() override {
      if (answer_.before_piece) answer_.before_piece();
      if (next_ < answer_.pieces.size()) co_return std::string_view(answer_.pieces[next_++]);
      if (answer_.cut) co_return *answer_.cut;
      co_return std::string_view();
    }

   private:
    Answer answer_;
    net::ResponseHead head_;
    std::size_t next_ = 0;
  };
};

/// The host's side of the ABI.
class FakeHost {
 public:
  Monotonic time{std::chrono::hours(1)};
  Monotonic slept{0};            ///< What the wall clock went on while the steady one stood still.
  std::vector<std::string> log;  ///< "<level> <component>: <text>"
  std::vector<std::string> health;  ///< "<number> <stream>: <text>"

  FakeHost() {
    table_.struct_size = sizeof table_;
    table_.abi_version = BEAT_ABI_VERSION;
    table_.ctx = this;
    table_.log = [](void* ctx, std::int32_t level, beat_span component, beat_span text) {
      self(ctx).log.push_back(std::to_string(level) + " " + string(component) + ": " +
                              string(text));
    };
    table_.log_level = [](void*) -> std::int32_t { return BEAT_LOG_DEBUG; };
    table_.monotonic_ns = [](void* ctx) -> std::int64_t { return self(ctx).time.count(); };
    table_.realtime_ns = [](void* ctx) -> std::int64_t {
      return (self(ctx).time + self(ctx).slept).count();
    };
    table_.health = [](void* ctx, std::int32_t value, beat_span stream, beat_span text) {
      self(ctx).health.push_back(std::to_string(value) + " " + string(stream) + ": " +
                                 string(text));
    };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const beat_host_api* table() const { return &table_; }

 private:
  static FakeHost& self(void* ctx) { return *static_cast<FakeHost*>(ctx); }
  static std::string string(beat_span span) { return std::string(span.ptr, span.len); }

  beat_host_api table_{};
};

/// An instance without its runtime. organization_id is empty, as before the first answer.
class World {
 public:
  static constexpr const char* first_key =
      "sk-ant-admin01-first-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";

  explicit World(const std::string& rest = "", std::size_t most_in_flight = 1000,
                 const std::string& state = "")
      : settings(must(read_settings("{\"admin_api_key\": \"${KEY}\"" +
                                    (rest.empty() ? "" : ", " + rest) + "}"))),
        ledger(must(ledger::Ledger::open(state))),
        delivery(*ledger, most_in_flight, false, Milliseconds(0), {}) {
    transport.time = [this] { return host.time; };
    transport.use_key = [this](const std::string& which) {
      if (!credential.authorization(which)) FAIL("no key");
    };
    transport.use_key("");
  }

  FakeHost host;
  std::string key = first_key;
  Settings settings;
  HostLink link{host.table()};
  Status status;
  ServerClock server_clock{link};
  std::unique_ptr<ledger::Ledger> ledger;
  api::Pace pace;
  std::string organization_id;
  std::string instance_id = "an input";
  std::mt19937_64 random{7};
  api::Keyring credential{std::move(settings.credentials),
                          {[this](const char*) { return key.c_str(); }}};
  std::unique_ptr<boost::asio::io_context> loop = std::make_unique<boost::asio::io_context>();
  Sleeper sleeper{*loop, link};
  Gate room{*loop};
  Turnstile turns{*loop};
  History history{*loop, 4, 60};
  Organization organization{*loop};
  Directory directory{*loop};
  Hold hold{*ledger, server_clock, link};
  ScriptedTransport transport;
  Delivery delivery;
  Asked asked{*loop, *ledger, delivery, {}};
  Services services{settings,        link,   status,    server_clock, sleeper,     room,
                    turns,           pace,   transport, credential,   *ledger,     delivery,
                    organization_id, random, hold,      organization, instance_id, directory,
                    asked,           history};

  ~World() { loop.reset(); }  // The coroutines in it borrow everything else.

  /// Headers of an answer given now. The API's clock started at 2026-09-01T12:30:00Z.
  std::vector<net::Header> date() const {
    const auto passed = std::chrono::floor<std::chrono::seconds>(host.time - began_).count();
    const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const std::int64_t day = 45000 + passed;  // Seconds since the first of September.
    return {{"Date", "Tue, " + two(1 + day / 86400) + " Sep 2026 " + two(day / 3600 % 24) + ":" +
                         two(day / 60 % 60) + ":" + two(day % 60) + " GMT"}};
  }

  /// Runs what was spawned, jumping from wait to wait, until nothing waits or `until` is reached.
  void run(Monotonic until = Monotonic::max()) {
    for (int jumps = 0; jumps < 10'000; ++jumps) {
      loop->restart();
      loop->poll();
      const auto due = sleeper.next_due();
      if (!due || *due > until) return;
      host.time = std::max(host.time, *due);
      sleeper.wake_due();
    }
    FAIL("the script never comes to rest");
  }

  Monotonic began() const { return began_; }

 private:
  Monotonic began_ = host.time;
};

}  // namespace anthropic_metrics::test
