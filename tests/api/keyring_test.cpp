// SPDX-License-Identifier: Apache-2.0
// Several credentials of one input: which of them a request shows, and that no text holds any.
#include "api/keyring.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>

namespace anthropic_metrics::api::test {
namespace {

constexpr const char* admin = "sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";
constexpr const char* token = "oat.CANARY-token-0123456789abcdefghijklmnopqrstuvwxyz";
constexpr const char* enterprise = "sk-ant-api01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";

/// In the environment, which tests may change.
struct Keys {
  std::map<std::string, std::string> environment{
      {"ADMIN", admin}, {"TOKEN", token}, {"ENTERPRISE", enterprise}};
  CredentialWorld world{[this](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  }};

  static GivenCredential given(std::string_view opens, const char* text, CredentialKind kind) {
    auto place = parse_credential(text, setting_of(opens));
    REQUIRE(place.has_value());
    return {opens, setting_of(opens), std::move(*place), kind};
  }
  Keyring all() {
    std::vector<GivenCredential> list;
    list.push_back(given("admin", "${ADMIN}", CredentialKind::api_key));
    list.push_back(given("oauth", "${TOKEN}", CredentialKind::bearer));
    list.push_back(given("enterprise", "${ENTERPRISE}", CredentialKind::enterprise));
    return Keyring(std::move(list), world);
  }
  Keyring only(std::string_view opens, const char* text, CredentialKind kind) {
    std::vector<GivenCredential> list;
    list.push_back(given(opens, text, kind));
    return Keyring(std::move(list), world);
  }
};

std::string shown(Keyring& keys, std::string_view which) {
  const auto header = keys.authorization(which);
  REQUIRE(header.has_value());
  return std::string(header->name) + ": " + std::string(header->prefix) +
         header->value->expose([](std::string_view key) { return std::string(key); });
}

TEST_CASE("a stream takes the first of what opens it that is there") {
  Keys keys;
  const Keyring all = keys.all();
  CHECK(all.choose({"admin", "oauth"}) == "admin");
  CHECK(all.choose({"oauth"}) == "oauth");
  CHECK(all.choose({"enterprise", "admin"}) == "enterprise");
  CHECK(all.choose({"one_of_tomorrow", "oauth"}) == "oauth");
  CHECK(all.choose({"one_of_tomorrow"}).empty());
  CHECK(all.choose({}) == "admin");
  const Keyring one = keys.only("enterprise", "${ENTERPRISE}", CredentialKind::enterprise);
  CHECK(one.choose({"admin", "oauth"}).empty());
  CHECK(one.choose({"enterprise", "admin"}) == "enterprise");
  CHECK(one.choose({}) == "enterprise");
  CHECK(one.names() == std::vector<std::string_view>{"enterprise"});
}

TEST_CASE("each credential is shown in its own way, and only if it was asked for") {
  Keys keys;
  Keyring all = keys.all();
  CHECK(shown(all, "admin") == std::string("x-api-key: ") + admin);
  CHECK(shown(all, "oauth") == std::string("authorization: Bearer ") + token);
  CHECK(shown(all, "enterprise") == std::string("x-api-key: ") + enterprise);
  CHECK(shown(all, "") == std::string("x-api-key: ") + admin);
  CHECK(all.setting("enterprise") == "enterprise_api_key");
}

TEST_CASE("a credential that cannot be read holds back no other") {
  Keys keys;
  keys.environment.erase("TOKEN");
  Keyring all = keys.all();
  const auto refused = all.authorization("oauth");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::configuration);
  CHECK(refused.error().message.find("environment variable TOKEN") != std::string::npos);
  CHECK(shown(all, "admin") == std::string("x-api-key: ") + admin);
  keys.environment["TOKEN"] = token;
  CHECK(shown(all, "oauth") == std::string("authorization: Bearer ") + token);
}

TEST_CASE("every credential is removed from a text, whichever was used") {
  Keys keys;
  Keyring all = keys.all();
  for (const auto name : all.names()) shown(all, name);
  const std::string clean =
      all.scrub(std::string("a ") + admin + " b " + token + " c " + enterprise + " d");
  CHECK(clean.find("CANARY") == std::string::npos);
  CHECK(clean.find("a ") == 0);
  CHECK(clean.find(" d") == clean.size() - 2);
}

TEST_CASE("a credential of the configuration is removed before anybody used it") {
  Keys keys;
  std::vector<GivenCredential> list;
  list.push_back(Keys::given("admin", "${ADMIN}", CredentialKind::api_key));
  list.push_back(Keys::given("oauth", token, CredentialKind::bearer));
  const Keyring both(std::move(list), keys.world);
  CHECK(both.scrub(std::string("x") + token + "y").find("CANARY") == std::string::npos);
}

TEST_CASE("a remark says which credential it is about, if there are several") {
  Keys keys;
  keys.environment["ADMIN"] = "sk-proj-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";
  keys.environment["ENTERPRISE"] = admin;
  Keyring all = keys.all();
  std::vector<std::string> said;
  all.on_remark([&](const std::string& text) { said.push_back(text); });
  for (const auto name : all.names()) shown(all, name);
  REQUIRE(said.size() == 2);
  CHECK(said[0].starts_with("admin_api_key: the key in environment variable ADMIN"));
  CHECK(said[1].starts_with("enterprise_api_key: "));
  CHECK(said[1].find("give it as admin_api_key") != std::string::npos);
  for (const auto& text : said) CHECK(text.find("CANARY") == std::string::npos);
  Keyring alone = keys.only("admin", "${ADMIN}", CredentialKind::api_key);
  alone.on_remark([&](const std::string& text) { said.push_back(text); });
  shown(alone, "admin");
  CHECK(said.back().starts_with("the key in environment variable ADMIN"));
}

}  // namespace
}  // namespace anthropic_metrics::api::test
