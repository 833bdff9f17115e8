// SPDX-License-Identifier: Apache-2.0
// Texts on their way over the C interface.
#pragma once

#include <beat_plugin.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

inline std::string_view view(beat_span span) {
  return span.len == 0 ? std::string_view() : std::string_view(span.ptr, span.len);
}

inline beat_span span_of(std::string_view text) {
  return {text.data(), text.size()};
}

// Reads a text of the plugin into a string, growing the buffer as often as needed: a plugin makes
// its text anew whenever it is asked. call(buf, cap, len) is describe, status_json or last_error.
// first: the buffer to begin with. Empty on failure.
template <typename Call>
std::string text_of(Call call, std::size_t first = 16UL * 1024) {
  std::string text(first, '\0');
  for (int attempt = 0; attempt < 8; ++attempt) {
    std::size_t length = 0;
    const beat_status status = call(text.data(), text.size(), &length);
    if (status == BEAT_E_TRUNCATED && length >= text.size()) {
      text.resize(length + 1);
      continue;
    }
    text.resize(status >= 0 && length <= text.size() ? length : 0);
    return text;
  }
  return {};
}

// The plugin's newest failure of an instance.
inline std::string last_error_of(const beat_plugin_api& api, beat_handle instance) {
  return text_of([&](char* buffer, std::size_t capacity, std::size_t* length) {
    return api.last_error(instance, buffer, capacity, length);
  });
}

}  // namespace anthropic_metrics::host
