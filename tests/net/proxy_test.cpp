// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.hpp"

#include <catch2/catch_test_macros.hpp>

#include "net/http_settings.hpp"
#include "net/ssl_settings.hpp"

namespace anthropic_metrics::net {
namespace {

using namespace std::string_literals;

std::string show(const Secret& secret) {
  return secret.expose([](std::string_view octets) { return std::string(octets); });
}

}  // namespace

TEST_CASE("a proxy url is read with its credentials, which are never shown") {
  struct Case {
    std::string text, host;
    int port;
    std::string basic, redacted;
  };
  const Case cases[] = {
      {"http://proxy.corp:3128", "proxy.corp", 3128, "", "http://proxy.corp:3128"},
      {"proxy.corp:3128", "proxy.corp", 3128, "", "http://proxy.corp:3128"},
      {"http://proxy.corp:443/", "proxy.corp", 443, "", "http://proxy.corp:443"},
      {"http://[::1]:3128", "::1", 3128, "", "http://[::1]:3128"},
      {"http://Aladdin:open%20sesame@proxy:80", "proxy", 80,
       "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "http://***@proxy:80"},
      {"http://user:p%40ss%3Aword@proxy:80", "proxy", 80,
       "dXNlcjpwQHNzOndvcmQ=", "http://***@proxy:80"},
      {"http://user@proxy:80", "proxy", 80, "dXNlcjo=", "http://***@proxy:80"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto proxy = parse_proxy(c.text);
    REQUIRE(proxy.has_value());
    CHECK(proxy->host == c.host);
    CHECK(proxy->port == c.port);
    CHECK(show(proxy->basic) == c.basic);
    CHECK(proxy->redacted() == c.redacted);
  }
  for (const std::string& bad :
       {""s, "http://"s, "http://proxy"s, "https://user:hunter2@proxy:3128"s,
        "socks5://proxy:1080"s, "http://proxy:0"s, "http://proxy:99999"s, "http://proxy:80/path"s,
        "http://proxy:80?x"s, "http://user:hunter2%0d%0a@proxy:80"s,
        "http://user:hunter2%zz@proxy:80"s, "http://:hunter2@proxy:80"s,
        "http://us%3Aer:hunter2@proxy:80"s, "http://user:hunter2@:80"s, "http://pro xy:80"s,
        "http://proxy:80\r\nX: y"s, "http://user:hunter2\n@proxy:80"s}) {
    CAPTURE(bad);
    const auto proxy = parse_proxy(bad);
    REQUIRE_FALSE(proxy.has_value());
    CHECK(proxy.error().code == Errc::configuration);
    CHECK(proxy.error().message.find("hunter2") == std::string::npos);
    CHECK(proxy.error().message.find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("NO_PROXY is understood in every common form") {
  struct Case {
    std::string list, host;
    int port;
    bool bypass;
  };
  const Case cases[] = {
      {"", "api.anthropic.com", 443, false},
      {"*", "api.anthropic.com", 443, true},
      {" * ", "api.anthropic.com", 443, true},
      {"api.anthropic.com", "api.anthropic.com", 443, true},
      {"API.Anthropic.Com", "api.anthropic.com", 443, true},
      {"api.anthropic.com.", "api.anthropic.com", 443, true},
      {"anthropic.com", "api.anthropic.com", 443, true},
      {"anthropic.com", "anthropic.com", 443, true},
      {".anthropic.com", "api.anthropic.com", 443, true},
      {".anthropic.com", "anthropic.com", 443, false},
      {"*.anthropic.com", "api.anthropic.com", 443, true},
      {"*.anthropic.com", "anthropic.com", 443, false},
      {"thropic.com", "api.anthropic.com", 443, false},
      {"api", "api.anthropic.com", 443, false},
      {"com", "api.anthropic.com", 443, true},
      {"api.anthropic.com.evil", "api.anthropic.com", 443, false},
      {"xapi.anthropic.com", "api.anthropic.com", 443, false},
      {"api.anthropic.com:443", "api.anthropic.com", 443, true},
      {"api.anthropic.com:8443", "api.anthropic.com", 443, false},
      {"anthropic.com:443", "api.anthropic.com", 443, true},
      {"api.anthropic.com:x", "api.anthropic.com", 443, false},
      {"a.example, b.example ,api.anthropic.com", "api.anthropic.com", 443, true},
      {",,,", "api.anthropic.com", 443, false},
      {"192.0.2.7", "192.0.2.7", 443, true},
      {"192.0.2.7:443", "192.0.2.7", 443, true},
      {"192.0.2.7:444", "192.0.2.7", 443, false},
      {"192.0.2.0/24", "192.0.2.7", 443, true},
      {"192.0.2.0/24", "192.0.3.7", 443, false},
      {"192.0.2.7/32", "192.0.2.7", 443, true},
      {"192.0.2.6/32", "192.0.2.7", 443, false},
      {"0.0.0.0/0", "192.0.2.7", 443, true},
      {"192.0.2.0/33", "192.0.2.7", 443, false},
      {"192.0.2.0/", "192.0.2.7", 443, false},
      {"192.0.2.0/24", "api.anthropic.com", 443, false},
      {"10.0.0.0/8", "10.200.3.4", 443, true},
      {"2001:db8::1", "2001:db8::1", 443, true},
      {"2001:DB8:0::1", "2001:db8::1", 443, true},
      {"[2001:db8::1]", "2001:db8::1", 443, true},
      {"[2001:db8::1]:443", "2001:db8::1", 443, true},
      {"[2001:db8::1]:444", "2001:db8::1", 443, false},
      {"2001:db8::/32", "2001:db8:ffff::1", 443, true},
      {"2001:db8::/32", "2001:db9::1", 443, false},
      {"::/0", "2001:db8::1", 443, true},
      {"::/0", "192.0.2.7", 443, false},
      {"[2001:db8::1", "2001:db8::1", 443, false},
      {".", "api.anthropic.com", 443, false},
  };
  int checked = 0;
  for (const Case& c : cases) {
    CAPTURE(c.list, c.host, c.port);
    CHECK(bypasses_proxy(c.list, c.host, static_cast<std::uint16_t>(c.port)) == c.bypass);
    ++checked;
  }
  CHECK(checked >= 40);
}

TEST_CASE("the environment's proxy is for https to elsewhere, proxy_url is for everything") {
  const auto choose = [](const char* url, const ProxyEnvironment& environment) {
    auto proxy = choose_proxy(*parse_url(url), std::nullopt, environment);
    REQUIRE(proxy.has_value());
    return proxy->has_value();
  };
  const ProxyEnvironment set{"http://proxy:3128", ""};
  CHECK(choose("https://api.anthropic.com", set));
  CHECK_FALSE(choose("https://127.0.0.1:8443", set));
  CHECK_FALSE(choose("https://localhost:8443", set));
  CHECK_FALSE(choose("https://[::1]:8443", set));
  CHECK_FALSE(choose("http://127.0.0.1:8080", set));
  CHECK_FALSE(choose("https://api.anthropic.com", {"", ""}));
  CHECK_FALSE(choose("https://api.anthropic.com", {"http://proxy:3128", "anthropic.com"}));
  CHECK(choose("https://api.anthropic.com", {"http://proxy:3128", "example.com"}));

  auto configured = choose_proxy(*parse_url("https://api.anthropic.com"),
                                 parse_proxy("http://other:1").value(), {"http://proxy:3128", "*"});
  CHECK((*configured)->host == "other");

  const auto broken = choose_proxy(*parse_url("https://api.anthropic.com"), std::nullopt,
                                   {"socks5://user:hunter2@proxy:1", ""});
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().message.find("HTTPS_PROXY") != std::string::npos);
  CHECK(broken.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("lower case wins in the environment, and HTTP_PROXY is not looked at") {
  const auto environment = ProxyEnvironment::read([](const char* name) -> const char* {
    const std::string_view asked(name);
    if (asked == "HTTP_PROXY" || asked == "http_proxy") return "http://evil:1";
    if (asked == "HTTPS_PROXY") return "http://upper:1";
    if (asked == "https_proxy") return "http://lower:1";
    if (asked == "NO_PROXY") return "upper";
    if (asked == "no_proxy") return "";
    return nullptr;
  });
  CHECK(environment.https_proxy == "http://lower:1");
  CHECK(environment.no_proxy == "upper");
}

TEST_CASE("CONNECT carries host, agent and the proxy's own credential, nothing else") {
  const auto proxy = parse_proxy("http://user:pass@proxy:3128");
  const auto origin = parse_url("https://[2001:db8::1]:8443");
  CHECK(show(connect_request(*origin, *proxy, "agent/1")) ==
        "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nUser-Agent: agent/1\r\n"
        "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
  CHECK(
      show(connect_request(*parse_url("https://api.anthropic.com"), *parse_proxy("proxy:1"), "")) ==
      "CONNECT api.anthropic.com:443 HTTP/1.1\r\nHost: api.anthropic.com:443\r\n\r\n");
}

TEST_CASE("an answer to CONNECT is success only if it is 2xx") {
  const auto proxy = parse_proxy("http://user:hunter2@proxy:3128");
  const auto anonymous = parse_proxy("http://proxy:3128");
  const auto origin = parse_url("https://api.anthropic.com");
  struct Case {
    int status;
    std::string body;
    std::optional<Errc> fails;
    std::string says;
  };
  const Case cases[] = {
      {200, "", std::nullopt, ""},
      {204, "", std::nullopt, ""},
      {407, "", Errc::configuration, "refuses the user and password"},
      {403, "<h1>Blocked\nby policy</h1>", Errc::configuration, "403"},
      {403, "<h1>Blocked\nby policy</h1>", Errc::configuration, "(\"<h1>Blocked by policy</h1>\")"},
      {404, "", Errc::configuration, "404"},
      {408, "", Errc::transient, "408"},
      {429, "", Errc::transient, "429"},
      {502, "", Errc::transient, "502"},
      {503, "\x1b[31mno", Errc::transient, "\\x1b[31mno"},
      {302, "", Errc::transient, "302"},
      {511, "", Errc::transient, "511"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.status, c.says);
    const auto ok = check_connect_answer({c.status, {}}, c.body, *proxy, *origin);
    REQUIRE(ok.has_value() == !c.fails);
    if (!c.fails) continue;
    CHECK(ok.error().code == *c.fails);
    CHECK(ok.error().message.find(c.says) != std::string::npos);
    CHECK(ok.error().message.find("hunter2") == std::string::npos);
  }
  // What the proxy offers decides what a person can do.
  const auto login = [&](std::vector<Header> headers, const Proxy& through) {
    return check_connect_answer({407, std::move(headers)}, "", through, *origin).error().message;
  };
  const std::string basic =
      login({{"Proxy-Authenticate", "Basic realm=\"a, b\", charset=\"UTF-8\""},
             {"proxy-authenticate", "Negotiate, NTLM"}},
            *anonymous);
  CHECK(basic.find("wants a user and password (it offers Basic, Negotiate, NTLM)") !=
        std::string::npos);
  const std::string none =
      login({{"Proxy-Authenticate", "NEGOTIATE"}, {"Proxy-Authenticate", "negotiate"}}, *proxy);
  CHECK(none.find("(it offers NEGOTIATE), and only Basic is spoken here") != std::string::npos);
  CHECK(login({{"Proxy-Authenticate", "\x1b[2J, ,=,\"\",basic"}}, *anonymous)
            .find("(it offers basic)") != std::string::npos);
}

TEST_CASE("ssl settings are read as Elastic users know them") {
  const auto origin = *parse_url("https://api.anthropic.com");
  const auto loopback = *parse_url("https://127.0.0.1:8443");

  CHECK(parse_verification_mode("full", origin).value() == VerificationMode::full);
  CHECK(parse_verification_mode("strict", origin).value() == VerificationMode::full);
  CHECK(parse_verification_mode("none", loopback).value() == VerificationMode::none);
  for (const char* bad : {"none", "certificate", "", "off", "NONE"}) {
    const auto mode = parse_verification_mode(bad, origin);
    REQUIRE_FALSE(mode.has_value());
    CHECK(mode.error().message.find("ssl.verification_mode") == 0);
  }
  CHECK_FALSE(parse_verification_mode("certificate", loopback).has_value());

  const std::string hex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
  CHECK(parse_fingerprint(hex).value()[1] == 0x11);
  CHECK(parse_fingerprint(hex).value()[31] == 0xff);
  std::string colons;
  for (std::size_t i = 0; i < hex.size(); i += 2) colons += (i ? ":" : "") + hex.substr(i, 2);
  CHECK(parse_fingerprint(colons).value() == parse_fingerprint(hex).value());
  for (const std::string& bad :
       {""s, "00"s, hex + "00", hex.substr(1), "zz" + hex.substr(2), ":" + hex, hex + ":"}) {
    CHECK_FALSE(parse_fingerprint(bad).has_value());
  }

  SslSettings ssl;
  CHECK(parse_supported_protocols(std::vector{"TLSv1.3"s}, ssl).has_value());
  CHECK((ssl.tls_1_3 && !ssl.tls_1_2));
  CHECK(parse_supported_protocols(std::vector{"TLSv1.2"s, "TLSv1.3"s}, ssl).has_value());
  for (const char* bad : {"TLSv1.1", "TLSv1.0", "SSLv3", "TLSv1", "1.2", ""}) {
    CHECK_FALSE(
        parse_supported_protocols(std::vector{"TLSv1.3"s, std::string(bad)}, ssl).has_value());
  }
  CHECK_FALSE(parse_supported_protocols(std::vector<std::string>{}, ssl).has_value());

  CHECK(parse_certificate_source("ssl.certificate", "/etc/ca.pem")->path == "/etc/ca.pem");
  CHECK_FALSE(parse_certificate_source("ssl.certificate", "").has_value());
  CHECK_FALSE(parse_certificate_source("ssl.certificate", "a\nb").has_value());
  CHECK_FALSE(
      parse_certificate_source("ssl.certificate", "-----BEGIN CERTIFICATE-----\nx").has_value());
  const auto pasted =
      parse_certificate_source("ssl.certificate", "-----BEGIN PRIVATE KEY-----\nhunter2");
  REQUIRE_FALSE(pasted.has_value());
  CHECK(pasted.error().message.find("hunter2") == std::string::npos);
  const auto wrong = parse_private_key("hunter2\nhunter2", ssl);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().message.find("hunter2") == std::string::npos);
  CHECK(parse_private_key("/etc/key.pem", ssl).has_value());
  CHECK_FALSE(check(ssl).has_value());  // a key without certificate
}

TEST_CASE("http_client_timeout and header values are bounded") {
  Deadlines deadlines;
  CHECK(apply_client_timeout(std::chrono::seconds(5), deadlines).has_value());
  CHECK(deadlines.exchange == std::chrono::seconds(5));
  CHECK(deadlines.first_byte == std::chrono::seconds(5));
  CHECK_FALSE(apply_client_timeout(std::chrono::milliseconds(999), deadlines).has_value());
  CHECK_FALSE(apply_client_timeout(std::chrono::hours(2), deadlines).has_value());
  CHECK_FALSE(parse_header_value("anthropic_version", "2023\r\nX: y").has_value());
  CHECK(parse_header_value("anthropic_version", "2023-06-01").value() == "2023-06-01");
}

}  // namespace anthropic_metrics::net
