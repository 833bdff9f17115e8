// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

TEST_CASE("toy: a key of the default workspace has no workspace") {
  const auto documents = Collector("toy", {}).collect(
      R"({"data":[{"id":"apikey_1","name":"n","status":"active","workspace_id":null}]})");
  REQUIRE(documents);
  CHECK(documents->find(R"("toy":{"id":"apikey_1","name":"n","status":"active"})") !=
        std::string::npos);
}

TEST_CASE("toy: a key without an id is set aside, and hides no other") {
  const auto documents =
      Collector("toy", {}).collect(R"({"data":[{"name":"n"},{"id":"apikey_2","status":"x"}]})");
  REQUIRE(documents);
  CHECK(documents->find("$.data[0].id is missing") != std::string::npos);
  CHECK(documents->find(R"("id":"apikey_2")") != std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
