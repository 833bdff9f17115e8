// SPDX-License-Identifier: Apache-2.0
#include "api/retry.hpp"

#include <algorithm>

#include "net/headers.hpp"

namespace anthropic_metrics::api {
namespace {

using std::chrono::milliseconds;
using Action = RetryDecision::Action;

bool worth_retrying(Errc code) noexcept {
  return code == Errc::transient || code == Errc::throttled;
}

}  // namespace

bool is_answer(int status) noexcept {
  return status >= 200 && status < 300 && status != 206;
}

Errc status_errc(int status) noexcept {
  switch (status) {
    case 401:
      return Errc::unauthorized;
    case 403:
      return Errc::forbidden;
    case 408:
    case 409:
      return Errc::transient;
    case 410:
      return Errc::protocol;  // an expired paging cursor: start the window again
    case 429:
      return Errc::throttled;
    default:
      break;
  }
  if (status >= 500) return Errc::transient;
  if (status >= 300) return Errc::configuration;
  return Errc::protocol;  // 206; 1xx never arrives here, another 2xx is no error
}

milliseconds backoff(int number, double random, const RetryPolicy& policy) noexcept {
  milliseconds limit = std::min(policy.first, policy.ceiling);
  for (int n = 1; n < number && limit < policy.ceiling; ++n) {
    limit = std::min(limit * 2, policy.ceiling);
  }
  const double share = policy.least + (1.0 - policy.least) * std::clamp(random, 0.0, 1.0);
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(limit.count()) * share));
}

RetryDecision decide(const Attempt& attempt, const RetryPolicy& policy) noexcept {
  const int status = attempt.head ? attempt.head->status : 0;
  if (!attempt.failed && is_answer(status)) return {Action::done, milliseconds(0), {}};

  const Errc code = attempt.failed ? *attempt.failed : status_errc(status);
  // A body cut after a 2xx says nothing about waiting; only failures of the server's own do.
  const auto header = attempt.head ? net::retry_after(*attempt.head) : std::nullopt;
  const milliseconds asked = header.value_or(milliseconds(0));
  const RetryDecision give_up{Action::give_up, std::min(asked, policy.remembered), code};

  if (code == Errc::cancelled) return give_up;
  if (attempt.spend_cap && !header) return give_up;

  const auto told =
      attempt.head && !attempt.failed ? net::should_retry(*attempt.head) : std::nullopt;
  if (!told.value_or(worth_retrying(code))) return give_up;
  if (attempt.number > policy.retries) return give_up;
  if (asked > policy.obeyed) return give_up;

  const milliseconds wait = backoff(attempt.number, attempt.random, policy);
  return {Action::retry, asked > milliseconds(0) ? asked : wait, code};
}

}  // namespace anthropic_metrics::api
