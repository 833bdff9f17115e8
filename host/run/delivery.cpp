// SPDX-License-Identifier: Apache-2.0
#include "run/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "outputs/route.hpp"
#include "plugin_text.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One that is written, and one that was read meanwhile. More would only take memory.
constexpr std::size_t most_taken = 2;

}  // namespace

Delivery::Delivery(const std::vector<StreamTarget>& targets, const beat_plugin_api& api, Sink& sink,
                   Workers& workers, const Task& owner, SeenFile& seen, RetryPause pause,
                   const InstanceEvents& events, Say say)
    : targets_(targets),
      api_(api),
      sink_(sink),
      workers_(workers),
      owner_(owner),
      seen_(seen),
      events_(events),
      say_(std::move(say)),
      copies_(sink.copies() && !events.documents && api.release != nullptr),
      retry_(pause) {}

Delivery::~Delivery() {
  stop();
  while (!wait_over(until_woken)) {
  }
}

void Delivery::take(const beat_batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({batch.id, &batch});
    if (std::exchange(at_work_, true)) return;
  }
  (void)workers_.add(*this, -1);  // cannot fail without a descriptor
}

std::optional<milliseconds> Delivery::pause() const {
  const std::lock_guard lock(mutex_);
  // While the output takes nothing there is no use in reading ahead.
  const std::size_t most = failing_ ? 1 : most_taken;
  if (!owed_.empty() || queue_.size() >= most) return until_woken;
  if (copies_ && !queue_.empty() && !queue_.back().copied) return until_woken;
  return left_of_rest();
}

std::optional<milliseconds> Delivery::left_of_rest() const {
  const auto now = Clock::now();
  if (now >= rest_until_) return std::nullopt;
  return std::chrono::ceil<milliseconds>(rest_until_ - now);
}

bool Delivery::idle() const {
  const std::lock_guard lock(mutex_);
  return !at_work_;
}

void Delivery::stop() {
  stop_.request_stop();
  workers_.wake(*this);
}

bool Delivery::wait_over(milliseconds longest) {
  return workers_.wait_over(*this, longest);
}

OutputState Delivery::output_state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Next Delivery::take_turn(Turn&) {
  while (const auto pause = work())
    if (*pause > milliseconds(0)) return {*pause};
  if (events_.changed) events_.changed();
  workers_.wake(owner_);
  return {.over = true};
}

// What is done first goes first: an acknowledgement, then the oldest batch.
std::optional<milliseconds> Delivery::work() {
  Taken taken;
  Owed owed;
  {
    const std::lock_guard lock(mutex_);
    if (stop_.stop_requested()) queue_.clear();
    at_work_ = !owed_.empty() || !queue_.empty();
    if (!at_work_) return std::nullopt;
    if (owed_.empty()) {
      // A poll that had begun before the output refused something may have brought it.
      if (const auto rest = left_of_rest()) return rest;
      taken = queue_.front();
    } else {
      owed = owed_.front();
    }
  }
  if (taken.id == 0) return acknowledge(owed);
  deliver(taken);
  return milliseconds(0);
}

// Write, then acknowledge, never the other way round.
void Delivery::deliver(const Taken& taken) {
  const beat_batch& batch = *taken.batch;
  const std::vector<StreamTarget> targets = targets_in(batch, targets_);
  const WrittenCount::Sums sums = WrittenCount::sums_of(batch, targets_.size());
  Writing writing{stop_.get_token()};
  if (copies_) writing.copied = [this] { copied(); };
  const auto written = sink_.write(batch, targets, writing);
  if (!written) return failed(written.error());
  if (written->again) return give_back_all();
  if (failing_.exchange(false)) say_(LogLevel::info, "the output accepts documents again");
  retry_.reset();
  told_cause_.clear();
  seen_.written(taken.id);
  count_.add(sums, targets_);
  if (events_.written) events_.written(sums, targets);
  if (events_.documents) events_.documents(batch, targets);

  std::string remark = sink_.report().remark;
  const auto health = remark.empty() ? OutputState::Health::healthy : OutputState::Health::degraded;
  const std::lock_guard lock(mutex_);
  state_ = {health, std::move(remark)};
  queue_.pop_front();
  owed_.push_back({taken.id, BEAT_ACK_DURABLE, written->rejected});
}

void Delivery::copied() {
  beat_batch_id id = 0;
  {
    const std::lock_guard lock(mutex_);
    queue_.front().copied = true;
    id = queue_.front().id;
  }
  (void)api_.release(instance_, id);  // if it fails the memory goes with the ack
  workers_.wake(owner_);
}

void Delivery::failed(const Failure& failure) {
  if (!stop_.stop_requested()) {
    const std::string_view state = failure.lasting ? "now failed: " : "now degraded: ";
    tell_once(std::string(state) + failure.lines.front());
    const std::lock_guard lock(mutex_);
    state_ = {failure.lasting ? OutputState::Health::failed : OutputState::Health::degraded,
              failure.lines.front()};
  }
  failed_for_good_ = !failure.passes;
  failing_ = true;
  give_back_all();
  rest(failure.lasting ? retry_.last() : retry_.next());
}

// The plugin puts what comes again before all others, so the newest goes first.
void Delivery::give_back_all() {
  const std::lock_guard lock(mutex_);
  for (auto taken = queue_.rbegin(); taken != queue_.rend(); ++taken)
    owed_.push_back({taken->id, BEAT_ACK_RETRY});
  queue_.clear();
}

// Repeats an acknowledgement that the plugin could not store; gives up only when stopping, and then
// the same documents come again after the next start.
milliseconds Delivery::acknowledge(const Owed& owed) {
  beat_ack_args args{};
  args.struct_size = sizeof(args);
  args.outcome = owed.outcome;
  args.rejected = owed.rejected.data();
  args.rejected_count = owed.rejected.size();
  const beat_status status = api_.ack(instance_, owed.batch, &args);
  if (status < 0) {
    tell_once(fmt::format("acknowledging failed ({}): {}", status, last_error_of(api_, instance_)));
    const bool passes = status == BEAT_E_STATE || status == BEAT_E_NOMEM;
    if (passes && !stop_.stop_requested()) return retry_.next();
  }
  {
    const std::lock_guard lock(mutex_);
    owed_.pop_front();
  }
  if (events_.changed) events_.changed();
  workers_.wake(owner_);
  return milliseconds(0);
}

void Delivery::rest(milliseconds pause) {
  const std::lock_guard lock(mutex_);
  rest_until_ = Clock::now() + pause;
}

void Delivery::tell_once(const std::string& cause) {
  if (cause == told_cause_) return;
  told_cause_ = cause;
  say_(LogLevel::error, cause);
}

}  // namespace anthropic_metrics::host
