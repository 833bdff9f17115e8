// SPDX-License-Identifier: Apache-2.0
#include "control/framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/secret.hpp"

namespace anthropic_metrics::host::control {
namespace {

constexpr std::size_t head_size = 5;
constexpr std::size_t kept_capacity = 64UL * 1024;  // for the next message

std::size_t length_in(std::string_view head) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < head_size; ++i)
    length = length << 8 | static_cast<unsigned char>(head[i]);
  return length;
}

// Moves bytes until target has this many; true if it does.
bool fill(std::string& target, std::size_t size, std::string_view& piece) {
  const std::size_t taken = std::min(piece.size(), size - target.size());
  target += piece.substr(0, taken);
  piece.remove_prefix(taken);
  return target.size() == size;
}

}  // namespace

std::string framed(std::string_view message) {
  std::string out(1, '\0');
  const auto length = static_cast<std::uint32_t>(message.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
  out += message;
  return out;
}

std::string_view Deframer::whole(std::string_view& piece) {
  if (held_.size() < head_size && !fill(held_, head_size, piece)) return {};
  if (held_[0] != '\0') {
    fault_ = "a message is compressed, which nobody asked for";
    return {};
  }
  const std::size_t length = length_in(held_);
  if (length > largest_) {
    fault_ = fmt::format("a message of {} bytes is larger than the {} that were agreed", length,
                         largest_);
    return {};
  }
  if (!fill(held_, head_size + length, piece)) return {};
  return std::string_view(held_).substr(head_size);
}

void Deframer::drop() {
  wipe(held_.data(), held_.size());
  if (held_.capacity() > kept_capacity) {
    held_ = std::string();
  } else {
    held_.clear();
  }
}

}  // namespace anthropic_metrics::host::control
