// SPDX-License-Identifier: Apache-2.0
// A 429 holds the organization, in all its streams and over a restart.
#include "collect/hold.hpp"

#include "collect/requester.hpp"
#include "scratch.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::at;
using test::contains;
using test::must;
using test::World;

/// A machine's clocks, in the test's hand.
struct Machine final : Clock {
  Monotonic now{1h};
  Uptime up{"boot-1", 50h};
  Monotonic monotonic() const noexcept override { return now; }
  void pass(Milliseconds time) {
    now += time;
    up.since += time;
  }
};

TEST_CASE("a hold survives a restart to the second, on the same machine without asking anybody") {
  const test::Scratch scratch;
  Machine machine;
  const auto uptime = [&] { return machine.up; };
  {
    const auto ledger = must(ledger::Ledger::open(scratch / "state"));
    ServerClock server(machine);
    Hold hold(*ledger, server, machine, uptime);
    CHECK(hold.left() == 0s);
    must(hold.ask(45min));
    must(hold.ask(1min));  // a shorter one takes nothing away
    CHECK(hold.left() == 45min);
    machine.pass(5min);
    CHECK(hold.left() == 40min);
  }
  machine.pass(10min);
  machine.now = Monotonic(7s);  // another process may count from elsewhere
  const auto ledger = must(ledger::Ledger::open(scratch / "state"));
  ServerClock server(machine);
  Hold hold(*ledger, server, machine, uptime);
  CHECK(hold.left() == 30min);
  machine.pass(30min);
  CHECK(hold.left() == 0s);
}

TEST_CASE("after a start of the machine server time says what is left of a hold") {
  const test::Scratch scratch;
  Machine machine;
  const auto uptime = [&] { return machine.up; };
  {
    const auto ledger = must(ledger::Ledger::open(scratch / "state"));
    ServerClock server(machine);
    server.observe(at("2026-09-01T12:00:00Z"), machine.now);
    Hold hold(*ledger, server, machine, uptime);
    must(hold.ask(45min));
  }
  machine.up = {"boot-2", 1min};
  const auto ledger = must(ledger::Ledger::open(scratch / "state"));
  ServerClock server(machine);
  Hold hold(*ledger, server, machine, uptime);
  CHECK(hold.left() == 0s);  // Nobody knows the time yet.
  server.observe(at("2026-09-01T12:15:00Z"), machine.now);
  CHECK(hold.left() == 30min);
}

TEST_CASE(
    "nothing that is asked for, or kept, holds longer than an hour, nor what makes no sense") {
  const test::Scratch scratch;
  Machine machine;
  const auto ledger = must(ledger::Ledger::open(scratch / "state"));
  ServerClock server(machine);
  const auto left_of = [&](const std::string& note) {
    must(ledger->set_note("hold", note));
    server.observe(at("2026-09-01T12:00:00Z"), machine.now);
    return Hold(*ledger, server, machine, [&] { return machine.up; }).left();
  };
  Hold hold(*ledger, server, machine, [&] { return machine.up; });
  must(hold.ask(24h));
  CHECK(hold.left() == 1h);
  CHECK(left_of("0 999999999999 boot-1") == 1h);
  CHECK(left_of("9999999999 0 boot-0") == 1h);
  CHECK(left_of("0 -5 boot-1") == 0s);
  CHECK(left_of("0 999999999999 ") == 0s);
  CHECK(left_of("soon") == 0s);
}

TEST_CASE("retry-after of one stream's answer holds the requests of every stream") {
  World world;
  const ReadBody read = [](OpenAnswer& answer) -> boost::asio::awaitable<Result<void>> {
    const auto piece = co_await answer.piece();
    co_return piece ? success() : Result<void>(piece.error());
  };
  world.transport.answer = [&](const std::string& target) {
    Answer answer{.headers = world.date()};
    if (target.find("cost") != std::string::npos && world.transport.sent.size() == 1) {
      answer.status = 429;
      answer.headers.push_back({"retry-after", "600"});
    }
    return answer;
  };
  const auto ask = [&](const char* target) {
    Outcome<void> answered;
    boost::asio::co_spawn(
        *world.loop,
        [&]() -> boost::asio::awaitable<void> {
          net::Request message{target, {}};
          answered = co_await request(world.services, "any", std::move(message), read);
        },
        boost::asio::detached);
    world.run();
    return answered;
  };

  CHECK(ask("/v1/organizations/cost_report").error().rest == 600s);
  const auto other = ask("/v1/organizations/usage_report/messages");
  CHECK(other.error().code == Errc::throttled);
  CHECK(other.error().rest == 600s);
  CHECK(contains(other.error().message, "10m"));
  CHECK(world.transport.sent.size() == 1);

  world.host.time += 570s;  // Half a minute is waited for.
  CHECK(ask("/v1/organizations/usage_report/messages").has_value());
  REQUIRE(world.transport.sent.size() == 2);
  CHECK(world.transport.sent[1].when == world.began() + 600s);
}

}  // namespace
}  // namespace anthropic_metrics
