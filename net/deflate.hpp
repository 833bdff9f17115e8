// SPDX-License-Identifier: Apache-2.0
// The body of a POST made smaller. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct z_stream_s;

namespace anthropic_metrics::net {

/// One gzip member made of pieces, so that what is packed need not lie in one place. Not
/// thread-safe.
class Gzip {
 public:
  /// level: 1 (fast) to 9 (small). Errc::transient if memory is refused.
  static Result<Gzip> make(int level);
  Gzip(Gzip&&) noexcept;
  Gzip& operator=(Gzip&&) noexcept;
  ~Gzip();

  Result<void> add(std::string_view piece);

  /// All of it, for RequestBody::octets with the encoding "gzip". Begins anew.
  Result<std::string> finish();

 private:
  struct Ends {
    void operator()(z_stream_s* stream) const noexcept;
  };
  Gzip() = default;
  Result<void> pack(std::string_view piece, int flush);

  std::unique_ptr<z_stream_s, Ends> stream_;
  std::unique_ptr<char[]> room_;  // a local array would be cleared for every small piece
  std::string packed_;
};

/// The text as one gzip member.
Result<std::string> gzip(std::string_view text, int level);

}  // namespace anthropic_metrics::net
