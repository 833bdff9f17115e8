// SPDX-License-Identifier: Apache-2.0
#include "control/control.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "control/check_in.hpp"
#include "control/clean.hpp"
#include "control/connection.hpp"
#include "control/dial.hpp"
#include "control/tls_stream.hpp"
#include "control/wake.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {

using control::CheckIn;
using control::Connection;
using control::Wake;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds to_connect{10};  // and shake hands
constexpr std::chrono::seconds to_be_ended{1};  // by the Agent, after we ended

CheckIn::Settings check_in_settings(const ControlSettings& settings) {
  return {{settings.program, settings.facts, settings.build},
          settings.period,
          settings.bootstrap.largest_message,
          static_cast<std::uint64_t>(::getpid())};
}

}  // namespace

class Control::Implementation {
 public:
  Implementation(ControlSettings settings, ControlEvents events, Log& log)
      : settings_(std::move(settings)),
        events_(std::move(events)),
        log_(log),
        known_to_log_(settings_.bootstrap.token->expose(
            [&](std::string_view token) { return log.keep_secret(token); })),
        check_in_(check_in_settings(settings_)) {}

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  std::optional<std::vector<WantedUnit>> take_wanted() {
    const std::lock_guard lock(mutex_);
    return check_in_.take_wanted();
  }

  void report(std::vector<SeenUnit> units) {
    for (SeenUnit& unit : units) control::clean(unit, log_);
    {
      const std::lock_guard lock(mutex_);
      check_in_.report(std::move(units));
    }
    wake_.call();
  }

  void stop(std::chrono::milliseconds longest) {
    if (!thread_.joinable()) return;
    wake_.stop(Clock::now() + longest);
    thread_.join();
  }

 private:
  void run();
  void run_until_stopped(const net::TlsContext& tls);
  Failure connect_and_stay(const net::TlsContext& tls);
  Failure stay(Connection& connection);
  void wind_up(Connection& connection);
  Connection::Events connection_events();
  ActionAnswer perform(const ActionRequest& request);
  bool send_if_due(Connection& connection);
  std::optional<Clock::time_point> due();
  void tell(const Failure& failure);
  void tell_connected();

  ControlSettings settings_;
  const ControlEvents events_;
  Log& log_;
  const SecretText known_to_log_;  // the token: the Agent may quote it
  Wake wake_;
  std::mutex mutex_;
  CheckIn check_in_;  // guarded by it

  // Of the thread.
  std::string told_;       // why there was no connection
  bool expected_ = false;  // something came on this connection
  bool new_wanted_ = false;
  std::thread thread_;
};

void Control::Implementation::run() {
  const WipingFrees wiping;
  const auto tls = control::tls_for(settings_.bootstrap);
  settings_.bootstrap.key.reset();
  if (tls) {
    run_until_stopped(*tls);
  } else {
    tell(tls.error());
  }
}

void Control::Implementation::run_until_stopped(const net::TlsContext& tls) {
  std::chrono::milliseconds retry = settings_.first_retry;
  std::chrono::milliseconds waited{0};
  while (!wake_.is_stopping()) {
    const auto begin = Clock::now();
    expected_ = false;
    const Failure failure = connect_and_stay(tls);
    {
      const std::lock_guard lock(mutex_);
      check_in_.close();
    }
    if (wake_.is_stopping()) return;
    tell(failure);
    // One that lasts longer than the wait before it was worth that.
    if (expected_ && Clock::now() - begin > waited) retry = settings_.first_retry;
    const auto until = Clock::now() + retry;
    while (!wake_.is_stopping() && Clock::now() < until) wake_.wait(-1, 0, until);
    waited = retry;
    retry = std::min(retry * 2, settings_.longest_retry);
  }
}

Failure Control::Implementation::connect_and_stay(const net::TlsContext& tls) {
  try {
    const auto deadline = Clock::now() + to_connect;
    auto socket = control::dial(settings_.bootstrap.address, wake_, deadline);
    if (!socket) return socket.error();
    auto stream =
        control::TlsStream::open(tls, settings_.bootstrap, std::move(*socket), wake_, deadline);
    if (!stream) return stream.error();
    Connection connection(std::move(*stream), settings_.bootstrap, connection_events());
    {
      const std::lock_guard lock(mutex_);
      check_in_.open();
    }
    return stay(connection);
  } catch (const std::exception& error) {
    return Failure{
        ExitCode::internal,
        {fmt::format("the connection to the Elastic Agent cannot be kept ({}); this goes "
                     "on trying",
                     error.what())},
        "agent"};
  }
}

Connection::Events Control::Implementation::connection_events() {
  Connection::Events events;
  events.expected = [this](control::Expected expected) {
    tell_connected();
    const std::lock_guard lock(mutex_);
    if (check_in_.take(std::move(expected), Clock::now())) new_wanted_ = true;
  };
  events.perform = [this](const ActionRequest& request) { return perform(request); };
  return events;
}

ActionAnswer Control::Implementation::perform(const ActionRequest& request) {
  ActionAnswer answer;
  try {
    answer = events_.perform ? events_.perform(request)
                             : ActionAnswer{"this component has no actions", {}};
  } catch (const std::exception& error) {
    answer = {fmt::format("the action failed ({})", error.what()), {}};
  }
  control::clean(answer, log_);
  return answer;
}

Failure Control::Implementation::stay(Connection& connection) {
  for (;;) {
    if (wake_.is_stopping()) {
      wind_up(connection);
      return {};
    }
    send_if_due(connection);
    if (const auto moved = connection.move(); !moved) return moved.error();
    if (std::exchange(new_wanted_, false)) {
      wipe_stack_below();
      if (events_.wanted) events_.wanted();
    }
    const auto until = connection.has_more() ? Clock::now() : due();
    wake_.wait(connection.fd(), connection.events(), until);
  }
}

void Control::Implementation::wind_up(Connection& connection) {
  {
    const std::lock_guard lock(mutex_);
    if (check_in_.has_untold()) {
      settings_.bootstrap.token->expose([&](std::string_view token) {
        connection.check_in(check_in_.next(token, Clock::now()));
      });
    }
  }
  connection.finish();
  const auto deadline = std::min<Clock::time_point>(wake_.deadline(), Clock::now() + to_be_ended);
  while (connection.move() && !connection.is_finished() && Clock::now() < deadline)
    wake_.wait(connection.fd(), connection.events(), deadline);
  connection.end();
}

bool Control::Implementation::send_if_due(Connection& connection) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto due = check_in_.due();
  if (!due || *due > now) return false;
  settings_.bootstrap.token->expose(
      [&](std::string_view token) { connection.check_in(check_in_.next(token, now)); });
  return true;
}

std::optional<Clock::time_point> Control::Implementation::due() {
  const std::lock_guard lock(mutex_);
  return check_in_.due();
}

void Control::Implementation::tell(const Failure& failure) {
  for (const std::string& line : failure.lines) {
    if (std::exchange(told_, line) == line) continue;
    const LogLevel level = failure.passes ? LogLevel::info : LogLevel::warn;
    if (log_.wants(level)) log_.write(level, "agent", {}, line);
  }
}

void Control::Implementation::tell_connected() {
  if (std::exchange(expected_, true)) return;
  const std::string_view words =
      told_.empty() ? "connected to the Elastic Agent" : "connected to the Elastic Agent again";
  told_.clear();
  if (log_.wants(LogLevel::info)) log_.write(LogLevel::info, "agent", {}, words);
}

Control::Control(ControlSettings settings, ControlEvents events, Log& log)
    : implementation_(
          std::make_unique<Implementation>(std::move(settings), std::move(events), log)) {}

Control::~Control() {
  stop(std::chrono::milliseconds(0));
}

void Control::start() {
  implementation_->start();
}

std::optional<std::vector<WantedUnit>> Control::take_wanted() {
  return implementation_->take_wanted();
}

void Control::report(std::vector<SeenUnit> units) {
  implementation_->report(std::move(units));
}

void Control::stop(std::chrono::milliseconds longest) {
  implementation_->stop(longest);
}

}  // namespace anthropic_metrics::host
