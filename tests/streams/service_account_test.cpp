// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

TEST_CASE("service accounts are asked for page by page, archived ones too") {
  const Collector collector("service_account", {});
  const std::string first = collector.fetcher().request({}, "").target;
  CHECK(first == "/v1/organizations/service_accounts?include_archived=true&limit=1000");
  CHECK(collector.fetcher().request({}, "page_2").target == first + "&page=page_2");
}

TEST_CASE("only an OAuth token opens the service accounts, and only if somebody wants them") {
  const streams::Descriptor& stream = *streams::find("service_account");
  CHECK(stream.opened_by == std::vector<std::string_view>{"oauth"});
  CHECK(stream.opt_in);
}

TEST_CASE("an account that is archived says so") {
  const auto documents =
      Collector("service_account", {})
          .collect(
              R"({"data":[{"id":"svac_1","name":"robot","archived_at":"2026-01-01T00:00:00Z"}],"next_page":null})");
  REQUIRE(documents);
  CHECK(
      documents->find(
          R"("archived_at":"2026-01-01T00:00:00Z","id":"svac_1","name":"robot","state":"archived")") !=
      std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
