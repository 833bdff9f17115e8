// SPDX-License-Identifier: Apache-2.0
#include "collect/loop_descriptor.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>
#include <thread>

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

bool readable(const LoopDescriptor& descriptor, int longest_ms = 0) {
  pollfd watched{descriptor.number(), POLLIN, 0};
  REQUIRE(::poll(&watched, 1, longest_ms) >= 0);
  return watched.revents != 0;
}

void run_ready(asio::io_context& loop) {
  loop.restart();
  while (loop.poll_one() > 0) {
  }
}

TEST_CASE(
    "a loop's descriptor tells of rings, of the network and of timers, until the loop has run") {
  asio::io_context loop(1);
  LoopDescriptor descriptor(loop);
  asio::local::stream_protocol::socket ours(loop), theirs(loop);
  asio::local::connect_pair(ours, theirs);
  char octet = 0;
  int came = 0;
  const auto receive = [&] {
    asio::async_read(ours, asio::buffer(&octet, 1), [&](auto error, auto) { came += !error; });
  };
  receive();
  asio::steady_timer timer(loop, std::chrono::hours(1));
  timer.async_wait([&](auto error) { came += !error; });
  run_ready(loop);
  CHECK_FALSE(readable(descriptor));

  int posted = 0;
  std::thread([&] {
    asio::post(loop, [&] { ++posted; });
    descriptor.ring();
  }).join();
  CHECK(readable(descriptor));
  CHECK(posted == 0);
  run_ready(loop);
  CHECK(posted == 1);
  CHECK_FALSE(readable(descriptor));

  for (int times = 1; times <= 3; ++times) {
    REQUIRE(theirs.send(asio::buffer("x", 1)) == 1);
    CHECK(readable(descriptor));
    run_ready(loop);
    CHECK(came == times);
    CHECK_FALSE(readable(descriptor));
    receive();
    run_ready(loop);
  }

  timer.expires_after(std::chrono::milliseconds(5));
  timer.async_wait([&](auto error) { came += !error; });
  run_ready(loop);
  while (came == 3) {
    CHECK(readable(descriptor, -1));
    run_ready(loop);
  }
  CHECK(came == 4);
  CHECK_FALSE(readable(descriptor));
}

TEST_CASE("a ring while the loop runs is told after it, unless the loop has seen it") {
  asio::io_context loop(1);
  LoopDescriptor descriptor(loop);
  // From within a handler: the loop goes on until nothing is ready.
  asio::post(loop, [&] { descriptor.ring(); });
  run_ready(loop);
  CHECK_FALSE(readable(descriptor));
  // The last handler that it runs for now.
  asio::post(loop, [&] { descriptor.ring(); });
  loop.restart();
  CHECK(loop.poll_one() == 1);
  CHECK(readable(descriptor));
  // Also if it was told to stop meanwhile.
  loop.stop();
  run_ready(loop);
  CHECK_FALSE(readable(descriptor));
}

}  // namespace
}  // namespace anthropic_metrics
