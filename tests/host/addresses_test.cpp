// SPDX-License-Identifier: Apache-2.0
#include "addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "catch_failure.hpp"

using namespace anthropic_metrics::host;

namespace {

std::string text_of(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  std::uint16_t port = 0;
  if (address.family() == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address.get());
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = v4.sin_port;
  } else {
    const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address.get());
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    port = v6.sin6_port;
  }
  return std::string(text) + " " + std::to_string(ntohs(port));
}

std::vector<std::string> texts_of(const std::string& name) {
  const auto found = addresses_of(name, "5066");
  REQUIRE(found);
  std::vector<std::string> texts;
  for (const SocketAddress& address : *found) texts.push_back(text_of(address));
  return texts;
}

}  // namespace

TEST_CASE("localhost and the names below it are loopback, whoever knows them") {
  // No file names the second, and nobody is asked.
  for (const char* name : {"localhost", "anthropic-metrics.localhost", "localhost."}) {
    CAPTURE(name);
    CHECK(texts_of(name) == std::vector<std::string>{"127.0.0.1 5066", "::1 5066"});
  }
}

TEST_CASE("address literals stand for themselves, and what is no name is told in a line") {
  CHECK(texts_of("127.0.0.7") == std::vector<std::string>{"127.0.0.7 5066"});
  CHECK(texts_of("0.0.0.0") == std::vector<std::string>{"0.0.0.0 5066"});
  CHECK(texts_of("::1") == std::vector<std::string>{"::1 5066"});
  CHECK(texts_of("::") == std::vector<std::string>{":: 5066"});

  const auto failure = addresses_of("no name", "5066");

  REQUIRE(!failure);
  CHECK(failure.error().lines.size() == 1);
  CHECK(!failure.error().lines.front().empty());
}
