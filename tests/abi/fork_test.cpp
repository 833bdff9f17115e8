// SPDX-License-Identifier: Apache-2.0
// What abi/beat_plugin.h says about fork, for every function, in a child that was forked while
// another thread was inside the library, and with handles of every kind.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <thread>

#include "loaded_plugin.hpp"
#include "own_folder.hpp"

namespace anthropic_metrics::test {
namespace {

const std::string good =
    R"({"admin_api_key":"sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","url":"https://localhost:1"})";

/// The number of the first expectation that does not hold; 0 if all do.
template <class F>
int in_child(F expectations) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);  // A child that waits for a lock of its parent's ends by this.
    ::_exit(expectations());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// What every function says about a handle; the place of the first that says something else.
int all_say(beat_status expected, beat_handle handle, beat_status shut_down) {
  beat_poll_args poll{};
  poll.struct_size = sizeof poll;
  beat_poll_result result{};
  result.struct_size = sizeof result;
  beat_ack_args ack{};
  ack.struct_size = sizeof ack;
  char text[64];
  std::size_t length = 0;
  if (plugin().poll(handle, &poll, &result) != expected) return 1;
  if (plugin().ack(handle, 1, &ack) != expected) return 2;
  if (plugin().release(handle, 1) != expected) return 3;
  if (plugin().cancel(handle) != expected) return 4;
  if (plugin().status_json(handle, text, sizeof text, &length) != expected) return 5;
  if (plugin().last_error(handle, text, sizeof text, &length) != expected) return 6;
  if (plugin().shutdown(handle, 0) != shut_down) return 7;
  return 0;
}

int functions_without_handle_work() {
  std::size_t length = 0;
  char error[256];
  if (plugin().describe(BEAT_DESCRIBE_MANIFEST, nullptr, 0, &length) != BEAT_E_TRUNCATED) return 20;
  if (plugin().validate(span(good), error, sizeof error) != BEAT_OK) return 21;
  if (plugin().validate(span("{}"), error, sizeof error) != BEAT_E_CONFIG) return 22;
  if (plugin().get_extension("beat.nothing/1") != nullptr) return 23;
  return 0;
}

TEST_CASE("a forked child is told so by every function and for every handle of its parent") {
  beat_handle closed = 0;
  {
    const LiveInstance instance(good);
    closed = instance.handle();
  }
  const LiveInstance first(good), second(good);
  const int wrong = in_child([&]() -> int {
    for (const beat_handle handle : {first.handle(), second.handle(), closed})
      if (const int at = all_say(BEAT_E_FORKED, handle, BEAT_E_FORKED)) return at;
    // The other order: shutdown first, then the rest.
    if (plugin().shutdown(first.handle(), 100) != BEAT_E_FORKED) return 10;
    if (const int at = all_say(BEAT_E_FORKED, first.handle(), BEAT_E_FORKED)) return at + 10;
    if (all_say(BEAT_E_HANDLE, 0, BEAT_E_HANDLE) != 0) return 30;
    if (all_say(BEAT_E_HANDLE, (beat_handle{1} << 32) | 0xffff, BEAT_E_HANDLE) != 0) return 31;
    return functions_without_handle_work();
  });
  CHECK(wrong == 0);
  // The parent noticed nothing.
  CHECK(first.poll(0).first >= 0);
  CHECK(plugin().shutdown(first.handle(), 5000) == BEAT_OK);
  CHECK(plugin().shutdown(closed, 0) == BEAT_OK);
}

TEST_CASE("a forked child makes instances of its own, whose handles are nobody else's") {
  const LiveInstance parents(good);
  const int wrong = in_child([&]() -> int {
    beat_handle own = 0;
    {
      const LiveInstance instance(good);
      own = instance.handle();
      if (instance.status() != BEAT_OK) return 1;
      if (own == parents.handle()) return 2;
      if (instance.poll(0).first < 0) return 3;
      if (plugin().cancel(parents.handle()) != BEAT_E_FORKED) return 4;
    }
    if (plugin().cancel(own) != BEAT_E_HANDLE) return 5;
    if (plugin().shutdown(own, 0) != BEAT_OK) return 6;
    // And its children in turn.
    const LiveInstance again(good);
    return in_child([&]() -> int {
             if (all_say(BEAT_E_FORKED, again.handle(), BEAT_E_FORKED) != 0) return 1;
             return all_say(BEAT_E_FORKED, parents.handle(), BEAT_E_FORKED);
           }) == 0
               ? 0
               : 7;
  });
  CHECK(wrong == 0);
  CHECK(parents.poll(0).first >= 0);
}

TEST_CASE("a fork while another thread is inside the library leaves no lock behind for the child") {
  const LiveInstance instance(good);
  std::atomic<bool> over{false};
  std::thread other([&] {
    char text[4096];
    std::size_t length = 0;
    while (!over) plugin().status_json(instance.handle(), text, sizeof text, &length);
  });
  int wrong = 0;
  for (int forks = 0; forks < 200 && wrong == 0; ++forks)
    wrong = in_child([&] { return all_say(BEAT_E_FORKED, instance.handle(), BEAT_E_FORKED); });
  over = true;
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("a state directory is free once its instance ended, though a forked child lives on") {
  const OwnFolder folder("fork");
  const std::string config = good.substr(0, good.size() - 1) + R"(,"state":{"path":")" +
                             (folder / "state").string() + "\"}}";
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  pid_t child = 0;
  {
    const LiveInstance first(config);
    REQUIRE(first.status() == BEAT_OK);
    child = ::fork();
    if (child == 0) {
      ::close(pipe[1]);
      char octet = 0;
      (void)!::read(pipe[0], &octet, 1);  // Until the parent closes its end.
      ::_exit(0);
    }
  }
  {
    const LiveInstance second(config);
    INFO(second.error());
    CHECK(second.status() == BEAT_OK);
  }
  ::close(pipe[0]);
  ::close(pipe[1]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
}

}  // namespace
}  // namespace anthropic_metrics::test
