// SPDX-License-Identifier: Apache-2.0
// Where an answer ends: what is refused because nobody can tell, and what is read as every other
// client reads it.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "client.hpp"
#include "gzip.hpp"

namespace anthropic_metrics::net::test {
namespace {

const std::string host = "api.example.test";

}  // namespace

TEST_CASE("malformed framing is an error, never a short answer") {
  struct Case {
    std::string name, answer;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunks = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Case cases[] = {
      {"not HTTP", "hello\r\n\r\n"},
      {"HTTP/2", "HTTP/2 200 OK\r\n\r\n"},
      {"HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"},
      {"a two-digit status", "HTTP/1.1 20 OK\r\n\r\n"},
      {"a status with letters", "HTTP/1.1 2x0 OK\r\n\r\n"},
      {"no status", "HTTP/1.1\r\n\r\n"},
      {"a header without colon", ok + "Content-Length 2\r\n\r\n{}"},
      {"a header without a name", ok + ": 2\r\n\r\n{}"},
      {"a NUL in a header", ok + std::string("X: a\0b\r\n\r\n", 10)},
      {"a length that is no number", ok + "Content-Length: two\r\n\r\n{}"},
      {"a negative length", ok + "Content-Length: -2\r\n\r\n{}"},
      {"a length that overflows", ok + "Content-Length: 18446744073709551616\r\n\r\n{}"},
      {"a signed length", ok + "Content-Length: +2\r\n\r\n{}"},
      {"a length besides its unit", ok + "Content-Length: 2 octets\r\n\r\n{}"},
      {"an empty length", ok + "Content-Length:\r\n\r\n{}"},
      {"a continuation of nothing", ok + " Content-Length: 2\r\n\r\n{}"},
      {"a name with a blank inside", ok + "Content Length: 2\r\n\r\n{}"},
      {"a carriage return inside a value", ok + "X: a\rContent-Length: 0\r\n\r\n{}"},
      {"a coding of the transfer we do not know",
       ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {"chunked twice", ok + "Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"},
      {"two lengths that differ", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}"},
      {"a list of lengths that differ", ok + "Content-Length: 2, 3\r\n\r\n{}}"},
      {"a chunk size that overflows", chunks + "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"},
      {"a chunk size that is no number", chunks + "zz\r\n{}\r\n0\r\n\r\n"},
      {"a negative chunk size", chunks + "-2\r\n{}\r\n0\r\n\r\n"},
      {"an empty chunk size", chunks + "\r\n{}\r\n0\r\n\r\n"},
      {"a chunk longer than its size", chunks + "1\r\n{}\r\n0\r\n\r\n"},
      {"a chunk without its CRLF", chunks + "2\r\n{}0\r\n\r\n"},
      {"a trailer without colon", chunks + "2\r\n{}\r\n0\r\nbad\r\n\r\n"},
      {"the last chunk missing", chunks + "2\r\n{}\r\n"},
      {"the last blank line missing", chunks + "2\r\n{}\r\n0\r\n"},
      {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"},
      {"endless 1xx",
       [] {
         std::string text;
         for (int i = 0; i < 100; ++i) text += "HTTP/1.1 103 Early Hints\r\n\r\n";
         return text;
       }()},
      {"a header over 16 KB",
       ok + "X: " + std::string(17000, 'x') + "\r\nContent-Length: 0\r\n\r\n"},
      {"headers over 16 KB together",
       [&] {
         std::string text = ok;
         for (int i = 0; i < 2000; ++i) text += fmt::format("X-{}: y\r\n", i);
         return text + "Content-Length: 0\r\n\r\n";
       }()},
      {"an endless status line", "HTTP/1.1 200 " + std::string(200000, 'x')},
      {"1xx that together exceed 16 KB",
       [] {
         std::string text;
         for (int i = 0; i < 4; ++i)
           text += "HTTP/1.1 103 Hint\r\nX: " + std::string(6000, 'x') + "\r\n\r\n";
         return text + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
       }()},
      {"a chunk extension bomb",
       [&] {
         std::string text = chunks;
         for (int i = 0; i < 200; ++i) text += "1;x=" + std::string(15000, 'x') + "\r\na\r\n";
         return text + "0\r\n\r\n";
       }()},
      {"an endless chunk extension", chunks + "1;" + std::string(300000, 'x')},
      {"an endless trailer", chunks + "1\r\na\r\n0\r\nX: " + std::string(300000, 'x')},
      {"gzip that is none", ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"},
      {"gzip that ends early",
       [&] {
         const std::string packed = gzip("{\"data\":[]}");
         return ok +
                fmt::format("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                            packed.size() - 8) +
                packed.substr(0, packed.size() - 8);
       }()},
      {"gzip followed by more",
       [&] {
         const std::string packed = gzip("{\"data\":[]}") + "more";
         return ok +
                fmt::format("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.size()) +
                packed;
       }()},
      {"a coding we did not ask for", ok + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"},
      {"two codings", ok + "Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}"},
  };
  int refused = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    TestServer server([&](Peer& peer) {
      peer.read_head();
      peer.send(peer.number == 0 ? c.answer : ok_answer("{}"));
      peer.finish();
    });
    Client client(plain_settings(server.port()));

    const auto answer = client.get();

    REQUIRE_FALSE(answer.has_value());
    CAPTURE(answer.error().message);
    CHECK(answer.error().code == Errc::transient);
    CHECK(answer.error().message.size() < 400);
    const auto next = client.get();
    CAPTURE(next ? "" : next.error().message);
    CHECK(next.has_value());
    ++refused;
  }
  std::cout << "malformed answers refused: " << refused << '\n';
}

TEST_CASE("unusual but proper framing is read whole") {
  struct Case {
    std::string name, answer, body;
    bool reusable;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const Case cases[] = {
      {"empty", ok + "Content-Length: 0\r\n\r\n", "", true},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", "", true},
      {"chunks with extensions and a trailer",
       ok + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n01\r\n}\r\n0\r\nX-Sum: 1\r\n\r\n",
       "{}", true},
      {"interim answers first",
       "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok_answer("{}"),
       "{}", true},
      {"no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", "{}", true},
      {"no reason phrase, nor the blank before it", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
       "{}", true},
      {"a reason in another alphabet", "HTTP/1.1 200 \xc3\xa7 va\r\nContent-Length: 2\r\n\r\n{}",
       "{}", true},
      {"lone LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "{}", true},
      {"chunks with lone LF", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n", "{}",
       true},
      {"a value folded over lines", ok + "X-Long: a,\r\n\tb\r\nContent-Length:\r\n 2\r\n\r\n{}",
       "{}", true},
      {"a blank before the colon", ok + "Content-Length : 2\r\n\r\n{}", "{}", true},
      {"no blank behind it, and many", ok + "X:y\r\nContent-Length:  \t2 \r\n\r\n{}", "{}", true},
      {"names in capitals", ok + "CONTENT-LENGTH: 2\r\n\r\n{}", "{}", true},
      {"values in capitals",
       ok + "transfer-encoding: CHUNKED\r\n\r\nA\r\n{\"data\":1}\r\n0\r\n\r\n", "{\"data\":1}",
       true},
      {"the same length twice", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "{}",
       true},
      {"the same length in a list", ok + "Content-Length: 2, 2\r\n\r\n{}", "{}", true},
      {"an empty value", ok + "X-Nothing:\r\nContent-Length: 2\r\n\r\n{}", "{}", true},
      {"octets above ASCII in a value", ok + "X: \xe4\r\nContent-Length: 2\r\n\r\n{}", "{}", true},
      {"a length besides chunks: the chunks count, and the connection ends",
       ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "{}",
       false},
      {"an identity transfer", ok + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
       "{}", true},
      {"padded chunk sizes", ok + "Transfer-Encoding: chunked\r\n\r\n2   \r\n{}\r\n0000\r\n\r\n",
       "{}", true},
      {"extensions with blanks and quotes",
       ok + "Transfer-Encoding: chunked\r\n\r\n2 ; a = \"b;c\" ; d\r\n{}\r\n0;e\r\nX-A: 1\r\n"
            "X-B:\r\n folded\r\n\r\n",
       "{}", true},
      {"an identity coding", ok + "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", "{}",
       true},
      {"a coding that is none", ok + "Content-Encoding: utf-8\r\nContent-Length: 2\r\n\r\n{}", "{}",
       true},
      {"HTTP/1.0 that keeps the connection",
       "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\n{}", "{}", true},
      {"HTTP/1.0 without a length", "HTTP/1.0 200 OK\r\nServer: old\r\n\r\n{}", "{}", false},
      {"an empty line first", "\r\n" + ok_answer("{}"), "{}", true},
      {"100 with headers of its own",
       "HTTP/1.1 100\r\nContent-Length: 7\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok_answer("{}"),
       "{}", true},
      {"Connection: close", ok + "Connection: close\r\nContent-Length: 2\r\n\r\n{}", "{}", false},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", false},
      {"an empty gzip body", ok + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", "", true},
      {"until close, after close_notify", ok + "\r\n{\"a\":1}", "{\"a\":1}", false},
      {"more octets than the answer",
       ok_answer("{}") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "{}", false},
  };
  for (const Case& c : cases) {
    for (const bool tls : {false, true}) {
      CAPTURE(c.name, tls);
      const auto script = [&](Peer& peer) {
        while (!peer.read_head().empty()) {
          peer.send(c.answer);
          if (!c.reusable) return peer.finish();
        }
      };
      const auto server = tls ? std::make_unique<TestServer>(ServerTls{server_for(host)}, script)
                              : std::make_unique<TestServer>(script);
      Client client(tls ? settings_for(host, server->port()) : plain_settings(server->port()));
      for (int i = 0; i < 2; ++i) {
        const auto answer = client.get();
        CAPTURE(answer ? "" : answer.error().message);
        REQUIRE(answer.has_value());
        CHECK(answer->body == c.body);
      }
      CHECK(server->connections() == (c.reusable ? 1 : 2));
    }
  }
}

}  // namespace anthropic_metrics::net::test
