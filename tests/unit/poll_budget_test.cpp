// SPDX-License-Identifier: Apache-2.0
// How long a poll may work, counted in processor time, which a busy machine does not lengthen.
#include <time.h>

#include <algorithm>
#include <catch2/generators/catch_generators.hpp>

#include "waiting_instance.hpp"

namespace anthropic_metrics {
namespace {

using test::WaitingInstance;

std::chrono::nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// Everything has arrived before it is asked for: the organization's name, and of each report
/// `pieces` pieces that say nothing.
class InstantTransport final : public net::Transport {
 public:
  explicit InstantTransport(int pieces) : pieces_(pieces) {}
  boost::asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(
      net::Request request) override {
    const bool who = request.target == "/v1/organizations/me";
    std::unique_ptr<net::Exchange> answer = std::make_unique<Answer>(who ? 0 : pieces_);
    co_return Result<std::unique_ptr<net::Exchange>>(std::move(answer));
  }
  bool lookup_running() const noexcept override { return false; }
  void cancel() override {}
  bool unverified() const noexcept override { return false; }

 private:
  class Answer final : public net::Exchange {
   public:
    explicit Answer(int blanks) : left_(blanks + 1), report_(blanks > 0) {}
    const net::ResponseHead& head() const noexcept override { return head_; }
    boost::asio::awaitable<Result<std::string_view>> read() override {
      if (left_ == 0) co_return std::string_view();
      if (--left_ > 0) co_return std::string_view(blanks_);
      co_return std::string_view(report_ ? R"({"data":[],"has_more":false,"next_page":null})"
                                         : R"({"id":"organization"})");
    }

   private:
    int left_;
    bool report_;
    const std::string blanks_ = std::string(64 * 1024, ' ');
    const net::ResponseHead head_{200, {{"Date", "Tue, 01 Sep 2026 12:30:00 GMT"}}};
  };
  int pieces_;
};

TEST_CASE("a poll ends with its budget although all that it reads is there already") {
  static constexpr int pieces = 40'000;
  WaitingInstance instance(0, 1, R"(,"streams":{"cost":{"enabled":false},
      "rate_limit":{"enabled":false},"health":{"enabled":false},
      "spend_limit":{"enabled":false},"workspace":{"enabled":false},"api_key":{"enabled":false}})",
                           [](boost::asio::io_context&) -> std::unique_ptr<net::Transport> {
                             return std::make_unique<InstantTransport>(pieces);
                           });
  const auto budget = GENERATE(0u, 20u);
  CAPTURE(budget);
  std::chrono::nanoseconds longest{0};
  int polls = 0;
  beat_poll_result result{};
  do {
    const auto begun = processor_time();
    REQUIRE(instance.poll(budget, result) == BEAT_IDLE);
    longest = std::max(longest, processor_time() - begun);
    polls += result.next_poll_ms == 0 ? 1 : 0;
    instance.pass(Milliseconds(result.next_poll_ms));
  } while (result.next_poll_ms < 10'000);
  CAPTURE(instance->status_json());
  CHECK(longest < std::chrono::milliseconds(120));
  CHECK(polls > 3);  // And what one began the next went on with.
}

}  // namespace
}  // namespace anthropic_metrics
