// SPDX-License-Identifier: Apache-2.0
// One window of history among several that are read at once. They are asked for together and read
// one after another, newest first: what came early waits unread on its socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "collect/history.hpp"
#include "collect/outcome.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// What of a window was read and emitted.
struct WindowReading {
  Instant began{};    ///< Where the buckets that came began: the window's end if there was none.
  Instant reached{};  ///< Before the window's end if the API says that the rest is not complete.
};

class HistoryPart;

/// The windows under way, newest first. Shared with the coroutines that read them.
class HistoryParts {
 public:
  explicit HistoryParts(History& history) : history_(history) {}

  History& history() const { return history_; }
  std::deque<std::shared_ptr<HistoryPart>>& parts() { return parts_; }
  bool abandoned() const { return abandoned_; }
  /// None of them is read any further. They leave as they end.
  void abandon();
  /// The coroutine of one ended. What was read stays until it is taken, unless nobody will.
  void ended(const HistoryPart& part);

 private:
  History& history_;
  std::deque<std::shared_ptr<HistoryPart>> parts_;
  bool abandoned_ = false;
};

class HistoryPart {
 public:
  HistoryPart(std::shared_ptr<HistoryParts> all, streams::Window window)
      : all_(std::move(all)), window_(window) {}

  const streams::Window& window() const { return window_; }
  History& history() const { return all_->history(); }

  /// Returns once every newer window is read, or with false: then this one must not be.
  boost::asio::awaitable<bool> turn() const;
  bool abandoned() const { return all_->abandoned(); }

  /// What became of it. An exception instead is for whoever waits for the window.
  void over(Outcome<WindowReading> read, std::exception_ptr escaped);
  bool is_over() const { return over_; }
  /// Requires is_over(). Throws what escaped.
  Outcome<WindowReading> result() const;

 private:
  std::shared_ptr<HistoryParts> all_;
  streams::Window window_;
  bool over_ = false;
  Outcome<WindowReading> read_{WindowReading{}};
  std::exception_ptr escaped_;
};

}  // namespace anthropic_metrics
