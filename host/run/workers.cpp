// SPDX-License-Identifier: Apache-2.0
#include "run/workers.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

// A thread that nobody needs ends after this.
constexpr std::chrono::seconds longest_idle{5};
constexpr unsigned most_at_once = 4;
constexpr std::uint64_t bell_number = 0;

unsigned processors() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, most_at_once);
}

}  // namespace

void Turn::drop_descriptor() {
  const std::lock_guard lock(workers_.mutex_);
  int& descriptor = workers_.places_.at(number_).descriptor;
  if (descriptor >= 0) ::epoll_ctl(workers_.epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  descriptor = -1;
}

Workers::Workers(unsigned at_once)
    : at_once_(at_once == 0 ? processors() : at_once),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = bell_number;
  if (!epoll_.is_open() || !bell_.is_open() ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot wait for inputs");
}

Workers::~Workers() {
  Lock lock(mutex_);
  closing_ = true;
  idle_.notify_all();
  ring();
  over_.wait(lock, [&] { return threads_.empty(); });
  for (std::thread& thread : ended_) thread.join();
}

Result<void> Workers::add(Task& task, int descriptor) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = ++numbers_;
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.u64 = number;
  if (descriptor >= 0 && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    return Failure{ExitCode::internal,
                   {std::string("cannot wait for the plugin: ") + std::strerror(errno)}};
  places_[number] = {&task, descriptor, descriptor >= 0, Clock::now()};
  call_another();
  return {};
}

void Workers::wake(const Task& task) {
  const std::lock_guard lock(mutex_);
  const auto place = find(task);
  if (place == places_.end()) return;
  if (place->second.busy) {
    place->second.woken = true;
    return;
  }
  place->second.due = Clock::now();
  call_another();
}

bool Workers::wait_over(const Task& task, std::chrono::milliseconds longest) {
  Lock lock(mutex_);
  return over_.wait_for(lock, longest, [&] { return find(task) == places_.end(); });
}

std::size_t Workers::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

Workers::Places::iterator Workers::find(const Task& task) {
  return std::find_if(places_.begin(), places_.end(),
                      [&](const auto& place) { return place.second.task == &task; });
}

bool Workers::may_have_turn(const Place& place) const {
  return !place.busy && (!place.counts || counted_ < at_once_);
}

bool Workers::is_alone(const Place& place) const {
  return !place.counts || std::count_if(places_.begin(), places_.end(),
                                        [](const auto& other) { return other.second.counts; }) == 1;
}

Workers::Places::iterator Workers::first_due() {
  auto first = places_.end();
  const auto now = Clock::now();
  for (auto place = places_.begin(); place != places_.end(); ++place) {
    if (place->second.due > now || !may_have_turn(place->second)) continue;
    if (first == places_.end() || place->second.due < first->second.due) first = place;
  }
  return first;
}

void Workers::call_another() {
  if (waiting_ > 0) return idle_.notify_one();
  if (leading_) return ring();
  if (beginning_ > 0) return;
  for (std::thread& thread : ended_) thread.join();
  ended_.clear();
  threads_.emplace_back();
  const auto self = std::prev(threads_.end());
  try {
    *self = std::thread(&Workers::work, this, self);
    ++beginning_;
  } catch (const std::system_error&) {
    threads_.erase(self);
    // Those that there are come to it later.
    if (threads_.empty()) throw;
  }
}

void Workers::work(std::list<std::thread>::iterator self) {
  Lock lock(mutex_);
  --beginning_;
  while (true) {
    if (const auto place = first_due(); place != places_.end()) {
      take(place, lock);
      continue;
    }
    if (closing_) break;
    if (!leading_) {
      lead(lock);
      continue;
    }
    ++waiting_;
    const auto woken = idle_.wait_for(lock, longest_idle);
    --waiting_;
    if (woken == std::cv_status::timeout && leading_ && first_due() == places_.end()) break;
  }
  ended_.splice(ended_.end(), threads_, self);
  over_.notify_all();
}

void Workers::take(Places::iterator at, Lock& lock) {
  const std::uint64_t number = at->first;
  Place& place = at->second;
  place.busy = true;
  place.watched = place.woken = false;
  Turn turn(*this, number, is_alone(place));
  const bool counts = place.counts;
  if (counts) ++counted_;
  if (counts ? first_due() != places_.end() : places_.size() > 1) call_another();
  lock.unlock();
  const Next next = place.task->take_turn(turn);
  lock.lock();
  if (counts) --counted_;
  if (next.over) {
    places_.erase(number);
    over_.notify_all();
    return;
  }
  place.busy = false;
  place.due = Clock::now() + (place.woken ? std::chrono::milliseconds(0) : next.pause);
  if (next.until_readable && place.descriptor >= 0) watch(number, place);
  if (leading_ && place.due < leads_until_) ring();
}

void Workers::watch(std::uint64_t number, Place& place) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = number;
  place.watched = ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, place.descriptor, &event) == 0;
}

void Workers::lead(Lock& lock) {
  constexpr std::chrono::hours longest{1};
  leads_until_ = Clock::now() + longest;
  for (const auto& [number, place] : places_)
    if (may_have_turn(place)) leads_until_ = std::min(leads_until_, place.due);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(leads_until_ - Clock::now());
  leading_ = true;
  lock.unlock();
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                   static_cast<int>(std::max<std::chrono::milliseconds::rep>(wait.count(), 0)));
  lock.lock();
  leading_ = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t number = events.at(static_cast<std::size_t>(i)).data.u64;
    if (number == bell_number) {
      eventfd_t rung = 0;
      (void)::eventfd_read(bell_.get(), &rung);
      continue;
    }
    const auto place = places_.find(number);
    if (place == places_.end() || !place->second.watched) continue;
    place->second.watched = false;
    place->second.due = Clock::now();
  }
}

void Workers::ring() const {
  (void)::eventfd_write(bell_.get(), 1);
}

}  // namespace anthropic_metrics::host
