// SPDX-License-Identifier: Apache-2.0
// What poll and ack answer while the disk takes nothing: BEAT_E_STATE, and nothing is lost by it.
#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "read_extension.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

/// While it lives, no file of this process grows.
class FullDisk {
 public:
  FullDisk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

TEST_CASE("an ack that cannot be written is told so, and may be repeated") {
  World world;
  const LiveInstance instance(world.config());
  beat_batch_id batch = 0;
  for (int calls = 0; calls < 200 && batch == 0; ++calls)
    if (const auto polled = instance.poll(1000); polled.second.batch != nullptr)
      batch = polled.second.batch->id;
  REQUIRE(batch != 0);
  beat_status refused, polled;
  {
    const FullDisk disk;
    refused = instance.ack(batch);
    polled = instance.poll(1000).first;
  }
  CHECK(refused == BEAT_E_STATE);
  CHECK(instance.poll(0).second.in_flight >= 1);
  CHECK(polled == BEAT_E_STATE);
  CHECK_FALSE(instance.text(plugin().last_error).empty());
  CHECK(instance.ack(batch) == BEAT_OK);
}

TEST_CASE("a window that cannot be told to the state is not taken, and may be asked for again") {
  World world;
  LiveInstance(world.config()).drain();
  const LiveInstance instance(world.config());  // Its time has two witnesses.
  instance.drain();
  beat_read_args args = usage_window();
  args.flags = BEAT_READ_KNOWN;
  {
    const FullDisk disk;
    CHECK(reading().ask(instance.handle(), &args, nullptr, 0) == BEAT_E_STATE);
  }
  CHECK(progress_of(instance).waiting == 0);
  CHECK(reading().ask(instance.handle(), &args, nullptr, 0) == BEAT_OK);
  CHECK_FALSE(instance.drain().empty());
}

}  // namespace
}  // namespace anthropic_metrics::test
