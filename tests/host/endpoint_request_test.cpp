// SPDX-License-Identifier: Apache-2.0
// What the host's endpoint makes of the head of a request, and who is kept out.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "endpoint/http_request.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

std::string head(const std::string& line, const std::string& host = "localhost:5066") {
  return line + "\r\nHost: " + host + "\r\nAccept: */*\r\n\r\n";
}

}  // namespace

TEST_CASE("a request names a path, and its query is of no interest") {
  struct Case {
    const char *line, *path;
    bool head_only;
  };
  for (const Case& c : {Case{"GET /health HTTP/1.1", "/health", false},
                        {"HEAD /metrics?x=1&y HTTP/1.1", "/metrics", true},
                        {"GET / HTTP/1.0", "/", false}}) {
    const HttpRequest request = parse_request(head(c.line), "localhost");
    CAPTURE(c.line, request.why);
    CHECK(request.refused == 0);
    CHECK(request.path == c.path);
    CHECK(request.head_only == c.head_only);
  }
}

TEST_CASE("lines may end with a newline alone, and an old client names no host") {
  CHECK(parse_request("GET / HTTP/1.1\nhost:localhost\n\n", "localhost").refused == 0);
  CHECK(parse_request("GET / HTTP/1.0\r\n\r\n", "localhost").refused == 0);
}

TEST_CASE("what is no request is refused") {
  const std::string text = GENERATE(
      "", "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", "GET x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET /\x01 HTTP/1.1\r\nHost: ::1\r\n\r\n",
      "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x02\n\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\n");
  CAPTURE(text);
  CHECK(parse_request(text, "localhost").refused == 400);
}

TEST_CASE("only GET and HEAD are answered") {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const HttpRequest request =
        parse_request(head(std::string(method) + " / HTTP/1.1"), "localhost");
    CHECK(request.refused == 405);
  }
}

TEST_CASE("a page of the web that came by a name of its own is kept out") {
  struct Case {
    const char *host, *own;
    bool let_in;
  };
  for (const Case& c : {Case{"localhost", "localhost", true},
                        {"LocalHost:5066", "localhost", true},
                        {"127.0.0.1:5066", "localhost", true},
                        {"127.8.8.8", "localhost", true},
                        {"[::1]:5066", "localhost", true},
                        {"10.1.2.3:5066", "0.0.0.0", true},
                        {"[fe80::1]", "::", true},
                        {"metrics.example:5066", "metrics.example", true},
                        {"METRICS.example", "Metrics.Example", true},
                        {"attacker.example", "localhost", false},
                        {"attacker.example:5066", "0.0.0.0", false},
                        {"127.attacker.example", "localhost", false},
                        {"127.0.0.1.attacker.example", "localhost", false},
                        {"localhost.attacker.example", "localhost", false},
                        {"[::1", "localhost", false},
                        {"", "localhost", false}}) {
    const HttpRequest request = parse_request(head("GET /status HTTP/1.1", c.host), c.own);
    CAPTURE(c.host, c.own);
    CHECK(request.refused == (c.let_in ? 0 : 403));
    if (!c.let_in) CHECK_THAT(request.why, ContainsSubstring("http.host"));
  }
}

TEST_CASE("an answer says how long it is and that it is the last") {
  const std::string bytes = to_bytes({503, "text/plain", "failed: x\n"}, false);
  CHECK_THAT(bytes, ContainsSubstring("HTTP/1.1 503 Service Unavailable\r\n") &&
                        ContainsSubstring("\r\nContent-Length: 10\r\n") &&
                        ContainsSubstring("\r\nConnection: close\r\n") &&
                        ContainsSubstring("\r\n\r\nfailed: x\n"));
  const std::string head_only = to_bytes({200, "text/plain", "fine\n"}, true);
  CHECK_THAT(head_only, ContainsSubstring("Content-Length: 5\r\n"));
  CHECK(head_only.ends_with("\r\n\r\n"));
  CHECK_THAT(to_bytes({405, "text/plain", ""}, false), ContainsSubstring("Allow: GET, HEAD\r\n"));
}
