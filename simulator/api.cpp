// SPDX-License-Identifier: Apache-2.0
#include "api.hpp"

#include <algorithm>

#include "analytics_report.hpp"
#include "day_reports.hpp"
#include "directory.hpp"
#include "endpoints.hpp"
#include "limit_lists.hpp"
#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

constexpr std::string_view first_version = "2023-06-01";
constexpr std::string_view second_version = "2026-10-21";

std::string make_request_id(std::uint64_t seed, std::uint64_t number) {
  static constexpr std::string_view alphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::string id = "req_01";
  std::uint64_t state = hash(seed, Purpose::request, number);
  for (int i = 0; i < 22; ++i) {
    id.push_back(alphabet[pick(state, alphabet.size())]);
    state = mix(state);
  }
  return id;
}

std::optional<ApiError> check_version(const Request& request) {
  const auto version = find_header(request.headers, "anthropic-version");
  if (!version) return invalid("anthropic-version: header is required");
  if (*version != first_version && *version != second_version) {
    return invalid("anthropic-version: \"" + std::string(*version) + "\" is not a valid version");
  }
  return std::nullopt;
}

}  // namespace

Api::Api(const Options& options)
    : options_(options),
      organization_(options),
      usage_(options_, organization_),
      cost_(options_, organization_, usage_),
      analytics_(options_, organization_, usage_, cost_) {}

std::vector<std::string> Api::endpoints() {
  std::vector<std::string> paths;
  for (const Endpoint& endpoint : simulator::endpoints()) {
    if (endpoint.below.find('*') == std::string_view::npos)
      paths.push_back(std::string(endpoint_root).append(endpoint.below));
  }
  return paths;
}

bool Api::serves(std::string_view path) {
  const auto route = find_route(path);
  return route && route->id.empty();
}

Result<std::string> Api::route(const Request& request, const Target& target, Instant now,
                               PageFault fault) const {
  // What exists, then whether the method fits, then who may, then what it says.
  const auto credential = authenticate(request, options_);
  if (!credential) return credential.error();
  if (const auto wrong = check_version(request)) return *wrong;
  const auto route = find_route(target.path);
  if (!route) return ApiError{404, "not_found_error", "Not Found"};
  if (request.method != "GET") return ApiError{405, "invalid_request_error", "Method Not Allowed"};
  if (auto error = refused(*route->endpoint, *credential, request, options_)) return *error;
  return body(*route, request, target, now, fault);
}

Result<std::string> Api::body(const Route& route, const Request& request, const Target& target,
                              Instant now, PageFault fault) const {
  const bool second = find_header(request.headers, "anthropic-version") == second_version;
  const DirectoryView view{options_, organization_, now, second};
  const Scope scope{options_.open_bucket, options_.future_buckets, options_.kept,
                    options_.page_buckets};
  switch (route.endpoint->id) {
    case EndpointId::usage_report: {
      const auto parsed = parse_usage_request(target, request.headers, now, scope);
      if (!parsed) return parsed.error();
      return usage_page(*parsed, organization_, usage_, now, fault);
    }
    case EndpointId::cost_report: {
      const auto parsed = parse_cost_request(target, now, scope);
      if (!parsed) return parsed.error();
      return cost_page(*parsed, cost_, now, fault);
    }
    case EndpointId::analytics_usage:
    case EndpointId::analytics_cost: {
      const bool cost = route.endpoint->id == EndpointId::analytics_cost;
      const auto parsed = parse_analytics_request(target, options_, now, cost);
      if (!parsed) return parsed.error();
      return analytics_page(*parsed, analytics_, options_, now, fault);
    }
    case EndpointId::claude_code:
      return claude_code_body(view, target, fault);
    case EndpointId::analytics_users:
      return activity_body(view, target);
    case EndpointId::analytics_summaries:
      return summaries_body(view, target);
    case EndpointId::rate_limits:
      return rate_limits_body(view, target);
    case EndpointId::workspaces:
      return workspaces_body(view, target);
    case EndpointId::api_keys:
      return api_keys_body(view, target);
    case EndpointId::users:
      return users_body(view, target);
    case EndpointId::service_accounts:
      return service_accounts_body(view, target);
    case EndpointId::spend_limits:
      return spend_limits_body(view, target);
    case EndpointId::workspace_rate_limits:
      return workspace_rate_limits_body(view, route.id, target);
    case EndpointId::organization:
    case EndpointId::one_workspace:
      break;
  }
  if (auto error = check_names(target, {})) return *error;
  if (route.endpoint->id == EndpointId::organization) return organization_body(organization_);
  return workspace_body(view, route.id);
}

Response Api::answer(int status, std::string body, Instant now, std::uint64_t number,
                     std::string_view content_type) const {
  Response response{status, {}, std::move(body)};
  response.headers = {{"date", format_http_date(now)},
                      {"content-type", std::string(content_type)},
                      {"request-id", make_request_id(options_.seed, number)},
                      {"anthropic-organization-id", organization_.id},
                      {"server", "anthropic-metrics-simulator"}};
  return response;
}

Response Api::error(const ApiError& error, Instant now, std::uint64_t number) const {
  return answer(error.status, error_body(error, make_request_id(options_.seed, number)), now,
                number);
}

Response Api::handle(const Request& request, Instant now, std::uint64_t number,
                     PageFault fault) const {
  const Target target = parse_target(request.target);
  auto body = route(request, target, now, fault);
  if (!body) {
    Response response = error(body.error(), now, number);
    if (response.status == 405) response.headers.emplace_back("allow", "GET");
    return response;
  }
  return answer(200, std::move(*body), now, number);
}

}  // namespace anthropic_metrics::simulator
