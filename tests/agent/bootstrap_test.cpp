// SPDX-License-Identifier: Apache-2.0
#include "control/bootstrap.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <thread>

#include "bytes.hpp"
#include "catch_failure.hpp"

using namespace anthropic_metrics::host;
using Catch::Matchers::ContainsSubstring;
using test::bytes;

namespace {

const std::string whole = bytes(
    "0a 0e 'localhost:6789'  12 02 'ab'  1a 05 'token'  22 02 'CA'  2a 04 'CERT'  32 03 'KEY'"
    "3a 01 01  42 01 00  48 80 80 80 32"
    "52 11 0a 02 'id' 12 05 '9.6.0' 18 01 20 01 28 01");

std::string text(const SecretText& secret) {
  return secret->expose([](std::string_view octets) { return std::string(octets); });
}

std::string refusal(const std::string& message) {
  const auto result = parse_bootstrap(message);
  REQUIRE_FALSE(result);
  REQUIRE(result.error().lines.size() == 1);
  CHECK(result.error().code == ExitCode::usage);
  return result.error().lines.front();
}

}  // namespace

TEST_CASE("a greeting is read field by field") {
  const auto result = parse_bootstrap(whole);
  REQUIRE(result);
  CHECK(result->address == "localhost:6789");
  CHECK(result->server_name == "ab");
  CHECK(text(result->token) == "token");
  CHECK(result->authority == "CA");
  CHECK(result->certificate == "CERT");
  CHECK(text(result->key) == "KEY");
  CHECK(result->largest_message == 104857600);
  CHECK(result->agent == AgentFacts{"id", "9.6.0", true, false, true});
}

TEST_CASE("what a greeting leaves out has its usual meaning, and what it adds is passed over") {
  const std::string least = bytes(
      "0a 03 'a:1'  12 01 's'  1a 01 't'  22 01 'c'  2a 01 'd'  32 01 'e'  38 01  fa 07 01 '?'");
  const auto result = parse_bootstrap(least);
  REQUIRE(result);
  CHECK(result->largest_message == 4194304);
  CHECK(result->agent == AgentFacts{"", "", false, true, false});
}

TEST_CASE("what is no greeting, or one of an old Agent, is refused with what to do") {
  CHECK_THAT(refusal(""),
             ContainsSubstring("nothing came") && ContainsSubstring("'anthropic-metrics run'"));
  CHECK_THAT(refusal("inputs:\n"), ContainsSubstring("no greeting of an Elastic Agent"));
  // Services V1 and the store, and none at all.
  std::string old = whole;
  old.replace(old.find(bytes("3a 01 01")), 3, bytes("3a 02 00 02"));
  CHECK_THAT(refusal(old), ContainsSubstring("the Elastic Agent 9.6.0 does not offer") &&
                               ContainsSubstring("8.6 or newer"));
  std::string none = whole;
  none.erase(none.find(bytes("3a 01 01")), 3);
  CHECK_THAT(refusal(none), ContainsSubstring("8.6 or newer"));
  std::string keyless = whole;
  keyless.erase(keyless.find("2\x03KEY"), 5);
  CHECK_THAT(refusal(keyless), ContainsSubstring("the greeting has no key"));
}

// Up to the services: what follows may be left out.
TEST_CASE("every beginning of a greeting is refused, and no message repeats what came") {
  for (std::size_t size = 0; size < whole.size() - 27; ++size) {
    const std::string line = refusal(whole.substr(0, size));
    CHECK_THAT(line, !ContainsSubstring("token'") && !ContainsSubstring("KEY"));
  }
}

TEST_CASE("a greeting is read to the end of the pipe, however it comes") {
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  std::thread writer([&] {
    for (const char octet : whole) CHECK(::write(ends[1], &octet, 1) == 1);
    ::close(ends[1]);
  });
  const auto result = read_bootstrap(ends[0]);
  writer.join();
  ::close(ends[0]);
  REQUIRE(result);
  CHECK(result->address == "localhost:6789");
}
