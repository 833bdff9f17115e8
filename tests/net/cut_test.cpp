// SPDX-License-Identifier: Apache-2.0
// The wire cut at every octet: of the TLS handshake in both directions, of the request as it
// arrives, of the answer's records. By FIN, by RST, by silence. Every cut is an error that passes,
// no half answer is taken for a whole one, no key leaves before the handshake is over, and the next
// request succeeds.
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "client.hpp"
#include "cut_server.hpp"
#include "recordings.hpp"

namespace anthropic_metrics::net::test {
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
    settings.idle_connections = 0;  // every request has a connection, and so a plan, of its own
    transport = HttpsTransport::make(loop.get_executor(), std::move(settings), credential).value();
  }

  /// A request per plan, at most so many of them at once. Ends when all have ended on both sides.
  std::vector<Result<Answer>> get(const std::vector<CutPlan>& plans, std::size_t at_once) {
    std::vector<Result<Answer>> answers(plans.size(), Error{Errc::transient, "never ended"});
    std::size_t ended = 0;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      while (i - ended >= at_once) loop.run_one();
      // One after the other until each is connected: connections then take their plans in order.
      const int before = server.accepted;
      server.plan = plans[i];
      boost::asio::co_spawn(loop, fetch(*transport, Request{std::string(me), {}}),
                            [&, i](std::exception_ptr thrown, Result<Answer> answer) {
                              if (thrown) std::rethrow_exception(thrown);
                              answers[i] = std::move(answer);
                              ++ended;
                            });
      while (server.accepted == before) loop.run_one();
    }
    while (ended < plans.size() || server.open() > 0) loop.run_one();
    return answers;
  }

  static constexpr auto silence = 1s;
  boost::asio::io_context loop;
  api::CredentialSource credential{api::parse_credential(canary).value()};
  CutServer server;
  std::unique_ptr<HttpsTransport> transport;
};

/// How many stalls may wait side by side: each is two open files of the test's.
std::size_t stalls_at_once() {
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
  REQUIRE(files.rlim_cur > 200);
  return (files.rlim_cur - 100) / 2;
}

struct Counts {
  int handshake = 0, request = 0, answer = 0;
};

/// `plan` with its end at every octet in [from, to), and after some of these a request that nobody
/// cuts.
void add_cuts(std::vector<CutPlan>& plans, CutPlan plan, std::size_t CutPlan::*offset,
              std::size_t from, std::size_t to) {
  for (; from < to; ++from) {
    plan.*offset = from;
    plans.push_back(plan);
    if (from % 16 != 15 && from + 1 != to) continue;
    CutPlan whole;
    whole.answer = plan.answer;
    plans.push_back(whole);
  }
}

void run(Line& line, const std::vector<CutPlan>& plans, std::size_t at_once) {
  const auto answers = line.get(plans, at_once);
  int failed = 0, whole_after_all = 0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const CutPlan& plan = plans[i];
    const auto& answer = answers[i];
    const bool cut = plan.after_sent != CutPlan::never || plan.after_received != CutPlan::never;
    CAPTURE(static_cast<int>(plan.ending), plan.after_sent, plan.after_received, plan.answer,
            answer ? std::string() : answer.error().message);
    if (answer) {
      whole_after_all += cut ? 1 : 0;
      CHECK(answer->body == recorded_body);
      continue;
    }
    REQUIRE(cut);
    ++failed;
    CHECK(answer.error().code == Errc::transient);
    CHECK_FALSE(leaks(answer.error().message));
    if (plan.ending == Ending::stall)
      CHECK((answer.error().message.find("no progress") != std::string::npos ||
             answer.error().message.find("took too long") != std::string::npos));
  }
  CHECK(failed == line.server.cuts);
  // A handshake may be some octets shorter than those measured: its signature varies.
  CHECK(whole_after_all <= 8);
  CHECK(line.server.early_octets == 0);
}

/// All recordings over one protocol, ended in one way.
void cut_everywhere(int tls_version, Ending ending, Counts& counts) {
  Line line(tls_version);
  std::vector<CutPlan> plans;
  for (const std::string& recording : recordings()) {
    CutPlan plan;
    plan.answer = recording;
    // Signatures differ in length by some octets; the shortest of a few tells what is always there.
    std::size_t sent = SIZE_MAX, received = SIZE_MAX, begin = 0;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(line.get({plan}, 1).front().has_value());
      sent = std::min(sent, line.server.sent);
      received = std::min(received, line.server.received);
      begin = std::max(begin, line.server.sent_before_answer);
    }
    plan.ending = ending;
    if (plans.empty()) {  // what precedes the answer is the same for all
      add_cuts(plans, plan, &CutPlan::after_sent, 0, begin);
      add_cuts(plans, plan, &CutPlan::after_received, 0, received);
      counts.handshake += static_cast<int>(begin);
      counts.request += static_cast<int>(received);
    }
    add_cuts(plans, plan, &CutPlan::after_sent, begin, sent);
    counts.answer += static_cast<int>(sent - begin);
  }
  run(line, plans, ending == Ending::stall ? stalls_at_once() : 16);
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

}  // namespace anthropic_metrics::net::test
