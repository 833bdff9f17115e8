// SPDX-License-Identifier: Apache-2.0
// What became of a request, of a window that was read, of a poll: all went well, or why it did not.
#pragma once

#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace anthropic_metrics {

/// An error, with the rest that the API asked for when it said so.
struct Failure : Error {
  Failure() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): an Error is a Failure that asks for no rest.
  Failure(Error error, Milliseconds asked = Milliseconds(0))
      : Error(std::move(error)), rest(asked) {}

  Milliseconds rest{0};  ///< Not to be called again earlier than this from now.
  int status = 0;        ///< Of the answer that is no report; 0: there was none, or it was good.
};

template <class T>
using Outcome = boost::system::result<T, Failure>;

}  // namespace anthropic_metrics
