// SPDX-License-Identifier: Apache-2.0
// What the functions of the ABI share: views of spans, texts into buffers, a handle's instance.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "base/low_descriptors.hpp"
#include "base/secret.hpp"
#include "beat_plugin.h"
#include "edge/guard.hpp"
#include "edge/instances.hpp"

namespace anthropic_metrics {

inline bool usable(beat_span span) {
  return span.ptr != nullptr || span.len == 0;
}
inline std::string_view view(beat_span span) {
  return {span.ptr, span.len};
}

/// Writes text with a NUL, cut before a UTF-8 character that does not fit.
void put_error(std::string_view text, char* buffer, std::size_t capacity);

/// Writes text as beat_plugin_api says of functions that return one.
beat_status put_text(std::string_view text, char* buffer, std::size_t capacity,
                     std::size_t* length);

/// Whether the arguments of such a function can be right.
inline bool text_arguments(const char* buffer, std::size_t capacity, const std::size_t* length) {
  return length != nullptr && (buffer != nullptr || capacity == 0);
}

/// What a call may open; asked of the system only where it matters, since it costs a microsecond.
enum class Opens { files, nothing };

/// Calls f with a live instance of this process.
template <Opens opens = Opens::files, class F>
beat_status with_instance(beat_handle handle, F f) {
  using What = Instances::Found::What;
  std::shared_ptr<Instance> instance;
  return guarded(
      [&]() -> beat_status {
        auto found = Instances::process().find(handle);
        if (found.what == What::of_parent) return BEAT_E_FORKED;
        if (found.what != What::live) return BEAT_E_HANDLE;
        instance = std::move(found.instance);
        if constexpr (opens == Opens::nothing) return f(*instance);
        const LowDescriptors above;
        return f(*instance);
      },
      [&](const char* what) { instance->note_escape(what); });
}

/// Overwrites, when a call ends, the stack below it: keys pass there, in registers that were saved
/// and in frames of libraries.
class CleanStack {
 public:
  CleanStack() = default;
  CleanStack(const CleanStack&) = delete;
  CleanStack& operator=(const CleanStack&) = delete;
  ~CleanStack() { wipe_stack_below(); }
};

}  // namespace anthropic_metrics
