// SPDX-License-Identifier: Apache-2.0
#include "run/instance.hpp"

#include <beat_wait.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "plugin_failure.hpp"
#include "plugin_text.hpp"
#include "run/history.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

std::string_view health_word(std::int32_t health) {
  switch (health) {
    case BEAT_HEALTH_STARTING:
      return "starting";
    case BEAT_HEALTH_HEALTHY:
      return "healthy";
    case BEAT_HEALTH_FAILED:
      return "failed";
    case BEAT_HEALTH_STOPPING:
      return "stopping";
    case BEAT_HEALTH_STOPPED:
      return "stopped";
    default:
      return "degraded";
  }
}

// What tells of the instance's work, from now on; -1: nothing, and its polls wait themselves.
int descriptor_of(const beat_plugin_api& api, beat_handle instance) {
  if (api.get_extension == nullptr) return -1;
  const auto* wait = static_cast<const beat_wait_api*>(api.get_extension(BEAT_WAIT_ID));
  std::int32_t descriptor = -1;
  if (!BEAT_HAS_FN(beat_wait_api, wait, descriptor) || wait->descriptor(instance, &descriptor) < 0)
    return -1;
  return descriptor;
}

}  // namespace

// The secrets follow from the configuration; the level can be changed at work.
bool InstanceSpec::operator==(const InstanceSpec& other) const {
  return id == other.id && config->same_as(*other.config) && same(output, other.output) &&
         targets == other.targets && audit == other.audit;
}

Instance::Instance(InstanceSpec spec, const beat_plugin_api& api, Sink& sink, Workers& workers,
                   Log& log, InstanceTiming timing, InstanceEvents events)
    : spec_(std::move(spec)),
      api_(api),
      sink_(sink),
      workers_(workers),
      log_(log),
      timing_(timing),
      events_(std::move(events)),
      level_(spec_.log_level),
      retry_(timing.first_retry, timing.longest_retry),
      standstill_(timing.standstill),
      seen_(spec_.output == nullptr ? "" : spec_.output->folder(), spec_.id),
      delivery_(spec_.targets, api, sink, workers, *this, seen_, retry_, events_,
                [this](LogLevel level, std::string_view text) { say(level, "host", text); }) {
  host_.struct_size = sizeof(host_);
  host_.abi_version = BEAT_ABI_VERSION;
  host_.ctx = this;
  host_.log = &Instance::on_log;
  host_.log_level = &Instance::on_log_level;
  host_.health = &Instance::on_health;
}

Instance::~Instance() {
  request_stop();
  while (!workers_.wait_over(*this, until_woken)) {
  }
}

Result<void> Instance::start() {
  std::array<char, 16 * 1024> error{};
  beat_init_args args{};
  args.struct_size = sizeof(args);
  args.host = &host_;
  const SecretText with_seen = [&] {
    const WipingFrees wiping;
    return spec_.config->expose(
        [&](std::string_view text) { return secret_text(seen_.add_to(text)); });
  }();
  args.instance_id = {spec_.id.data(), spec_.id.size()};
  args.err_buf = error.data();
  args.err_cap = error.size();
  const beat_status status = with_seen->expose([&](std::string_view config) {
    args.config_json = {config.data(), config.size()};
    return api_.init(&args, &handle_);
  });
  if (status < 0) {
    handle_ = 0;
    error.back() = '\0';
    return plugin_failure(status, spec_.id, error.data(), log_);
  }
  seen_.begin(this->status());
  delivery_.begin(handle_);
  auto added = workers_.add(*this, descriptor_of(api_, handle_));
  if (!added) api_.shutdown(handle_, 0);
  return added;
}

void Instance::request_stop() {
  stop_ = true;
  delivery_.stop();
  if (handle_ != 0) api_.cancel(handle_);
  workers_.wake(*this);
}

bool Instance::wait_stopped(std::chrono::milliseconds longest) {
  // It is over only after its delivery has said so; that one's last turn is about to end then.
  return workers_.wait_over(*this, longest) && delivery_.wait_over(longest);
}

Next Instance::take_turn(Turn& turn) {
  if (stopping()) return shut_down(turn);
  if (stands_still()) return {until_woken};
  if (const auto pause = delivery_.pause()) return {*pause};
  const Next next = poll_once(turn);
  if (events_.changed) events_.changed();
  return next;
}

Next Instance::poll_once(Turn& turn) {
  beat_poll_args args{};
  args.struct_size = sizeof(args);
  args.budget_ms = turn.alone() ? timing_.poll_budget_ms : 0;
  beat_poll_result result{};
  result.struct_size = sizeof(result);
  const beat_status status = api_.poll(handle_, &args, &result);
  if (status == BEAT_E_CANCELLED) return {};  // request_stop; the next turn looks at it
  if (status < 0) {
    tell_once(LogLevel::error, fmt::format("poll failed ({}): {}", status, last_error()));
    return {retry_.next()};
  }
  if (result.batch != nullptr) {
    retry_.reset();
    told_cause_.clear();
    delivery_.take(*result.batch);
    return {};
  }
  judge_round(result);
  if ((result.flags & BEAT_POLL_MORE) != 0U) return {};
  // At least a millisecond: a plugin that always says "now" must not use up a processor.
  const auto delay = std::clamp<std::uint64_t>(result.next_poll_ms, 1, 3'600'000);
  return {std::chrono::milliseconds(delay), true};
}

std::uint64_t Instance::written(std::string_view stream) const {
  const auto target = std::find_if(spec_.targets.begin(), spec_.targets.end(),
                                   [&](const StreamTarget& one) { return one.name == stream; });
  return target == spec_.targets.end() ? 0 : delivery_.written(*target);
}

void Instance::judge_round(const beat_poll_result& result) {
  if (round_ == Round::done || result.in_flight != 0 || (result.flags & BEAT_POLL_MORE) != 0U)
    return;
  // Degraded although every stream is done: something about the state is told, or a stream is not
  // offered; no reason to wait.
  if (result.health == BEAT_HEALTH_HEALTHY ||
      (result.health == BEAT_HEALTH_DEGRADED && all_done(status()))) {
    round_ = Round::done;
  } else if (result.health == BEAT_HEALTH_FAILED &&
             (result.next_poll_ms >= 1000 ||
              standstill_.look(progress_in(status()), std::chrono::steady_clock::now()))) {
    // A shorter delay means that another stream is still at work; its documents shall not be left,
    // as long as some come.
    round_ = Round::refused;
  }
}

Next Instance::shut_down(Turn& turn) {
  turn.drop_descriptor();
  if (!delivery_.idle()) return {until_woken};  // it wakes this task at its end
  const auto budget = static_cast<std::uint32_t>(timing_.shutdown_budget.count());
  if (api_.shutdown(handle_, budget) != BEAT_E_TIMEOUT) return {.over = true};
  if (!std::exchange(told_busy_, true))
    say(LogLevel::warn, "host", "the plugin is still busy; waiting for it");
  return {timing_.shutdown_budget};
}

bool Instance::stands_still() {
  {
    const std::lock_guard lock(mutex_);
    if (!hold_) return false;
  }
  const bool nothing_left = delivered();
  const std::lock_guard lock(mutex_);
  return held_ = hold_ && nothing_left;
}

void Instance::hold() {
  {
    const std::lock_guard lock(mutex_);
    hold_ = true;
  }
  poll_now();
}

void Instance::go_on() {
  {
    const std::lock_guard lock(mutex_);
    hold_ = held_ = false;
  }
  poll_now();
}

bool Instance::is_held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

void Instance::poll_now() {
  workers_.wake(*this);
}

void Instance::set_audit(std::string found) {
  const std::lock_guard lock(mutex_);
  audit_ = std::move(found);
}

std::string Instance::audit() const {
  const std::lock_guard lock(mutex_);
  return audit_;
}

bool Instance::delivered() const {
  return history_state(status()).pending_documents == 0;
}

void Instance::tell_once(LogLevel level, const std::string& cause) {
  if (cause == told_cause_) return;
  told_cause_ = cause;
  say(level, "host", cause);
}

void Instance::say(LogLevel level, std::string_view logger, std::string_view text) {
  if (level <= this->level()) log_.write(level, logger, spec_.id, text);
}

std::string Instance::last_error() const {
  return last_error_of(api_, handle_);
}

std::string Instance::status() const {
  return text_of([&](char* buffer, std::size_t capacity, std::size_t* length) {
    return api_.status_json(handle_, buffer, capacity, length);
  });
}

void BEAT_CALL Instance::on_log(void* ctx, std::int32_t level, beat_span component,
                                beat_span text) {
  const auto known =
      static_cast<LogLevel>(std::clamp<std::int32_t>(level, BEAT_LOG_ERROR, BEAT_LOG_TRACE));
  static_cast<Instance*>(ctx)->say(known, view(component), view(text));
}

std::int32_t BEAT_CALL Instance::on_log_level(void* ctx) {
  return static_cast<std::int32_t>(static_cast<Instance*>(ctx)->level());
}

void BEAT_CALL Instance::on_health(void* ctx, std::int32_t health, beat_span stream,
                                   beat_span text) {
  auto& self = *static_cast<Instance*>(ctx);
  if (stream.len == 0) {
    self.say(LogLevel::info, "host", fmt::format("now {}: {}", health_word(health), view(text)));
    return;
  }
  // The plugin logs what happened; the change of health alone is detail.
  self.say(LogLevel::debug, view(stream),
           fmt::format("now {}: {}", health_word(health), view(text)));
}

}  // namespace anthropic_metrics::host
