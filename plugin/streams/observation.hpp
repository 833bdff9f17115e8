// SPDX-License-Identifier: Apache-2.0
// What an instance observed of one of its own streams, for streams that have no endpoint and report
// on the collecting itself. Counters are of the time since the last observation, so they add up
// under a plain sum; states are current.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics::streams {

struct Observation {
  std::string stream;                         ///< "usage"
  std::string health;                         ///< "healthy", "degraded", ...
  std::optional<Instant> newest_final{};      ///< End of the newest bucket that was emitted.
  std::optional<Instant> next_due{};          ///< When the stream is to be polled next.
  std::optional<std::int64_t> lag_seconds{};  ///< From there to server time.
  /// From where the API calls its numbers complete to server time, if it says so.
  std::optional<std::int64_t> source_lag_seconds{};
  std::string credential;  ///< "accepted", "refused", "unknown"
  std::string error_code;  ///< Class of the newest error; empty if the stream is healthy.
  std::optional<int> error_status{};  ///< HTTP status of that error.

  std::int64_t polls = 0, pages = 0, requests = 0, retries = 0, throttled = 0, bytes = 0;
  std::int64_t documents = 0, corrections = 0, gaps = 0;
  std::int64_t correction_tokens = 0;  ///< Sum of the sizes of corrected counters, without sign.
  std::string correction_amount;       ///< The same of money, in cents; empty if there was none.
  std::int64_t rows_set_aside =
      0;  ///< Now: read, and in no sum because they are not as documented.
  std::int64_t outbox_documents = 0,
               outbox_bytes = 0;  ///< Of the whole instance, not yet acknowledged.
};

}  // namespace anthropic_metrics::streams
