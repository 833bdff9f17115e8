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

/// An answer of the API that has arrived: as many pieces that say nothing, then the text.
class Arrived final : public net::Exchange {
 public:
  explicit Arrived(std::string_view text, int blanks = 0) : text_(text), blanks_(blanks) {}
  const net::ResponseHead& head() const noexcept override { return head_; }
  boost::asio::awaitable<Result<std::string_view>> read() override {
    if (blanks_-- > 0) co_return std::string_view(blank_);
    co_return std::exchange(text_, {});
  }

 private:
  std::string_view text_;
  int blanks_;
  const std::string blank_ = std::string(64 * 1024, ' ');
  const net::ResponseHead head_{200, {{"Date", "Tue, 01 Sep 2026 12:30:00 GMT"}}};
};

constexpr std::string_view organization = R"({"id":"organization"})";

/// Everything has arrived before it is asked for: the organization's name, and of each report
/// `pieces` pieces that say nothing.
class InstantTransport final : public net::Transport {
 public:
  explicit InstantTransport(int pieces) : pieces_(pieces) {}
  boost::asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(
      net::Request request) override {
    const bool who = request.target == "/v1/organizations/me";
    std::unique_ptr<net::Exchange> answer =
        who ? std::make_unique<Arrived>(organization)
            : std::make_unique<Arrived>(R"({"data":[],"has_more":false,"next_page":null})",
                                        pieces_);
    co_return Result<std::unique_ptr<net::Exchange>>(std::move(answer));
  }
  bool lookup_running() const noexcept override { return false; }
  void cancel() override {}
  bool unverified() const noexcept override { return false; }

 private:
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

/// Tells the organization's name and, the first time, an hour of a report; the next report is on
/// its way for a while.
class LateTransport final : public net::Transport {
 public:
  LateTransport(boost::asio::io_context& loop, bool& late) : loop_(&loop), late_(&late) {}
  boost::asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(
      net::Request request) override {
    const bool who = request.target == "/v1/organizations/me";
    if (!who && reports_++ > 0) {
      boost::asio::steady_timer timer(*loop_, std::chrono::seconds(5));
      static_cast<void>(
          co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
      *late_ = true;
    }
    std::unique_ptr<net::Exchange> answer = std::make_unique<Arrived>(who ? organization : hour);
    co_return Result<std::unique_ptr<net::Exchange>>(std::move(answer));
  }
  bool lookup_running() const noexcept override { return false; }
  void cancel() override {}
  bool unverified() const noexcept override { return false; }

 private:
  static constexpr std::string_view hour =
      R"({"data":[{"starting_at":"2026-09-01T11:00:00Z","ending_at":"2026-09-01T12:00:00Z",)"
      R"("results":[{"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3}]}],)"
      R"("has_more":false,"next_page":null})";
  boost::asio::io_context* loop_;
  bool* late_;
  int reports_ = 0;
};

TEST_CASE("a poll hands out what is ready, and does not wait for what else is on its way") {
  bool late = false;
  WaitingInstance instance(0, 1, R"(,"streams":{"usage":{"initial_interval":"1h","settle":"0s",
      "backfill_from":"2026-08-01T00:00:00Z"},"cost":{"enabled":false},
      "rate_limit":{"enabled":false},"health":{"enabled":false},
      "spend_limit":{"enabled":false},"workspace":{"enabled":false},"api_key":{"enabled":false}})",
                           [&](boost::asio::io_context& loop) -> std::unique_ptr<net::Transport> {
                             return std::make_unique<LateTransport>(loop, late);
                           });
  beat_poll_result result{};
  for (int polls = 0; polls < 100 && result.batch == nullptr && !late; ++polls) {
    REQUIRE(instance.poll(60'000, result) >= 0);
    instance.pass(Milliseconds(result.next_poll_ms));
  }
  CAPTURE(instance->status_json());
  CHECK(result.batch != nullptr);
  CHECK_FALSE(late);
}

}  // namespace
}  // namespace anthropic_metrics
