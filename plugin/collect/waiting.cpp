// SPDX-License-Identifier: Apache-2.0
#include "collect/waiting.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// Waits until the timer is cancelled: nobody but us sets these timers off.
asio::awaitable<void> until_cancelled(asio::steady_timer& timer) {
  timer.expires_at(asio::steady_timer::time_point::max());
  const auto outcome = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  static_cast<void>(outcome);
}

/// Takes an element out of a container when the wait ends, also when the coroutine is destroyed.
template <class F>
class AtExit {
 public:
  explicit AtExit(F f) : f_(std::move(f)) {}
  AtExit(const AtExit&) = delete;
  AtExit& operator=(const AtExit&) = delete;
  ~AtExit() { f_(); }

 private:
  F f_;
};

}  // namespace

asio::awaitable<void> Sleeper::let_others_go() {
  asio::steady_timer timer(*loop_, asio::steady_timer::time_point::min());
  const auto outcome = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  static_cast<void>(outcome);
}

asio::awaitable<void> Sleeper::until(Monotonic due) {
  if (due <= clock_->monotonic()) co_return;
  asio::steady_timer timer(*loop_);
  const auto place = waiting_.emplace(due, &timer);
  const AtExit leave([&] { waiting_.erase(place); });
  co_await until_cancelled(timer);
}

asio::awaitable<void> Sleeper::until(Monotonic due, Gate& or_open) {
  if (due <= clock_->monotonic()) co_return;
  asio::steady_timer timer(*loop_);
  const auto place = waiting_.emplace(due, &timer);
  const AtExit leave([&] { waiting_.erase(place); });
  auto& others = or_open.waiting_;
  others.push_back(&timer);
  const AtExit leave_gate([&] { others.erase(std::find(others.begin(), others.end(), &timer)); });
  co_await until_cancelled(timer);
}

void Sleeper::wake_due() {
  const Monotonic now = clock_->monotonic();
  for (const auto& [due, timer] : waiting_) {
    if (due > now) break;
    timer->cancel();
  }
}

std::optional<Monotonic> Sleeper::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

asio::awaitable<void> Gate::wait() {
  asio::steady_timer timer(*loop_);
  waiting_.push_back(&timer);
  const AtExit leave([&] { waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &timer)); });
  co_await until_cancelled(timer);
}

void Gate::open_all() {
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

asio::awaitable<Turnstile::Turn> Turnstile::enter() {
  if (free_ > 0) {
    --free_;
  } else {
    asio::steady_timer timer(*loop_);
    queue_.push_back(&timer);
    const AtExit leave([&] {
      const auto place = std::find(queue_.begin(), queue_.end(), &timer);
      if (place != queue_.end()) queue_.erase(place);
    });
    co_await until_cancelled(timer);  // release() leaves us its place.
  }
  co_return Turn(*this);
}

void Turnstile::resize(int places) {
  const int more = places - std::exchange(places_, places);
  if (more < 0) free_ += more;
  for (int i = 0; i < more; ++i) release();
}

void Turnstile::release() {
  if (free_ < 0 || queue_.empty()) {
    ++free_;
    return;
  }
  asio::steady_timer* next = queue_.front();
  queue_.pop_front();
  next->cancel();
}

}  // namespace anthropic_metrics
