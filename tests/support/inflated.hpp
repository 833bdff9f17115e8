// SPDX-License-Identifier: Apache-2.0
// What a server unpacks of a body that is said to be gzip.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/inflate.hpp"

namespace anthropic_metrics::test {

inline std::string inflated(std::string_view packed) {
  auto decoder = std::move(*net::BodyDecoder::make(net::ContentEncoding::gzip, net::BodyLimits{}));
  decoder.feed(packed);
  std::string text;
  std::vector<char> room(64 * 1024);
  while (true) {
    const auto piece = decoder.next(room);
    REQUIRE(piece.has_value());
    if (piece->empty()) break;
    text += *piece;
  }
  REQUIRE(decoder.finish().has_value());
  return text;
}

}  // namespace anthropic_metrics::test
