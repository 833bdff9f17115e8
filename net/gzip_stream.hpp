// SPDX-License-Identifier: Apache-2.0
// One member of gzip data (RFC 1952) after the other, piece by piece: what the library that takes
// them apart is asked for. That is ISA-L, which takes a third of zlib's time; a build that links
// everything in has zlib, because distributions have no static ISA-L. Which one:
// net/CMakeLists.txt.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace anthropic_metrics::net {

class GzipStream {
 public:
  struct Step {
    std::size_t consumed = 0, produced = 0;  ///< Octets. None of either: it wants more.
    bool ended = false;                      ///< A member, trailer and checksum included.
    const char* fault = nullptr;             ///< What is wrong with the data; nothing follows it.
  };

  GzipStream();
  ~GzipStream();

  /// Takes from `in`, which may be empty, into `out`, which may not. Neither is kept.
  Step step(std::string_view in, std::span<char> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anthropic_metrics::net
