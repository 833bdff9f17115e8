// SPDX-License-Identifier: Apache-2.0
// When the bodies of a window's pages may be read, and how.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <utility>

#include "base/error.hpp"
#include "collect/broken_rows.hpp"
#include "collect/history_part.hpp"

namespace anthropic_metrics {

class BodyTurn {
 public:
  /// Both borrowed. part: null if the window is none of history; then it is its turn already.
  explicit BodyTurn(BrokenRows& broken, const HistoryPart* part = nullptr)
      : broken_(broken), part_(part) {}

  /// Returns once the window's bodies may be read; Errc::cancelled if nobody wants them any more.
  boost::asio::awaitable<Result<void>> come() {
    if (part_ != nullptr) {
      const bool mine = co_await part_->turn();
      if (!mine)
        co_return Error{Errc::cancelled, "a newer window of history was not read to its end"};
    }
    // Windows are asked for together and read one after another.
    if (!std::exchange(begun_, true)) broken_.begin();
    co_return success();
  }
  /// Whether this page is to be read past rows that are no JSON.
  bool past_broken() const { return broken_.set_aside(); }
  const HistoryPart* part() const { return part_; }

 private:
  BrokenRows& broken_;
  const HistoryPart* part_;
  bool begun_ = false;
};

}  // namespace anthropic_metrics
