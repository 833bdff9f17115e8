// SPDX-License-Identifier: Apache-2.0
#include "api/credential.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <ostream>
#include <type_traits>

#include "client.hpp"
#include "net/request_bytes.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::api::test {
namespace {

using namespace net::test;
using net::HttpSettings;
using Where = CredentialPlace::Where;
using namespace std::string_literals;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!Printable<Secret> && !fmt::is_formattable<Secret>::value);
static_assert(!std::equality_comparable<Secret>);

std::string show(const Secret& secret) {
  return secret.expose([](std::string_view octets) { return std::string(octets); });
}

CredentialSource source_of(std::string_view text,
                           CredentialWorld world = CredentialWorld::process()) {
  auto place = parse_credential(text);
  REQUIRE(place.has_value());
  return CredentialSource(std::move(*place), CredentialKind::api_key, std::move(world));
}

void expect_refusal(CredentialSource& source, std::string_view says) {
  const auto key = source.current();
  REQUIRE_FALSE(key.has_value());
  CAPTURE(key.error().message);
  CHECK(key.error().code == Errc::configuration);
  CHECK(key.error().message.find(says) != std::string::npos);
  CHECK_FALSE(leaks(key.error().message));
}

}  // namespace

TEST_CASE("a secret moves and leaves nothing behind") {
  Secret first{std::string_view("hello world")};
  Secret second = std::move(first);
  CHECK(first.empty());
  CHECK(show(second) == "hello world");

  std::string text = "another secret that is longer than the small string buffer";
  const char* const heap = text.data();
  const Secret taken = Secret::take(std::move(text));
  CHECK(text.empty());  // NOLINT: take() promises it
  CHECK(std::string_view(heap, 8) == std::string_view("\0\0\0\0\0\0\0\0", 8));
  CHECK(taken.size() == 58);
  CHECK(taken.same_as(
      Secret(std::string_view("another secret that is longer than the small string buffer"))));
  CHECK_FALSE(taken.same_as(second));
  CHECK(Secret().same_as(Secret()));
}

TEST_CASE("the setting says where the key is") {
  struct Case {
    std::string text;
    Where where;
    std::string name;
  };
  const Case cases[] = {{"${ADMIN_KEY}", Where::environment, "ADMIN_KEY"},
                        {"${env.ADMIN_KEY}", Where::environment, "ADMIN_KEY"},
                        {"file:/run/secrets/key", Where::file, "/run/secrets/key"},
                        {"file:relative", Where::file, "relative"},
                        {"/run/secrets/key", Where::file, "/run/secrets/key"},
                        {"systemd:admin-key", Where::systemd, "admin-key"},
                        {std::string(canary), Where::inline_text, ""}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto place = parse_credential(c.text);
    REQUIRE(place.has_value());
    CHECK(place->where == c.where);
    CHECK(place->name == c.name);
    CHECK_FALSE(leaks(place->describe()));
  }
}

TEST_CASE(
    "a key that could inject a header, and a place that names none, are refused without repeating "
    "it") {
  const std::string bad[] = {"",
                             " ",
                             "a b",
                             "key\r\nX-Evil: 1",
                             "key\0x"s,
                             "k\xc3\xa4y",
                             "${}",
                             "${1A}",
                             "${A-B}",
                             "${env.}",
                             "${A",
                             "file:",
                             "file:a\nb",
                             "systemd:",
                             "systemd:../etc/shadow",
                             "systemd:a/b",
                             std::string(20000, 'k')};
  for (const std::string& text : bad) {
    CAPTURE(text.size());
    const auto place = parse_credential(text);
    if (text == "${A") {  // no closing brace: it is a key with odd characters, as good as any
      CHECK(place.has_value());
      continue;
    }
    REQUIRE_FALSE(place.has_value());
    CHECK(place.error().code == Errc::configuration);
    CHECK(place.error().message.find("admin_api_key") == 0);
    CHECK_FALSE(leaks(place.error().message));
  }
}

TEST_CASE("a key file must be ours, private, regular and hold one line") {
  const Scratch scratch;
  const std::string key(canary);

  SECTION("0600 and 0400 are read, with or without a newline") {
    for (const mode_t mode : {0600u, 0400u, 0700u}) {
      for (const char* end : {"", "\n", "\r\n"}) {
        auto source = source_of(
            "file:" + scratch.write(fmt::format("k{}{}", mode, end[0] + 0), key + end, mode));
        const auto read = source.current();
        REQUIRE(read.has_value());
        CHECK(show(**read) == key);
      }
    }
  }
  SECTION("what others may read or change is refused, with the mode and the remedy") {
    for (const mode_t mode : {0604u, 0644u, 0660u, 0666u, 0601u, 0620u, 0777u}) {
      const std::string file = scratch.write("key", key, mode);
      auto source = source_of("file:" + file);
      expect_refusal(source, fmt::format("(mode {:04o}); run chmod 600 {}",
                                         static_cast<unsigned>(mode), file));
    }
  }
  SECTION("a directory, a fifo and a missing file are refused without hanging") {
    auto directory = source_of("file:" + scratch.path(""));
    expect_refusal(directory, "not a regular file");
    const std::string fifo = scratch.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    auto pipe = source_of("file:" + fifo);
    expect_refusal(pipe, "not a regular file");
    auto missing = source_of("file:" + scratch.path("none"));
    expect_refusal(missing, "does not exist");
  }
  SECTION("a file of another user is refused") {
    if (::geteuid() == 0) {
      const std::string file = scratch.write("key", key);
      REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
      auto source = source_of("file:" + file);
      expect_refusal(source, "another user");
    }
  }
  SECTION("no key, two lines, blanks and binary are refused without repeating them") {
    const std::string bad[] = {"",         "\n",        key + "\n" + key,
                               key + " x", key + "\0"s, std::string(17000, 'k')};
    for (const std::string& text : bad) {
      auto source = source_of("file:" + scratch.write("key", text));
      expect_refusal(source, "does not hold a key");
    }
  }
}

TEST_CASE("a changed key file is read again, and a broken one does not lose the last good key") {
  const Scratch scratch;
  const std::string file = scratch.write("key", "first-key-000000");
  auto source = source_of("file:" + file);
  REQUIRE(source.current().has_value());
  CHECK(source.reload_if_changed().value() == false);
  CHECK(source.reload().value() == false);

  // Replaced by rename, as secret stores do; size and time may be the same.
  scratch.write("new", "other-key-000000");
  std::filesystem::rename(scratch.path("new"), file);
  CHECK(show(*source.current().value()) == "other-key-000000");

  // Rewritten in place.
  scratch.write("key", "third-key-0000000");
  CHECK(source.reload_if_changed().value() == true);
  CHECK(source.reload_if_changed().value() == false);

  std::filesystem::remove(file);
  CHECK_FALSE(source.reload_if_changed().has_value());
  CHECK(show(*source.current().value()) == "third-key-0000000");
  CHECK(source.scrub("was other-key-000000 now third-key-0000000") ==
        "was [redacted] now [redacted]");
}

TEST_CASE("the environment, systemd and the host are sources of a key") {
  static std::map<std::string, std::string> variables;
  variables.clear();
  const CredentialWorld world{[](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  }};

  SECTION("environment") {
    auto source = source_of("${ADMIN_KEY}", world);
    expect_refusal(source, "environment variable ADMIN_KEY is not set");
    variables["ADMIN_KEY"] = "";
    expect_refusal(source, "does not hold a key");
    variables["ADMIN_KEY"] = std::string(canary) + "\r\nX: y";
    expect_refusal(source, "does not hold a key");
    variables["ADMIN_KEY"] = std::string(canary);
    CHECK(show(*source.current().value()) == canary);
    variables["ADMIN_KEY"] = "rotated-key-0001";
    CHECK(show(*source.current().value()) == "rotated-key-0001");
  }
  SECTION("systemd") {
    const Scratch scratch;
    auto source = source_of("systemd:admin-key", world);
    expect_refusal(source, "LoadCredential=admin-key");
    variables["CREDENTIALS_DIRECTORY"] = "relative";
    expect_refusal(source, "CREDENTIALS_DIRECTORY is not set");
    variables["CREDENTIALS_DIRECTORY"] = scratch.path("");
    expect_refusal(source, "systemd credential admin-key");
    scratch.write("admin-key", std::string(canary), 0440);
    CHECK(show(*source.current().value()) == canary);
  }
  SECTION("host") {
    int asked = 0;
    CredentialPlace place;
    place.where = Where::host;
    place.name = "admin";
    place.ask_host = [&](const std::string& name) -> Result<Secret> {
      ++asked;
      if (name != "admin") return Error{Errc::configuration, "unknown"};
      return Secret(canary);
    };
    CredentialSource source(std::move(place), CredentialKind::bearer);
    CHECK(show(*source.current().value()) == canary);
    CHECK(asked == 1);
    CHECK(source.header_name() == "authorization");
    CHECK(source.header_prefix() == "Bearer ");
  }
}

TEST_CASE("a scrubber finds the key bare, percent-encoded and inside base64 at any alignment") {
  const std::string odd_key = "Kx+/=9~secret!key%value";  // nothing like sk-ant-
  Scrubber scrubber;
  scrubber.watch(Secret(odd_key));
  const auto base64 = [](const std::string& text, bool url) {
    static constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int have = 0;
    for (const char c : text) {
      bits = bits << 8 | static_cast<unsigned char>(c);
      have += 8;
      while (have >= 6) out += plain[bits >> (have -= 6) & 63];
    }
    if (have) out += plain[bits << (6 - have) & 63];
    if (url) {
      for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return out;
  };
  int found = 0;
  CHECK(scrubber.scrub("x" + odd_key + "y" + odd_key) == "x[redacted]y[redacted]");
  CHECK(scrubber.scrub("a=Kx%2B%2F%3D9~secret%21key%25value&b") == "a=[redacted]&b");
  for (const std::string& before :
       std::vector<std::string>{"", "u", "us", "use", "user:", "a longer user:"}) {
    for (const std::string& after : std::vector<std::string>{"", "x", "xy", "xyz"}) {
      for (const bool url : {false, true}) {
        const std::string text = base64(before + odd_key + after, url);
        CAPTURE(before, after, text);
        CHECK(scrubber.scrub("Basic " + text).find("[redacted]") != std::string::npos);
        ++found;
      }
    }
  }
  CHECK(found == 48);
  CHECK(scrub_shapes("is sk-ant-admin... right? sk-ant-api03-abcdefgh_IJ, sk-ant-") ==
        "is sk-ant-admin... right? sk-ant-[redacted], sk-ant-");
  CHECK(scrubber.scrub("nothing here") == "nothing here");
}

TEST_CASE("a request is refused rather than sent with anything that could change its meaning") {
  const HttpSettings settings = settings_for("api.example.test", 443);
  const Secret key{canary};
  const net::Authorization credential{"x-api-key", "", &key};
  const auto refused = [&](const net::Request& request) {
    const auto bytes = serialise(request, settings, credential);
    REQUIRE_FALSE(bytes.has_value());
    CHECK(bytes.error().code == Errc::configuration);
    CHECK_FALSE(leaks(bytes.error().message));
    CHECK(bytes.error().message.find("secret-value") == std::string::npos);
  };
  const std::string path(me);
  int count = 0;
  for (const std::string& target :
       {"/v1/messages"s, path + "\r\nX: y"s, path + "?a b"s, path + "?\0"s, ""s,
        "//evil.example"s + path, "https://evil.example"s + path}) {
    refused({target, {}});
    ++count;
  }
  const std::vector<net::Header> headers = {{"x-api-key", "secret-value"},
                                            {"Authorization", "secret-value"},
                                            {"Host", "evil.example"},
                                            {"HOST", "evil.example"},
                                            {"content-length", "5"},
                                            {"Transfer-Encoding", "chunked"},
                                            {"Connection", "close"},
                                            {"Upgrade", "h2c"},
                                            {"Expect", "100-continue"},
                                            {"proxy-authorization", "secret-value"},
                                            {"anthropic-beta", "a\r\nX: y"},
                                            {"anthropic-beta", "a\nb"},
                                            {"anthropic-beta", "a\0b"s},
                                            {"anthropic-beta", " a"},
                                            {"anthropic-beta", "\xc3\xa4"},
                                            {"bad name", "v"},
                                            {"bad:name", "v"},
                                            {"bad\r\nname", "v"},
                                            {"", "v"}};
  for (const net::Header& header : headers) {
    refused({path, {header}});
    ++count;
  }
  CHECK(count == 26);

  const Secret none;
  const Secret poisoned{std::string_view("key\r\nX-Evil: 1")};
  CHECK_FALSE(serialise({path, {}}, settings, {"x-api-key", "", &poisoned}).has_value());
  CHECK_FALSE(serialise({path, {}}, settings, {"x-api-key", "", &none}).has_value());
  HttpSettings bad_agent = settings_for("api.example.test", 443);
  bad_agent.user_agent = "a\r\nX: y";
  CHECK_FALSE(serialise({path, {}}, bad_agent, credential).has_value());
}

}  // namespace anthropic_metrics::api::test
