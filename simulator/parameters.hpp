// SPDX-License-Identifier: Apache-2.0
// From a query string to a valid query, or to the 400 that the API would answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cost_data.hpp"
#include "http.hpp"
#include "usage_data.hpp"

namespace anthropic_metrics::simulator {

/// A target, taken apart and percent-decoded. `+` in a query is a space, as HTML forms write it.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;

  /// The value of a parameter, the first if it was repeated.
  std::optional<std::string_view> find(std::string_view name) const;
  /// A hash over path and parameters except `page`: what a page token is bound to. Order does not
  /// matter.
  std::uint64_t binding() const;
};
Target parse_target(std::string_view target);

/// What one page of a report must hold: the buckets [start, page_end), more to come if `page_end` <
/// `end`.
struct ReportWindow {
  Instant start;
  Instant page_end;
  Instant end;
  std::uint64_t binding = 0;
};

struct UsageRequest {
  ReportWindow window;
  UsageQuery query;  ///< its `start` and `end` are the page's
};

struct CostRequest {
  ReportWindow window;
  CostQuery query;
};

/// What may be asked of the number of buckets on a page.
struct Limits {
  int initial;
  int maximum;
};
Limits limits(Width width);

/// Which buckets of a window an answer has.
struct Scope {
  bool open_bucket = false;
  bool future_buckets = false;
  std::chrono::seconds kept{0};  ///< 0: for ever.
  int page_buckets = 0;          ///< Of a page, at most; 0: as the limit says.
};

/// `now` is server time; buckets that it has not closed, or that are not kept, are left out unless
/// `scope` says otherwise.
/// `starting_at` rounds up to a bucket, an omitted `ending_at` is `now`, and both ends round down;
/// an empty range is the documented 400.
Result<UsageRequest> parse_usage_request(const Target& target, const Headers& headers, Instant now,
                                         const Scope& scope = {});
Result<CostRequest> parse_cost_request(const Target& target, Instant now, const Scope& scope = {});

/// For lists: an integer in [1, 1000]. `initial` when the parameter is absent.
Result<std::size_t> parse_list_limit(const Target& target, std::size_t initial);

/// Refuses parameters that the endpoint does not know, and scalars given twice.
std::optional<ApiError> check_names(const Target& target,
                                    const std::vector<std::string_view>& known);

ApiError invalid(std::string message);

}  // namespace anthropic_metrics::simulator
