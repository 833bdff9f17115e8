// SPDX-License-Identifier: Apache-2.0
// What to do after an attempt: a pure decision with the constants of the official SDKs. It neither
// waits nor reads a clock; the driver does both, and pace.hpp bounds the rate whatever is decided.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::api {

struct RetryPolicy {
  int retries = 2;                          ///< Attempts are one more than this.
  std::chrono::milliseconds first{500};     ///< Back-off ceiling after the first attempt; doubles.
  std::chrono::milliseconds ceiling{8000};  ///< The back-off never exceeds it.
  double least = 0.0;  ///< Full jitter: wait in [least, 1) of the back-off. The SDKs use 0.75.
  std::chrono::milliseconds obeyed{60'000};  ///< A longer server delay is left to the next poll.
  std::chrono::milliseconds remembered{3'600'000};  ///< Bound of `wait` when giving up.
};

/// What became of one attempt.
struct Attempt {
  int number = 1;  ///< 1 is the first.

  /// The error if there was no head, or if the body was cut. Otherwise nullopt.
  std::optional<Errc> failed;

  /// The head, if there was one. Borrowed for the call.
  const net::ResponseHead* head = nullptr;

  /// `error.details.error_code` said enforced_spend_limit_reached (status_error.hpp finds it out).
  bool spend_cap = false;

  double random = 0.5;  ///< In [0, 1).
};

struct RetryDecision {
  enum class Action {
    done,     ///< A 2xx: use the answer.
    retry,    ///< The same request again after `wait`.
    give_up,  ///< Leave it to the next poll, not earlier than `wait` from now. No cursor moves.
  };
  Action action = Action::done;
  std::chrono::milliseconds wait{0};
  Errc code = Errc::internal;  ///< Why, when not done.
};

/// Decides in this order: a 2xx with no failure is done; cancellation, configuration, protocol and
/// everything that is neither transient nor throttled is given up; `x-should-retry` overrides the
/// status; then 408, 409, 429 and every status from 500 retry while attempts are left. A spend cap
/// without a delay is given up, whatever x-should-retry says: it lasts until the month changes.
/// The server's delay wins over the back-off if it lies in (0, obeyed]; if it is longer the attempt
/// is given up with that delay, at most `remembered`.
RetryDecision decide(const Attempt& attempt, const RetryPolicy& policy = {}) noexcept;

/// True for a status whose body is the answer: a 2xx, but not 206. A part was never asked for, so
/// whoever sends one has damaged the answer on its way.
bool is_answer(int status) noexcept;

/// What a status means for the caller. 400 is configuration here; only its body can say
/// nothing_yet.
Errc status_errc(int status) noexcept;

/// The full-jitter back-off before the retry that follows attempt `number`.
std::chrono::milliseconds backoff(int number, double random,
                                  const RetryPolicy& policy = {}) noexcept;

}  // namespace anthropic_metrics::api
