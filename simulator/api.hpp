// SPDX-License-Identifier: Apache-2.0
// The Admin API as a function: a request and a time in, a response out. No sockets, no clock, no
// faults of transport.
#pragma once

#include "analytics_data.hpp"
#include "cost_data.hpp"
#include "endpoints.hpp"
#include "http.hpp"
#include "organization.hpp"
#include "parameters.hpp"
#include "reports.hpp"
#include "usage_data.hpp"

namespace anthropic_metrics::simulator {

/// Serves the table of endpoints.hpp. [not thread-safe, as `UsageData`]
class Api {
 public:
  /// `options` are borrowed for the life of this object.
  explicit Api(const Options& options);

  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// The answer at virtual time `now`, not yet compressed. `number` makes the request id: equal
  /// numbers, equal ids. `fault` spoils the page of a report. Authentication comes first, then the
  /// version, the route, and who may.
  Response handle(const Request& request, Instant now, std::uint64_t number,
                  PageFault fault = PageFault::none) const;

  /// The paths of the endpoints, without those that hold an id.
  static std::vector<std::string> endpoints();
  static bool serves(std::string_view path);

  /// An error answer with the headers that every answer has.
  Response error(const ApiError& error, Instant now, std::uint64_t number) const;
  /// The same headers around any body.
  Response answer(int status, std::string body, Instant now, std::uint64_t number,
                  std::string_view content_type = "application/json") const;

  const Organization& organization() const { return organization_; }
  const UsageData& usage() const { return usage_; }
  const CostData& cost() const { return cost_; }
  const AnalyticsData& analytics() const { return analytics_; }

 private:
  Result<std::string> route(const Request& request, const Target& target, Instant now,
                            PageFault fault) const;
  Result<std::string> body(const Route& route, const Request& request, const Target& target,
                           Instant now, PageFault fault) const;

  const Options& options_;
  const Organization organization_;
  const UsageData usage_;
  const CostData cost_;
  const AnalyticsData analytics_;
};

}  // namespace anthropic_metrics::simulator
