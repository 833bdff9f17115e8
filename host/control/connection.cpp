// SPDX-License-Identifier: Apache-2.0
#include "control/connection.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/octets.hpp"
#include "base/secret.hpp"
#include "control/call_end.hpp"

namespace anthropic_metrics::host::control {
namespace {

constexpr std::size_t most_waiting = 64UL * 1024;  // bytes for the socket
constexpr int most_pieces = 64;                    // read in one move

Deframer messages_of(const Bootstrap& bootstrap) {
  return Deframer(bootstrap.largest_message);
}

}  // namespace

Connection::Connection(TlsStream stream, const Bootstrap& bootstrap, Events events)
    : stream_(std::move(stream)),
      bootstrap_(bootstrap),
      events_(std::move(events)),
      http2_([this](std::int32_t call, std::string_view piece) { take(call, piece); }),
      check_ins_{http2_.open(bootstrap.server_name, "/proto.ElasticAgent/CheckinV2"),
                 messages_of(bootstrap)},
      actions_{http2_.open(bootstrap.server_name, "/proto.ElasticAgent/Actions"),
               messages_of(bootstrap)},
      in_{} {
  bootstrap_.token->expose(
      [&](std::string_view token) { http2_.send(actions_.call, framed(first_answer(token))); });
}

void Connection::check_in(std::string_view message) {
  http2_.send(check_ins_.call, framed(message));
}

void Connection::finish() {
  finishing_ = true;
  http2_.finish(check_ins_.call);
  http2_.finish(actions_.call);
}

bool Connection::is_finished() const {
  return http2_.end_of(check_ins_.call) != nullptr && http2_.end_of(actions_.call) != nullptr;
}

void Connection::end() {
  http2_.end();
  static_cast<void>(write());
  stream_.end();
}

Failure Connection::broken(std::string_view reason) const {
  Failure failure{ExitCode::internal,
                  {fmt::format("the connection to the Elastic Agent ended{}; this connects again",
                               reason.empty() ? "" : fmt::format(" ({})", excerpt(reason, 120)))},
                  "agent"};
  failure.passes = true;
  return failure;
}

// nghttp2 must not be left by an exception.
void Connection::take(std::int32_t call, std::string_view piece) {
  if (!fault_.empty()) return;
  try {
    const bool of_actions = call == actions_.call;
    Incoming& incoming = of_actions ? actions_ : check_ins_;
    const auto fault = incoming.messages.feed(piece, [&](std::string_view message) {
      return of_actions ? take_action(message) : take_check_in(message);
    });
    if (fault) fault_ = *fault;
  } catch (const std::exception& error) {
    fault_ = error.what();
  }
}

bool Connection::take_check_in(std::string_view message) {
  auto expected = parse_expected(message);
  if (!expected) {
    fault_ = "a message about units is damaged";
    return false;
  }
  events_.expected(std::move(*expected));
  return true;
}

bool Connection::take_action(std::string_view message) {
  const auto action = parse_action(message);
  if (!action) {
    fault_ = "a request for an action is damaged";
    return false;
  }
  const auto now = std::chrono::system_clock::now();
  ActionAnswer answer = events_.perform(action->request);
  bootstrap_.token->expose([&](std::string_view token) {
    std::string bytes = to_bytes(*action, answer, token, now);
    if (bytes.size() > bootstrap_.largest_message) {
      answer = {fmt::format("the answer of {} bytes is larger than the Elastic Agent takes; raise "
                            "agent.grpc.max_message_size",
                            bytes.size()),
                {}};
      bytes = to_bytes(*action, answer, token, now);
    }
    http2_.send(actions_.call, framed(bytes));
  });
  return true;
}

Result<void> Connection::write() {
  for (;;) {
    if (written_ == out_.size()) {
      out_.clear();
      written_ = 0;
    }
    if (!http2_.output(out_, most_waiting)) return broken(http2_.fault());
    if (written_ == out_.size()) return {};
    const auto moved = stream_.write(std::string_view(out_).substr(written_));
    if (moved.over) return broken(stream_.reason());
    if (moved.bytes == 0) return {};
    written_ += moved.bytes;
  }
}

Result<void> Connection::read() {
  more_ = false;
  for (int i = 0; i < most_pieces; ++i) {
    const auto moved = stream_.read(in_.data(), in_.size());
    if (moved.bytes == 0)
      return moved.over ? Result<void>(broken(stream_.reason())) : Result<void>();
    const bool fine = http2_.feed({in_.data(), moved.bytes});
    wipe(in_.data(), moved.bytes);
    if (!fault_.empty() || !fine) return broken(fault_.empty() ? http2_.fault() : fault_);
  }
  more_ = true;
  return {};
}

std::optional<Failure> Connection::ended() const {
  if (finishing_) return std::nullopt;
  if (const auto* end = http2_.end_of(check_ins_.call)) return explain(*end, "check-ins");
  if (const auto* end = http2_.end_of(actions_.call)) return explain(*end, "actions");
  return std::nullopt;
}

Result<void> Connection::move() {
  const Result<void> read_well = read();
  // How a call ended says more than that the connection did.
  if (auto failure = ended()) return *failure;
  if (!read_well) return read_well;
  // After reading, since that makes room for more, and answers are waiting.
  return write();
}

}  // namespace anthropic_metrics::host::control
