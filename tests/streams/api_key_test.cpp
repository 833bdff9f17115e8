// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

std::string told(const std::string& entry, bool keep_original = false) {
  streams::StreamSettings settings;
  settings.preserve_original_event = keep_original;
  const auto documents =
      Collector("api_key", settings).collect(R"({"data":[)" + entry + R"(],"has_more":false})");
  if (!documents) FAIL(documents.error().message);
  return *documents;
}

TEST_CASE("keys of every state are asked for, in large pages, by id") {
  const Collector collector("api_key", {});
  const std::string first = collector.fetcher().request({}, "").target;
  CHECK(first == "/v1/organizations/api_keys?limit=1000");
  CHECK(collector.fetcher().request({}, "apikey_1").target == first + "&after_id=apikey_1");
}

TEST_CASE("a key says whom it acts as, whoever that is") {
  CHECK(told(R"({"id":"k","principal":{"type":"user_actor","user_id":"u"}})")
            .find(R"("principal_id":"u","principal_type":"user_actor")") != std::string::npos);
  CHECK(told(R"({"id":"k","principal":{"type":"service_account_actor","service_account_id":"s"}})")
            .find(R"("principal_id":"s","principal_type":"service_account_actor")") !=
        std::string::npos);
  CHECK(told(R"({"id":"k","principal":{"type":"of a later version"}})")
            .find(R"("id":"k","principal_type":"of a later version")") != std::string::npos);
}

TEST_CASE("the workspace is that of the scope, or of an older version's member") {
  CHECK(told(R"({"id":"k","scope":{"type":"workspace","workspace_id":"w"},"workspace_id":null})")
            .find(R"("scope":"workspace","workspace_id":"w")") != std::string::npos);
  CHECK(
      told(R"({"id":"k","workspace_id":"w"})").find(R"("scope":"workspace","workspace_id":"w")") !=
      std::string::npos);
  CHECK(told(R"({"id":"k","scope":{"type":"organization"},"workspace_id":null})")
            .find(R"("scope":"organization"}})") != std::string::npos);
}

TEST_CASE("no part of a key is kept, whatever is odd beside it") {
  const std::string hint = R"("partial_key_hint":"sk-ant-api03-R2D...igAA")";
  for (const std::string& rest : {std::string(), std::string(R"(,"status":7)"),
                                  std::string(R"(,"id":7)"), std::string(R"(,"odd":\ud800)")}) {
    const std::string documents = told(R"({"id":"k",)" + hint + rest + "}", true);
    INFO(documents);
    CHECK(documents.find("R2D") == std::string::npos);
    CHECK(documents.find("igAA") == std::string::npos);
    CHECK_FALSE(documents.empty());
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
