// SPDX-License-Identifier: Apache-2.0
#include "edge/calls.hpp"

#include <algorithm>
#include <cstring>

namespace anthropic_metrics {

void put_error(std::string_view text, char* buffer, std::size_t capacity) {
  if (buffer == nullptr || capacity == 0) return;
  std::size_t size = std::min(text.size(), capacity - 1);
  if (size < text.size())
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  if (size > 0) std::memcpy(buffer, text.data(), size);
  buffer[size] = '\0';
}

beat_status put_text(std::string_view text, char* buffer, std::size_t capacity,
                     std::size_t* length) {
  *length = text.size();
  if (capacity > 0) {
    const std::size_t size = std::min(text.size(), capacity);
    if (size > 0) std::memcpy(buffer, text.data(), size);
    if (size < capacity) buffer[size] = '\0';
  }
  return text.size() <= capacity ? BEAT_OK : BEAT_E_TRUNCATED;
}

}  // namespace anthropic_metrics
