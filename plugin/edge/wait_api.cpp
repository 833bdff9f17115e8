// SPDX-License-Identifier: Apache-2.0
#include "edge/wait_api.hpp"

#include "edge/calls.hpp"

namespace anthropic_metrics {
namespace {

beat_status BEAT_CALL descriptor(beat_handle handle, int32_t* out) {
  if (out == nullptr) return BEAT_E_ARG;
  *out = -1;
  return with_instance(handle, [&](Instance& instance) { return instance.descriptor(*out); });
}

constexpr beat_wait_api table{sizeof(beat_wait_api), 0, descriptor};

}  // namespace

const beat_wait_api& wait_api() noexcept {
  return table;
}

}  // namespace anthropic_metrics
