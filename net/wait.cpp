// SPDX-License-Identifier: Apache-2.0
#include "net/wait.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <tuple>

namespace anthropic_metrics::net {

namespace asio = boost::asio;

void StopList::stop() {
  stopped_ = true;
  for (Stoppable* member : members_) member->on_stop();
}

Stoppable::Stoppable(std::shared_ptr<StopList> list) : list_(std::move(list)) {
  list_->members_.push_back(this);
}

Stoppable::~Stoppable() {
  std::erase(list_->members_, this);
}

Waiter::Waiter(const asio::any_io_executor& executor, std::shared_ptr<StopList> list)
    : Stoppable(std::move(list)), timer_(executor) {}

asio::awaitable<Wake> Waiter::wait(std::chrono::steady_clock::duration limit) {
  if (stopped()) co_return Wake::stopped;
  if (woken_) co_return Wake::event;
  timer_.expires_after(limit);
  const std::tuple<boost::system::error_code> waited =
      co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (stopped()) co_return Wake::stopped;
  if (woken_) co_return Wake::event;
  co_return std::get<0>(waited) ? Wake::stopped : Wake::deadline;
}

void Waiter::wake() {
  woken_ = true;
  timer_.cancel();
}

void Waiter::on_stop() {
  timer_.cancel();
}

}  // namespace anthropic_metrics::net
