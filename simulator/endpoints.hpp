// SPDX-License-Identifier: Apache-2.0
// Which endpoints there are, and to whom they open: by credential, scope, kind of organization and
// beta header.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "http.hpp"
#include "options.hpp"

namespace anthropic_metrics::simulator {

enum class EndpointId {
  usage_report,
  cost_report,
  claude_code,
  rate_limits,
  organization,
  workspaces,
  one_workspace,
  workspace_rate_limits,
  api_keys,
  users,
  service_accounts,
  spend_limits,
  analytics_usage,
  analytics_cost,
  analytics_users,
  analytics_summaries,
};

inline constexpr std::string_view endpoint_root = "/v1/organizations/";

struct Endpoint {
  EndpointId id;
  std::string_view below;    ///< the path below `endpoint_root`; `*` stands for an id
  bool admin = true;         ///< opens to an Admin key
  bool oauth = true;         ///< opens to a bearer token with `org:admin`
  std::string_view scope{};  ///< of an Enterprise key that opens it; empty: none does
  bool console = true;       ///< offered to Console organizations
  bool enterprise = false;   ///< offered to Enterprise organizations
  std::string_view beta{};   ///< what `anthropic-beta` must name; empty: nothing
};
std::span<const Endpoint> endpoints();

/// An endpoint and what stands for `*` in its path.
struct Route {
  const Endpoint* endpoint = nullptr;
  std::string_view id{};
};
/// Nothing if there is no such path. The route points into `path`.
std::optional<Route> find_route(std::string_view path);

enum class Credential { admin, oauth, enterprise };

/// Who asks: by `x-api-key` or `authorization: Bearer`. Messages never repeat what was sent.
Result<Credential> authenticate(const Request& request, const Options& options);

/// Why the endpoint is closed to this credential, this organization or this request.
std::optional<ApiError> refused(const Endpoint& endpoint, Credential credential,
                                const Request& request, const Options& options);

}  // namespace anthropic_metrics::simulator
