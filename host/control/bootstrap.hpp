// SPDX-License-Identifier: Apache-2.0
// What an Elastic Agent tells a component on its standard input when it starts it: where to
// connect, and with what. It holds a private key and a token: never logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

struct AgentFacts {
  std::string id;
  std::string version;  // 9.4.2
  bool snapshot = false;
  bool managed = false;  // by Fleet; otherwise standalone
  bool unprivileged = false;

  bool operator==(const AgentFacts&) const = default;
};

struct Bootstrap {
  std::string address;      // localhost:6789
  std::string server_name;  // for SNI, and what the certificate must say
  SecretText token;
  std::string authority;    // PEM
  std::string certificate;  // PEM, ours
  SecretText key;           // PEM, ours
  std::uint32_t largest_message = 0;
  AgentFacts agent;
};

// Pure. An empty text, one that is no such message, and one of an Agent before 8.6 (it does not
// offer the protocol) are refused, each in a sentence that says what to do.
Result<Bootstrap> parse_bootstrap(std::string_view message);

// Reads the descriptor to its end: at most a megabyte, 30 s at most.
Result<Bootstrap> read_bootstrap(int fd);

}  // namespace anthropic_metrics::host
