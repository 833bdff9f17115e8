// SPDX-License-Identifier: Apache-2.0
// What can go wrong with an answer, when it does, and how the answer then looks. A script is JSON:
//
//   {"faults": [
//     {"contains": "cost_report", "nth": 2, "kind": "status", "status": 429, "retry_after": "3"},
//     {"contains": "page=", "nth": 1, "count": 0, "kind": "reset"}]}
//
// kind          status, spend_cap, html, truncate, reset, stall, trickle, malformed, wrong_types,
//               missing_bucket, repeated_bucket, page_loop, missing_page_token, wrong_date
// path          the path the rule is for; without it, every path of the API
// contains      text that the target must contain, as sent
// nth, count    the rule applies from its nth matching request (default 1: the first) to so many
//               (default 1; 0: for ever). Rules count separately; the first that applies wins
// status        of `status` (default 500) and `html` (default 502)
// retry_after   for `status`: "3" seconds, "date:3" the same as an HTTP date in virtual time,
//               "ms:250" as retry-after-ms
// should_retry  for `status`: "true" or "false", sent as x-should-retry
// message       for `status`: the text of the error
// offset_s      for `wrong_date`: seconds from server time to the Date header, below 0: the past
// duration_ms   for `stall` (default 0: until the client gives up) and `trickle` (default 50:
//               between pieces)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api.hpp"

namespace anthropic_metrics::simulator {

enum class FaultKind {
  status,
  spend_cap,
  html,
  truncate,
  reset,
  stall,
  trickle,
  malformed,
  wrong_types,
  missing_bucket,
  repeated_bucket,
  page_loop,
  missing_page_token,
  wrong_date,
};
std::string_view name(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::status;
  int status = 500;
  std::string retry_after;
  std::string should_retry;
  std::string message;
  std::chrono::milliseconds duration{0};
  std::chrono::seconds offset{0};
};

/// How the bytes of an answer travel. `truncate` closes after half of the body, `reset` before any
/// byte, `stall` sends the head and then nothing, `trickle` sends small pieces.
enum class Delivery { whole, truncate, reset, stall, trickle };

struct FaultRule {
  std::string path;
  std::string contains;
  int nth = 1;
  int count = 1;
  Fault fault;
  int seen = 0;  ///< matching requests so far
};

/// Decides per request. [not thread-safe]
class Faults {
 public:
  /// Adds rules from a script. Returns a sentence naming the rule and what is wrong with it; then
  /// nothing was added.
  std::optional<std::string> add_script(std::string_view json);
  void add(FaultRule rule) { rules_.push_back(std::move(rule)); }
  void clear() { rules_.clear(); }

  /// The fault for request `number`, if any: by rule, else with probability `options.fault_rate`
  /// one that a client is expected to survive by itself.
  std::optional<Fault> next(const Request& request, const Options& options, std::uint64_t number);

 private:
  std::vector<FaultRule> rules_;
};

struct SpoiledResponse {
  Response response;
  Delivery delivery = Delivery::whole;
};

/// The answer to `request` under `fault`, not yet compressed.
SpoiledResponse spoil(const Fault& fault, const Api& api, const Request& request, Instant now,
                      std::uint64_t number);

}  // namespace anthropic_metrics::simulator
