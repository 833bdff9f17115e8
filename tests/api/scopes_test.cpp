// SPDX-License-Identifier: Apache-2.0
// What a refusal says of scopes, and what it becomes for a person.
#include "api/scopes.hpp"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "api/status_error.hpp"

namespace anthropic_metrics::api::test {
namespace {

using List = std::vector<std::string>;

TEST_CASE("scopes are told apart by the words around them") {
  struct Case {
    const char* text;
    List missing, held;
  };
  for (const Case& c : {
           Case{"This key requires scope read:analytics; it has scopes read:spend_limits",
                {"read:analytics"},
                {"read:spend_limits"}},
           Case{"Key scopes held: [read:members, read:rbac_groups]. Needed: [read:spend_limits].",
                {"read:spend_limits"},
                {"read:members", "read:rbac_groups"}},
           Case{"OAuth token does not meet scope requirement org:admin", {"org:admin"}, {}},
           Case{"This endpoint requires the scope read:analytics. The key has these scopes: "
                "read:members, read:spend_limits",
                {"read:analytics"},
                {"read:members", "read:spend_limits"}},
           Case{"read:analytics is required", {"read:analytics"}, {}},
           Case{"Required: read:analytics, read:members; granted: read:members",
                {"read:analytics"},
                {"read:members"}},
           Case{"READ:ANALYTICS", {"read:analytics"}, {}},
           Case{"missing read:analytics read:analytics", {"read:analytics"}, {}},
           Case{"see https://docs.example/read:analytics", {}, {}},
           Case{"read: write: org", {}, {}},
           Case{"not allowed", {}, {}},
           Case{"", {}, {}},
       }) {
    CAPTURE(c.text);
    const NamedScopes named = scopes_in(c.text);
    CHECK(named.missing == c.missing);
    CHECK(named.held == c.held);
  }
}

TEST_CASE("a text of nothing but scopes is bounded") {
  std::string text = "needs";
  for (int i = 0; i < 10'000; ++i) text += fmt::format(" read:x{}", i);
  CHECK(scopes_in(text).missing.size() == 16);
}

std::string body(const std::string& type, const std::string& message,
                 const std::string& details = "null") {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message +
         R"(","details":)" + details + "}}";
}

Error refused(int status, const std::string& text, const Asked& asked) {
  return status_error({status, {}}, text, asked);
}

const Asked spend{"/v1/organizations/spend_limits", "", "enterprise_api_key", true};
const Asked report{"/v1/organizations/usage_report/messages", "", "admin_api_key", false};

TEST_CASE("a refusal that names scopes says which one is missing, in which credential") {
  const std::string text =
      body("permission_error", "requires scope read:analytics; key has read:spend_limits");
  const Error error = refused(403, text, {"/x", "", "enterprise_api_key", false});
  CAPTURE(error.message);
  CHECK(error.code == Errc::forbidden);
  CHECK(error.message.find("enterprise_api_key lacks the scope read:analytics and has "
                           "read:spend_limits; scopes are chosen when a key is made") !=
        std::string::npos);
  const Error plain = refused(403, body("permission_error", "no"), report);
  CHECK(plain.message.find("organization admin permission") != std::string::npos);
}

TEST_CASE("a refused credential is called by its setting") {
  const std::string text = body("authentication_error", "invalid");
  CHECK(refused(401, text, {"/x", "", "oauth_token", false}).message.find("not expired") !=
        std::string::npos);
  CHECK(refused(401, text, {"/x", "", "enterprise_api_key", false})
            .message.find("enterprise_api_key is valid") != std::string::npos);
  CHECK(refused(401, text, report).message.find("sk-ant-admin") != std::string::npos);
}

TEST_CASE("what an organization of this kind does not have is not offered, whoever asks") {
  const std::string text = body("invalid_request_error", "Not for this organization.",
                                R"({"error_code":"organization_type_not_supported"})");
  for (const Asked& asked : {spend, report}) {
    const Error error = refused(400, text, asked);
    CAPTURE(error.message);
    CHECK(error.code == Errc::not_offered);
    CHECK(error.message.find("not offered here") != std::string::npos);
    CHECK(error.message.find("once a day") != std::string::npos);
  }
  // Only the code says so, and only with a 400.
  CHECK(refused(403, text, report).code == Errc::forbidden);
  CHECK(
      refused(400, body("invalid_request_error", "organization_type_not_supported"), report).code ==
      Errc::configuration);
  CHECK(refused(400, body("x", "y", R"("organization_type_not_supported")"), report).code ==
        Errc::configuration);
}

TEST_CASE("a refusal of what only some have is no failure of the credential") {
  for (const int status : {403, 404}) {
    const Error error = refused(status, body("permission_error", "no"), spend);
    CHECK(error.code == Errc::not_offered);
    CHECK(error.message.find("early access") != std::string::npos);
  }
  const Error beta = refused(
      400, body("invalid_request_error", "Unexpected value(s) for the `Anthropic-Beta` header"),
      spend);
  CHECK(beta.code == Errc::not_offered);
  const Error scope =
      refused(403, body("permission_error", "needs read:spend_limits, has read:analytics"), spend);
  CHECK(scope.code == Errc::not_offered);
  CHECK(scope.message.find("enterprise_api_key lacks the scope read:spend_limits") !=
        std::string::npos);
  CHECK(refused(400, body("invalid_request_error", "limit: too high"), spend).code !=
        Errc::not_offered);
  CHECK(refused(401, body("authentication_error", "no"), spend).code == Errc::unauthorized);
  CHECK(refused(500, body("api_error", "no"), spend).code == Errc::transient);
  CHECK(refused(404, body("not_found_error", "no"), report).code == Errc::configuration);
}

}  // namespace
}  // namespace anthropic_metrics::api::test
