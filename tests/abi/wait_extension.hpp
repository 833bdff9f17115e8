// SPDX-License-Identifier: Apache-2.0
// The extension "beat.wait/1" of the built library.
#pragma once

#include <poll.h>

#include "beat_wait.h"
#include "loaded_plugin.hpp"

namespace anthropic_metrics::test {

inline const beat_wait_api& waiting() {
  static const auto* api = static_cast<const beat_wait_api*>(plugin().get_extension(BEAT_WAIT_ID));
  if (api == nullptr) FAIL("the plugin has no " BEAT_WAIT_ID);
  return *api;
}

inline int descriptor_of(const LiveInstance& instance) {
  std::int32_t descriptor = -1;
  REQUIRE(waiting().descriptor(instance.handle(), &descriptor) == BEAT_OK);
  return descriptor;
}

inline bool readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  REQUIRE(::poll(&watched, 1, 0) >= 0);
  REQUIRE((watched.revents & POLLNVAL) == 0);
  return watched.revents != 0;
}

}  // namespace anthropic_metrics::test
