// SPDX-License-Identifier: Apache-2.0
// Asks an instance of the plugin for a window of time, as abi/beat_read.h has it.
#pragma once

#include <beat_read.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

struct WindowRequest {
  const std::string& stream;
  std::int64_t from = 0;  // seconds since 1970 UTC, as to
  std::int64_t to = 0;
  std::uint32_t flags = 0;  // BEAT_READ_...
  std::string_view known{};
};

// refusal: the sentence of a failure; never empty then.
beat_status ask(const beat_read_api& read, beat_handle instance, const WindowRequest& request,
                std::string& refusal);

beat_read_progress progress_of(const beat_read_api& read, beat_handle instance);

// A time of the plugin in seconds.
std::int64_t seconds_of_ns(std::int64_t nanoseconds);

}  // namespace anthropic_metrics::host
