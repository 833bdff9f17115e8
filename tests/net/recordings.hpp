// SPDX-License-Identifier: Apache-2.0
// The exchanges that tests cut at every octet: plain, chunked, packed, and a refusal after an
// interim answer.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "gzip.hpp"
#include "test_server.hpp"

namespace anthropic_metrics::net::test {

inline std::string chunked(std::string_view body, std::size_t piece) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    const std::string_view part = body.substr(0, piece);
    out += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
  }
  return out + "0\r\n\r\n";
}

/// Every recording's body.
inline const std::string recorded_body =
    R"({"data":[{"starting_at":"2026-11-23T00:00:00Z"}],"has_more":false})";

inline std::vector<std::string> recordings() {
  const std::string packed = gzip(recorded_body);
  return {ok_answer(recorded_body),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(recorded_body, 20),
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" +
              chunked(packed, 11),
          fmt::format("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n"
                      "Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{}",
                      packed.size(), packed)};
}

}  // namespace anthropic_metrics::net::test
