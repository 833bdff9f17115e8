// SPDX-License-Identifier: Apache-2.0
// The guard against a peer that sends one octet now and then, which no idle timeout catches. Pure.
#pragma once

#include <chrono>
#include <cstddef>

namespace anthropic_metrics::net {

/// Demands `octets` in every `span` of waiting. A fast peer starts a new span with every quota it
/// brings; time not spent waiting does not count.
class RateFloor {
 public:
  using Duration = std::chrono::steady_clock::duration;

  RateFloor(std::size_t octets, Duration span) noexcept : octets_(octets), span_(span) {}

  /// How long the next read may wait; zero or less: the peer is too slow.
  Duration left() const noexcept { return span_ - waited_; }

  /// A read took `waited` and brought `octets`.
  void note(std::size_t octets, Duration waited) noexcept {
    received_ += octets;
    waited_ += waited;
    if (received_ >= octets_) {
      received_ = 0;
      waited_ = Duration::zero();
    }
  }

 private:
  std::size_t octets_;
  Duration span_;
  std::size_t received_ = 0;
  Duration waited_{};
};

}  // namespace anthropic_metrics::net
