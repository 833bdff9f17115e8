// SPDX-License-Identifier: Apache-2.0
// Messages as gRPC puts them into a stream of bytes: one byte 0, four bytes of length, the message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host::control {

std::string framed(std::string_view message);

// Puts messages together from pieces. Memory is taken as bytes arrive, not as lengths announce.
class Deframer {
 public:
  explicit Deframer(std::size_t largest) : largest_(largest) {}

  // Calls on_message(std::string_view) for each that is whole, until it returns false. Nothing: all
  // is well; otherwise what is wrong, and then nothing more is fed.
  template <class OnMessage>
  std::optional<std::string> feed(std::string_view piece, OnMessage&& on_message) {
    while (true) {
      const std::string_view message = whole(piece);
      if (!fault_.empty()) return fault_;
      if (message.data() == nullptr) return std::nullopt;
      const bool go_on = on_message(message);
      drop();
      if (!go_on) return std::nullopt;
    }
  }

 private:
  // The next message, or no data if piece is used up before its end.
  std::string_view whole(std::string_view& piece);
  void drop();

  const std::size_t largest_;
  std::string held_;  // the head, then the message
  std::string fault_;
};

}  // namespace anthropic_metrics::host::control
