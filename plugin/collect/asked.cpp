// SPDX-License-Identifier: Apache-2.0
//
// A note has a line for each window: lane, start and end, in seconds since 1970.
#include "collect/asked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/time_text.hpp"
#include "ledger/seconds.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t most_windows = 16;

bool overlap(const streams::Window& a, const streams::Window& b) {
  return a.start < b.end && b.start < a.end;
}

std::string note_name(std::string_view stream) {
  return fmt::format("asked {}", stream);
}

}  // namespace

Asked::Asked(boost::asio::io_context& loop, ledger::Ledger& ledger, Delivery& delivery,
             std::function<void()> on_ask)
    : ledger_(ledger), delivery_(delivery), on_ask_(std::move(on_ask)), bell_(loop) {}

Result<void> Asked::ask(Window window, Telling* telling) {
  {
    const std::lock_guard lock(mutex_);
    if (windows_.size() >= most_windows)
      return Error{Errc::busy,
                   fmt::format("{} windows wait to be read; poll, and ask again", windows_.size())};
    if (telling != nullptr)
      if (auto may = may_tell(window); !may) return may;
    window.number = ++numbers_;
    windows_.push_back(window);
    if (telling != nullptr) {
      if (ledger_.durable()) {
        telling->told.note = note_name(window.stream);
        telling->told.note_text = note_of(window.stream);
      }
      if (auto told = ledger_.tell(telling->told, telling->batches); !told) {
        windows_.pop_back();
        return told;
      }
      delivery_.add(std::move(telling->batches));
    }
  }
  if (on_ask_) on_ask_();
  return success();
}

Result<void> Asked::may_tell(const Window& window) const {
  const auto is_read = [&](std::int64_t lane, const streams::Window& time) {
    return lane == window.lane && overlap(time, window.time);
  };
  const std::string named =
      fmt::format("{} from {} to {}", window.stream, format_rfc3339(window.time.start),
                  format_rfc3339(window.time.end));
  if (std::any_of(readings_.begin(), readings_.end(),
                  [&](const Reading* one) { return is_read(one->lane_, one->time_); }))
    return Error{Errc::busy, named + " is being read just now; poll, and ask again"};
  if (std::any_of(windows_.begin(), windows_.end(),
                  [&](const Window& one) { return is_read(one.lane, one.time); }))
    return Error{Errc::busy, named + " waits to be read already; poll, and ask again"};
  const auto held = delivery_.holds(window.stream, window.time.start, window.time.end);
  if (!held) return held.error();
  if (*held)
    return Error{Errc::busy, "documents of " + named +
                                 " wait for delivery; deliver them, look what the store holds, and "
                                 "ask again"};
  return success();
}

Asked::Progress Asked::progress() const {
  const std::lock_guard lock(mutex_);
  Progress progress = progress_;
  progress.waiting = static_cast<std::uint32_t>(windows_.size());
  return progress;
}

std::string Asked::note_of(std::string_view stream) const {
  std::string text;
  for (const Window& window : windows_)
    if (window.stream == stream && window.kind == Kind::told)
      text += fmt::format("{} {} {}\n", window.lane, ledger::seconds(window.time.start),
                          ledger::seconds(window.time.end));
  return text;
}

Result<void> Asked::recover(const std::string& stream) {
  auto note = ledger_.note(note_name(stream));
  if (!note) return note.error();
  const std::lock_guard lock(mutex_);
  std::istringstream lines(*note);
  std::int64_t lane = 0, start = 0, end = 0;
  while (lines >> lane >> start >> end)
    windows_.push_back({++numbers_,
                        stream,
                        lane,
                        {ledger::instant(start), ledger::instant(end)},
                        Kind::told,
                        false});
  return success();
}

std::uint64_t Asked::newest(std::string_view stream) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t newest = 0;
  for (const Window& window : windows_)
    if (window.stream == stream) newest = std::max(newest, window.number);
  return newest;
}

std::optional<Asked::Window> Asked::next(std::string_view stream) {
  const std::lock_guard lock(mutex_);
  const auto first = std::find_if(windows_.begin(), windows_.end(),
                                  [&](const Window& window) { return window.stream == stream; });
  if (first == windows_.end()) return std::nullopt;
  const Window found = *first;
  first->begun = true;
  return found;
}

Result<void> Asked::done(const Window& window, Instant reached) {
  const std::lock_guard lock(mutex_);
  if (auto removed = remove(window); !removed) return removed;
  ++progress_.done;
  progress_.reached = reached;
  return success();
}

Result<void> Asked::give_up(const Window& window) {
  const std::lock_guard lock(mutex_);
  if (auto removed = remove(window); !removed) return removed;
  ++progress_.failed;
  return success();
}

Result<void> Asked::remove(const Window& window) {
  const auto at = std::find_if(windows_.begin(), windows_.end(),
                               [&](const Window& one) { return one.number == window.number; });
  if (at == windows_.end()) return success();
  std::list<Window> removed;
  removed.splice(removed.begin(), windows_, at);
  if (window.kind != Kind::told || !ledger_.durable()) return success();
  auto noted = ledger_.set_note(note_name(window.stream), note_of(window.stream));
  if (!noted) windows_.splice(windows_.begin(), removed);
  return noted;
}

Asked::Reading::Reading(Asked& asked, std::int64_t lane, const streams::Window& time)
    : asked_(asked), lane_(lane), time_(time) {
  const std::lock_guard lock(asked_.mutex_);
  asked_.readings_.push_back(this);
}

Asked::Reading::~Reading() {
  const std::lock_guard lock(asked_.mutex_);
  asked_.readings_.remove(this);
}

}  // namespace anthropic_metrics
