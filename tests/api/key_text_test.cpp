// SPDX-License-Identifier: Apache-2.0
#include "api/key_text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "api/credential.hpp"
#include "client.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::api::test {
namespace {

using namespace net::test;
using namespace std::string_literals;

const std::string key(canary);

/// As Windows writes it.
std::string utf16(const std::string& text) {
  std::string wide;
  for (const char c : text) (wide += c) += '\0';
  return wide;
}

struct Odd {
  std::string text;
  std::string says;
};

const Odd odd[] = {
    {"", "it is empty"},
    {" \t\r\n", "it is empty"},
    {"\xEF\xBB\xBF\n", "it is empty"},
    {"\"" + key + "\"\n", "quotes"},
    {"'" + key + "'", "quotes"},
    {key + "'", "quotes"},
    {"`" + key + "`", "quotes"},
    {"\xE2\x80\x9C" + key + "\xE2\x80\x9D", "quotes"},
    {"ANTHROPIC_ADMIN_KEY=" + key + "\n", "a name stands before it"},
    {"\xEF\xBB\xBFKEY=" + key, "a name stands before it"},
    {"KEY=\"" + key + "\"", "quotes"},
    {"export KEY=" + key, "a name stands before it"},
    {"KEY = " + key, "a name stands before it"},
    {"key: " + key, "a name stands before it"},
    {"x-api-key:" + key, "a name stands before it"},
    {"Bearer " + key, "Bearer"},
    {key + "\n" + key, "more than one line"},
    {key + "\r\nX-Evil: 1", "more than one line"},
    {key + " " + key, "blanks"},
    {key + "\t# mine", "blanks"},
    {std::string(20'000, 'k'), "longer than 16 KiB"},
    {utf16(key), "UTF-16"},
    {"\xFF\xFE" + utf16(key), "UTF-16"},
    {"\xFE\xFF\0s"s, "UTF-16"},
    {key + "\0"s, "characters"},
    {key + "\xC3\xA4", "characters"},
    {key + "\x7F", "characters"},
};

}  // namespace

TEST_CASE("a byte order mark and blanks around a key are taken off, wherever it is kept") {
  const Scratch scratch;
  const CredentialWorld world{[](const char*) { return "\xEF\xBB\xBF  sk-ant-admin01-x\r\n"; }};
  for (const std::string& text : {key, key + "\n", key + "\r\n\r\n", " " + key, "\t" + key + " \n",
                                  "\xEF\xBB\xBF" + key, "\xEF\xBB\xBF " + key + "\n"}) {
    CHECK(read_key(text).key == key);
    CHECK(read_key(text).fault.empty());
    for (const std::string& setting : {text, "file:" + scratch.write("key", text)}) {
      auto place = parse_credential(setting);
      REQUIRE(place.has_value());
      CredentialSource source(std::move(*place));
      const auto read = source.current();
      REQUIRE(read.has_value());
      CHECK((*read)->expose([](std::string_view octets) { return octets == key; }));
    }
  }
  CredentialSource source(*parse_credential("${KEY}"), CredentialKind::api_key, world);
  REQUIRE(source.current().has_value());
  CHECK(source.current().value()->size() == 16);
}

TEST_CASE("what is wrong with a key is named without repeating it, wherever it is kept") {
  const Scratch scratch;
  for (const Odd& c : odd) {
    CAPTURE(c.says, c.text.size());
    const KeyText read = read_key(c.text);
    CHECK(read.key.empty());
    CHECK(read.fault.find(c.says) != std::string_view::npos);

    auto place = parse_credential("file:" + scratch.write("key", c.text));
    REQUIRE(place.has_value());
    CredentialSource source(std::move(*place));
    const auto refused = source.current();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::configuration);
    CHECK(refused.error().message.find(c.says) != std::string::npos);
    CHECK_FALSE(leaks(refused.error().message));

    const auto inline_text = parse_credential(c.text);
    REQUIRE_FALSE(inline_text.has_value());
    CHECK(inline_text.error().message.find(c.says) != std::string::npos);
    CHECK_FALSE(leaks(inline_text.error().message));
  }
}

TEST_CASE("keys of other services are keys: tokens, base64, colons") {
  for (const char* text :
       {"eyJhbGciOi.eyJzdWIi.c2ln", "c2VjcmV0IGtleQ==", "user:password-of-gateway",
        "k=", "sk-ant-oat01-abc", "0123456789abcdef"}) {
    CAPTURE(text);
    CHECK(read_key(text).key == text);
  }
}

TEST_CASE("a key that begins like none of this service, or one for something else, is remarked") {
  struct Case {
    std::string key;
    CredentialKind kind;
    std::string says;
  };
  const Case cases[] = {
      {"sk-ant-admin01-abcdefgh", CredentialKind::api_key, ""},
      {"sk-ant-api03-abcdefgh", CredentialKind::api_key, "takes Admin keys"},
      {"sk-ant-oat01-abcdefgh", CredentialKind::api_key, "authentication: bearer"},
      {"sk-proj-abcdefgh", CredentialKind::api_key, "does not begin with sk-ant-"},
      {"AKIAabcdefgh", CredentialKind::api_key, "does not begin with sk-ant-"},
      {"sk-ant-oat01-abcdefgh", CredentialKind::bearer, ""},
      {"eyJhbGciOi.eyJzdWIi.c2ln", CredentialKind::bearer, ""},
      {"sk-ant-admin01-abcdefgh", CredentialKind::bearer, "authentication: api_key"},
      {"sk-ant-api01-abcdefgh", CredentialKind::enterprise, ""},
      {"sk-ant-admin01-abcdefgh", CredentialKind::enterprise, "give it as admin_api_key"},
      {"sk-ant-oat01-abcdefgh", CredentialKind::enterprise, "give it as oauth_token"},
      {"sk-proj-abcdefgh", CredentialKind::enterprise, "does not begin with sk-ant-"},
      {"sk-ant-api01-abcdefgh", CredentialKind::api_key, "given as enterprise_api_key"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.key, c.says);
    CHECK(odd_key(c.key, c.kind).find(c.says) != std::string_view::npos);
    CHECK(odd_key(c.key, c.kind).empty() == c.says.empty());
    std::vector<std::string> remarks;
    auto place = parse_credential(c.key);
    REQUIRE(place.has_value());
    CredentialSource source(std::move(*place), c.kind);
    source.on_remark([&](const std::string& text) { remarks.push_back(text); });
    REQUIRE(source.current().has_value());
    REQUIRE(source.current().has_value());
    CHECK(remarks.size() == (c.says.empty() ? 0u : 1u));
    for (const std::string& text : remarks) CHECK(text.find(c.key) == std::string::npos);
  }
}

}  // namespace anthropic_metrics::api::test
