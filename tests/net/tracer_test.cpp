// SPDX-License-Identifier: Apache-2.0
// The tracer, and the canary: after everything a client does, the key stands in no trace, log or
// error.
#include "net/tracer.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "client.hpp"
#include "gzip.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::net::test {
namespace {

using namespace std::chrono_literals;
const std::string host = "api.example.test";

std::vector<boost::json::object> lines_of(const std::string& text) {
  std::vector<boost::json::object> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    lines.push_back(
        boost::json::parse(boost::json::string_view(text.data() + at, end - at)).as_object());
    at = end + 1;
  }
  return lines;
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE(
    "a trace shows requests and answers as Elastic users know them, allow-listed headers only") {
  const Scratch scratch;
  TracerSettings tracing;
  tracing.path = scratch.path("trace.ndjson");
  tracing.shown_headers = {"Anthropic-Version"};
  api::CredentialSource credential(api::parse_credential(canary).value());
  REQUIRE(credential.current().has_value());
  auto tracer =
      Tracer::open(tracing, [&](std::string_view text) { return credential.scrub(text); });
  REQUIRE(tracer.has_value());
  TestServer server({server_for(host)}, [](Peer& peer) {
    while (true) {
      const std::string head = peer.read_head();
      if (head.empty()) return;
      // A server that echoes the whole request, key included, into header and body.
      const std::string body = "{\"echo\":\"" + std::string(canary) + "\"}";
      peer.send(
          ok_answer(body, "request-id: req_1\r\nset-cookie: session=secret-cookie\r\nx-echo: " +
                              std::string(canary) + "\r\n"));
    }
  });
  TransportParts parts;
  parts.tracer = tracer->get();
  Client client(settings_for(host, server.port()), std::move(parts));
  REQUIRE(
      client.get(std::string(me) + "?page=abc", {{"anthropic-version", "2023-06-01"}}).has_value());

  const std::string text = scratch.read("trace.ndjson");
  const auto lines = lines_of(text);

  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("message") == "HTTP request");
  CHECK(lines[0].at("http.request.method") == "GET");
  CHECK(lines[0].at("url.domain") == host.c_str());
  CHECK(lines[0].at("url.path") == me.data());
  CHECK(lines[0].at("url.query") == "page=abc");
  CHECK(lines[0].at("http.request.header").at("anthropic-version").at(0) == "2023-06-01");
  CHECK(lines[1].at("message") == "HTTP response");
  CHECK(lines[1].at("transaction.id") == lines[0].at("transaction.id"));
  CHECK(lines[1].at("http.response.status_code") == 200);
  CHECK(lines[1].at("http.response.header").at("request-id").at(0) == "req_1");
  CHECK(lines[1].at("http.response.header").at("set-cookie").at(0) == "[21 octets]");
  CHECK(lines[1].at("http.response.body.content").as_string().find("[redacted]") !=
        std::string::npos);
  CHECK(text.find("secret-cookie") == std::string::npos);
  CHECK_FALSE(leaks(text));
  CHECK(mode_of(tracing.path) == 0600);
}

TEST_CASE("of a withheld answer a trace has everything but what it holds") {
  const Scratch scratch;
  TracerSettings tracing;
  tracing.path = scratch.path("trace.ndjson");
  const auto tracer = Tracer::open(tracing, {}).value();
  const Url url = *parse_url("https://api.anthropic.com");
  Request request{std::string(me), {}};
  request.withheld = true;
  for (const int status : {200, 403}) {
    const auto id = tracer->begin(request, url);
    tracer->head(id, {status, {}});
    tracer->body(id, status == 200 ? "ann@example.org" : "missing scope");
    tracer->end(id, {});
  }
  const auto lines = lines_of(scratch.read("trace.ndjson"));
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].at("http.response.body.bytes") == 15);
  CHECK(lines[1].at("http.response.body.withheld") == true);
  CHECK_FALSE(lines[1].contains("http.response.body.content"));
  CHECK(lines[3].at("http.response.body.content") == "missing scope");
}

TEST_CASE("a trace rotates, is bounded, is private, and ends by itself after an hour") {
  const Scratch scratch;
  TracerSettings tracing;
  tracing.path = scratch.path("trace.ndjson");
  tracing.largest_file = 4000;
  tracing.backups = 3;
  tracing.largest_body = 500;
  std::chrono::steady_clock::time_point now{};
  auto tracer = Tracer::open(tracing, {}, [&] { return now; }).value();
  const Url url = *parse_url("https://api.anthropic.com");
  const Request request{std::string(me), {}};
  const auto one = [&] {
    const auto id = tracer->begin(request, url);
    tracer->head(id, {200, {}});
    tracer->body(id, std::string(100000, 'x'));
    tracer->end(id, {});
  };
  for (int i = 0; i < 100; ++i) one();

  std::uintmax_t total = 0;
  int files = 0;
  for (const char* name : {"trace.ndjson", "trace.ndjson.1", "trace.ndjson.2", "trace.ndjson.3"}) {
    const std::string path = scratch.path(name);
    REQUIRE(std::filesystem::exists(path));
    CHECK(std::filesystem::file_size(path) <= 4000);
    CHECK(mode_of(path) == 0600);
    total += std::filesystem::file_size(path);
    ++files;
    lines_of(scratch.read(name));
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path("trace.ndjson.4")));
  CHECK(total <= 16000);
  CHECK(files == 4);

  now += 59min;
  one();
  CHECK(tracer->active());
  now += 2min;
  one();
  CHECK_FALSE(tracer->active());
  const auto size = std::filesystem::file_size(tracing.path);
  one();
  CHECK(std::filesystem::file_size(tracing.path) == size);

  remove_traces(tracing);
  CHECK(std::filesystem::is_empty(scratch.path("")));
}

TEST_CASE("traces are removed, and nothing else that stands in their place") {
  const Scratch scratch;
  TracerSettings tracing;
  tracing.path = scratch.write("trace.ndjson", "{\"@timestamp\":\"2026-09-01T00:00:00Z\"}\n");
  scratch.write("trace.ndjson.1", "# a person's notes\n");
  REQUIRE(::symlink(tracing.path.c_str(), scratch.path("trace.ndjson.2").c_str()) == 0);

  remove_traces(tracing);

  CHECK_FALSE(std::filesystem::exists(tracing.path));
  CHECK(scratch.read("trace.ndjson.1") == "# a person's notes\n");
  CHECK(std::filesystem::is_symlink(scratch.path("trace.ndjson.2")));
}

TEST_CASE("a trace is never written through a link or into something that is no file") {
  const Scratch scratch;
  const std::string victim = scratch.write("victim", "untouched");
  REQUIRE(::symlink(victim.c_str(), scratch.path("link").c_str()) == 0);
  TracerSettings tracing;
  for (const std::string& path :
       {scratch.path("link"), scratch.path(""), scratch.path("no/such"), std::string()}) {
    tracing.path = path;
    const auto tracer = Tracer::open(tracing, {});
    REQUIRE_FALSE(tracer.has_value());
    CHECK(tracer.error().code == Errc::configuration);
    CHECK(tracer.error().message.find("enable_request_tracer") == 0);
  }
  CHECK(scratch.read("victim") == "untouched");

  // A file others could read becomes private.
  tracing.path = scratch.write("open.ndjson", "", 0644);
  REQUIRE(Tracer::open(tracing, {}).has_value());
  CHECK(mode_of(tracing.path) == 0600);
}

TEST_CASE(
    "the canary key is in no log, trace or error after good and bad exchanges of every kind") {
  const Scratch scratch;
  TracerSettings tracing;
  tracing.path = scratch.path("trace.ndjson");
  tracing.largest_file = 64 << 20;
  api::CredentialSource credential(api::parse_credential(canary).value());
  REQUIRE(credential.current().has_value());
  auto tracer =
      Tracer::open(tracing, [&](std::string_view text) { return credential.scrub(text); }).value();
  const std::string echo(canary);
  const std::vector<std::string> answers = {
      ok_answer("{\"key\":\"" + echo + "\"}"),
      "HTTP/1.1 401 " + echo + "\r\nx: " + echo + "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 302 x\r\nLocation: https://evil.example/?k=" + echo +
          "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n" + echo + "\r\n\r\n",
      echo + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: " + echo + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: " + echo + "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + echo + "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + echo,
      ""};
  std::string seen;
  int exchanges = 0;
  for (const api::CredentialKind kind :
       {api::CredentialKind::api_key, api::CredentialKind::bearer}) {
    for (const std::string& answer : answers) {
      TestServer server({server_for(host)}, [&](Peer& peer) {
        peer.read_head();
        peer.send(answer);
        peer.cut();
      });
      TransportParts parts;
      parts.tracer = tracer.get();
      Client client(settings_for(host, server.port()), std::move(parts), canary, kind);
      const auto result = client.get();
      if (!result) seen += result.error().message + "\n";
      for (const std::string& line : client.logs) seen += line + "\n";
      client.transport.reset();
      server.drain();
      CHECK(server.received().find(kind == api::CredentialKind::bearer
                                       ? "authorization: Bearer " + echo
                                       : "x-api-key: " + echo) != std::string::npos);
      ++exchanges;
    }
  }
  seen += scratch.read("trace.ndjson");
  CHECK(seen.size() > 1000);
  CHECK_FALSE(leaks(seen));
  CHECK(seen.find("CANARY") == std::string::npos);
  std::cout << "canary exchanges: " << exchanges
            << ", octets of logs, traces and errors searched: " << seen.size() << '\n';
}

}  // namespace anthropic_metrics::net::test
