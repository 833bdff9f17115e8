// SPDX-License-Identifier: Apache-2.0
#include "base/host_name.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace anthropic_metrics;

TEST_CASE("loopback is known by name and address, never by a name that begins like one") {
  for (const char* host :
       {"localhost", "localhost.", "127.0.0.1", "127.1.2.3", "::1", "me.localhost"})
    CHECK(is_loopback_host(host));
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "127.example", "127.1",
                           ".localhost", "notlocalhost", ""})
    CHECK_FALSE(is_loopback_host(host));
}

TEST_CASE("a literal is an address in full and nothing else") {
  for (const char* host : {"127.0.0.1", "::1", "::", "2001:db8::7"}) CHECK(is_ip_literal(host));
  for (const char* host : {"localhost", "127.1", "[::1]", "::1%eth0", "1.2.3.4:80", ""})
    CHECK_FALSE(is_ip_literal(host));
}
