// SPDX-License-Identifier: Apache-2.0
// Decodes a body while it streams: identity or gzip, with a cap. No I/O; one instance per answer.
// Keeps no more than 90 KB, the window included.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "net/headers.hpp"

namespace anthropic_metrics::net {

/// No limit of the ratio: reports of equal buckets expand by more than 200:1, and memory does not
/// grow with what streams through.
struct BodyLimits {
  std::uint64_t decoded = 512ull << 20;  ///< Octets after decoding, in all.
};

/// Feed, then drain until it wants more:
///   decoder.feed(wire); while (!(piece = decoder.next(out))->empty()) use(*piece);
/// and at the body's end decoder.finish().
class BodyDecoder {
 public:
  /// An unknown coding is an error that names what is accepted.
  static Result<BodyDecoder> make(ContentEncoding coding, const BodyLimits& limits);

  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  /// Hands over received octets; the view must live until next() has returned an empty view. Call
  /// only when next() did so.
  void feed(std::string_view wire) noexcept;

  /// The next decoded piece, in `out` or (identity) in what was fed; empty: feed more. Members of
  /// gzip may follow each other, zero octets may follow the last. Fails with Errc::transient on
  /// damaged data, with Errc::too_much beyond the cap.
  Result<std::string_view> next(std::span<char> out);

  /// The body ended here. Fails with Errc::transient if the coding was not complete.
  Result<void> finish() const;

 private:
  struct Inflater;
  BodyDecoder(std::unique_ptr<Inflater> inflater, const BodyLimits& limits) noexcept;
  Result<std::string_view> inflate_some(std::span<char> out);

  std::unique_ptr<Inflater> inflater_;  // null for identity
  BodyLimits limits_;
  std::string_view pending_;
  std::uint64_t decoded_ = 0;
};

}  // namespace anthropic_metrics::net
