// SPDX-License-Identifier: Apache-2.0
// The extension "beat.read/1" of the built library.
#pragma once

#include "beat_read.h"
#include "loaded_plugin.hpp"

namespace anthropic_metrics::test {

inline const beat_read_api& reading() {
  static const auto* api = static_cast<const beat_read_api*>(plugin().get_extension(BEAT_READ_ID));
  if (api == nullptr) FAIL("the plugin has no " BEAT_READ_ID);
  return *api;
}

inline std::int64_t nanoseconds(simulator::Instant time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

/// Six hours of usage that are over and settled when the simulator's clock begins.
inline beat_read_args usage_window() {
  beat_read_args args{};
  args.struct_size = sizeof args;
  args.stream = span("usage");
  args.to_ns = nanoseconds(simulator::Options().epoch - std::chrono::hours(1));
  args.from_ns = args.to_ns - std::chrono::nanoseconds(std::chrono::hours(6)).count();
  return args;
}

inline beat_read_progress progress_of(const LiveInstance& instance) {
  beat_read_progress progress{};
  progress.struct_size = sizeof progress;
  REQUIRE(reading().progress(instance.handle(), &progress) == BEAT_OK);
  return progress;
}

}  // namespace anthropic_metrics::test
