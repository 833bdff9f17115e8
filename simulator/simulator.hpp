// SPDX-License-Identifier: Apache-2.0
// One simulated organization with its clock, its API, its faults and its log. Give it requests
// directly in tests, or put a `Server` in front of it.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api.hpp"
#include "faults.hpp"
#include "truth.hpp"

namespace anthropic_metrics::simulator {

/// What the simulator saw. Never holds a header, so never the key.
struct LoggedRequest {
  std::string method;
  std::string target;
  int status = 0;
  Instant at;                            ///< virtual time
  std::chrono::milliseconds elapsed{0};  ///< real time since the simulator began
  std::string fault;                     ///< its kind, or empty
};

/// An answer and how to send it.
struct Reply {
  Response response;
  Delivery delivery = Delivery::whole;
  std::chrono::milliseconds duration{0};  ///< of the fault, see faults.hpp
};

/// Besides the API it answers, without any key:
///   GET    /_simulator/truth?stream=usage&...  see truth.hpp
///   GET    /_simulator/requests                {"requests":[...]}, each with method, target,
///                                              status, at, elapsed_ms, fault
///   GET    /_simulator/state                   {"now","organization_id","seed"}
///   POST   /_simulator/advance?by=1h           moves virtual time; answers as state
///   POST   /_simulator/faults                  adds the rules of the body, see faults.hpp
///   DELETE /_simulator/faults                  forgets all rules
/// These requests are not logged and never fail on purpose. [thread-safe]
class Simulator {
 public:
  explicit Simulator(Options options);

  Reply handle(const Request& request);

  Instant now() const { return clock_.now(); }
  void advance(std::chrono::seconds step) { clock_.advance(step); }

  /// A sentence if the script is wrong, see `Faults::add_script`.
  std::optional<std::string> add_faults(std::string_view script);
  void clear_faults();

  std::vector<LoggedRequest> requests() const;
  void clear_requests();

  /// The truth as of a time, `now()` for the present.
  std::vector<UsageSum> usage(const UsageQuery& query, Instant as_of) const;
  std::vector<CostSum> cost(const CostQuery& query, Instant as_of) const;

  const Options& options() const { return options_; }
  const Organization& organization() const { return api_.organization(); }

 private:
  Reply control(const Request& request, Instant now);
  Result<std::string> control_body(const Request& request, Instant& now);
  std::string log_body() const;
  void log(const Request& request, const Reply& reply, Instant at, std::string_view fault);

  const Options options_;
  Clock clock_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;  ///< guards everything below
  const Api api_;
  Faults faults_;
  std::vector<LoggedRequest> log_;
  std::uint64_t handled_ = 0;
};

}  // namespace anthropic_metrics::simulator
