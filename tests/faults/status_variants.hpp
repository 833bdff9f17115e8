// SPDX-License-Identifier: Apache-2.0
// Every way in which a server answers with something else than a page of a report: status, headers
// and body as sent, and what the collector must make of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace anthropic_metrics::test {

/// What becomes of a poll that meets the variant at every attempt.
enum class Fate {
  passes,   ///< Nothing: a real answer follows at once.
  retried,  ///< Given up after three attempts, left to the next poll.
  left,     ///< One attempt, left to the next poll.
  refused,  ///< One attempt; the stream has failed and asks for a person.
  nothing,  ///< One attempt; no fault, there is nothing to fetch yet.
};

struct Variant {
  std::string name;
  int status = 500;
  Fate fate = Fate::retried;
  /// Complete header lines. "{date+5}" stands for the server's time and that many seconds.
  std::string headers = {};
  std::string body = {};
  /// The server's wish: least wait before the second attempt, or before the next poll.
  std::chrono::seconds retry_wait{0};
  std::chrono::seconds poll_wait{0};
  /// Sent as it stands in place of status, headers and body; "{answer}" is the real answer.
  std::string raw = {};
  int attempts = 0;  ///< In one poll; 0: as the fate says.
};

/// key: what an answer may echo. elsewhere: origins a redirect may name, https and http.
std::vector<Variant> status_variants(const std::string& key, const std::string& same,
                                     const std::string& other_https, const std::string& other_http);

}  // namespace anthropic_metrics::test
