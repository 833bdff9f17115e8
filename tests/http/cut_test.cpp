// SPDX-License-Identifier: Apache-2.0
// The wire cut at every octet: of the TLS handshake in both directions, of the request as it
// arrives, of the answer's records. By FIN, by RST, by silence. Every cut is an error that passes,
// no half answer is taken for a whole one, no key leaves before the handshake is over, and the next
// request succeeds.
#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "client.hpp"
#include "cut_server.hpp"
#include "recordings.hpp"

namespace anthropic_metrics::http::test {
namespace {

using namespace std::chrono_literals;
const std::string host = "api.example.test";

/// A transport and the server it talks to, on one loop.
struct Line {
  explicit Line(int tls_version) : server(loop, tls_version, host) {
    HttpSettings settings =
        tls_version == 0 ? plain_settings(server.port()) : settings_for(host, server.port());
    // Only silence runs into these; the others take no time.
    settings.deadlines.connect = 10s;
    settings.deadlines.handshake = silence;
    settings.deadlines.first_byte = silence;
    settings.deadlines.least_octets_within = silence;
    // No connection serves twice: each request has to reach the server with a plan of its own, also
    // after one that went through whole because its handshake was shorter than those measured.
    settings.idle_timeout = -1s;
    transport = std::move(
        BeastTransport::make(loop.get_executor(), std::move(settings), credential).value());
  }

  /// `count` requests at once, with `plan` of each. Ends when all have ended on both sides.
  template <class Plan>
  std::vector<Result<Answer>> get(std::size_t count, Plan plan) {
    std::vector<Result<Answer>> answers;
    std::size_t next = 0;
    while (answers.size() < count) {
      // One after the other until each is connected: connections then take their plans in order.
      const int before = server.accepted;
      server.plan = plan(next++);
      boost::asio::co_spawn(loop, fetch(*transport, Request{std::string(me), {}}),
                            [&](std::exception_ptr thrown, Result<Answer> answer) {
                              if (thrown) std::rethrow_exception(thrown);
                              answers.push_back(std::move(answer));
                            });
      while (server.accepted == before) loop.run_one();
      while (next == count && answers.size() < count) loop.run_one();
    }
    transport->close_idle();
    while (server.open() > 0) loop.run_one();
    return answers;
  }
  Result<Answer> get_one(const CutPlan& plan) {
    return std::move(get(1, [&](std::size_t) { return plan; }).front());
  }

  static constexpr auto silence = 500ms;
  boost::asio::io_context loop;
  CredentialSource credential{parse_credential(canary).value()};
  CutServer server;
  std::unique_ptr<BeastTransport> transport;
};

struct Counts {
  int handshake = 0, request = 0, answer = 0;
};

/// Cuts at every octet in [from, to), some at once.
void sweep(Line& line, CutPlan plan, std::size_t CutPlan::*offset, std::size_t from,
           std::size_t to) {
  const std::size_t at_once = plan.ending == Ending::stall ? 400 : 16;
  while (from < to) {
    const std::size_t count = std::min(at_once, to - from);
    const int before = line.server.cuts;
    const auto answers = line.get(count, [&](std::size_t i) {
      CutPlan mine = plan;
      mine.*offset = from + i;
      return mine;
    });
    CAPTURE(from, count, static_cast<int>(plan.ending));
    int failed = 0;
    for (const auto& answer : answers) {
      if (answer) {
        CHECK(answer->body == recorded_body);
        continue;
      }
      ++failed;
      CAPTURE(answer.error().message);
      CHECK(answer.error().code == Errc::transient);
      CHECK_FALSE(leaks(answer.error().message));
      if (plan.ending == Ending::stall)
        CHECK((answer.error().message.find("no progress") != std::string::npos ||
               answer.error().message.find("took too long") != std::string::npos));
    }
    CHECK(failed == line.server.cuts - before);
    // A handshake may be some octets shorter than those measured: its signature varies.
    CHECK(static_cast<int>(count) - failed <= 8);
    CHECK(line.server.early_octets == 0);
    CutPlan whole;
    whole.answer = plan.answer;
    const auto next = line.get_one(whole);
    REQUIRE(next.has_value());
    CHECK(next->body == recorded_body);
    from += count;
  }
}

/// All recordings over one protocol, ended in one way.
void cut_everywhere(int tls_version, Ending ending, Counts& counts) {
  Line line(tls_version);
  bool first = true;
  for (const std::string& recording : recordings()) {
    CutPlan plan;
    plan.answer = recording;
    // Signatures differ in length by some octets; the shortest of a few tells what is always there.
    std::size_t sent = SIZE_MAX, received = SIZE_MAX, begin = 0;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(line.get_one(plan).has_value());
      sent = std::min(sent, line.server.sent);
      received = std::min(received, line.server.received);
      begin = std::max(begin, line.server.sent_before_answer);
    }
    plan.ending = ending;
    if (first) {
      sweep(line, plan, &CutPlan::after_sent, 0, begin);
      sweep(line, plan, &CutPlan::after_received, 0, received);
      counts.handshake += static_cast<int>(begin);
      counts.request += static_cast<int>(received);
    }
    sweep(line, plan, &CutPlan::after_sent, begin, sent);
    counts.answer += static_cast<int>(sent - begin);
    first = false;
  }
}

void everywhere(Ending ending, const char* name) {
  Counts counts;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION, 0})
    cut_everywhere(version, ending, counts);
  std::cout << "wire cut by " << name << ": " << counts.handshake
            << " octets of handshakes as sent by the server, " << counts.request
            << " of handshakes and requests as sent by the client, " << counts.answer
            << " of answers\n";
  CHECK(counts.handshake + counts.request + counts.answer > 4000);
}

}  // namespace

TEST_CASE("the wire cut by FIN at every octet is survived") {
  everywhere(Ending::fin, "FIN");
}

TEST_CASE("the wire cut by RST at every octet is survived") {
  everywhere(Ending::reset, "RST");
}

TEST_CASE("the wire gone silent at every octet runs into a deadline") {
  everywhere(Ending::stall, "silence");
}

}  // namespace anthropic_metrics::http::test
