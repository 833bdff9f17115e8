// SPDX-License-Identifier: Apache-2.0
#include "collect/history_part.hpp"

#include <utility>

namespace anthropic_metrics {

void HistoryParts::abandon() {
  abandoned_ = true;
  std::erase_if(parts_, [](const auto& part) { return part->is_over(); });
  history_.moved().open_all();
  history_.gone().open_all();
}

void HistoryParts::ended(const HistoryPart& part) {
  if (!abandoned_) return;
  std::erase_if(parts_, [&](const auto& one) { return one.get() == &part; });
  history_.moved().open_all();
}

boost::asio::awaitable<bool> HistoryPart::turn() const {
  const auto& parts = all_->parts();
  while (!abandoned() && (parts.empty() || parts.front().get() != this))
    co_await history().moved().wait();
  co_return !abandoned();
}

void HistoryPart::over(Outcome<WindowReading> read, std::exception_ptr escaped) {
  read_ = std::move(read);
  escaped_ = std::move(escaped);
  over_ = true;
  history().moved().open_all();
}

Outcome<WindowReading> HistoryPart::result() const {
  if (escaped_) std::rethrow_exception(escaped_);
  return read_;
}

}  // namespace anthropic_metrics
