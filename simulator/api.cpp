// SPDX-License-Identifier: Apache-2.0
#include "api.hpp"

#include <algorithm>
#include <array>

#include "directory.hpp"
#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

constexpr std::string_view root = "/v1/organizations/";
constexpr std::array<std::string_view, 6> known_below{
    "usage_report/messages", "cost_report", "rate_limits", "me", "workspaces", "api_keys"};
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

/// Who may ask: the Admin key, and only it. The messages never repeat what was sent.
std::optional<ApiError> authenticate(const Request& request, const Options& options) {
  const auto key = find_header(request.headers, "x-api-key");
  if (!key) return ApiError{401, "authentication_error", "x-api-key header is required"};
  if (*key == options.admin_key) return std::nullopt;
  if (key->starts_with("sk-ant-api")) {
    return ApiError{403, "permission_error",
                    "This endpoint requires an Admin API key with organization admin permission"};
  }
  return ApiError{401, "authentication_error", "invalid x-api-key"};
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
      cost_(options_, organization_, usage_) {}

std::vector<std::string> Api::endpoints() {
  std::vector<std::string> paths;
  for (const auto below : known_below) paths.push_back(std::string(root).append(below));
  return paths;
}

bool Api::serves(std::string_view path) {
  if (!path.starts_with(root)) return false;
  path.remove_prefix(root.size());
  return std::find(known_below.begin(), known_below.end(), path) != known_below.end();
}

Result<std::string> Api::route(const Request& request, const Target& target, Instant now,
                               PageFault fault) const {
  const ApiError unknown{404, "not_found_error", "Not Found"};
  std::string_view path = target.path;
  if (!path.starts_with(root)) return unknown;
  path.remove_prefix(root.size());

  // What exists, then whether the method fits, then what it says.
  constexpr std::string_view workspaces = "workspaces/";
  constexpr std::string_view limits_suffix = "/rate_limits";
  const bool below_workspaces = path.starts_with(workspaces) && path.size() > workspaces.size();
  const std::string_view below =
      below_workspaces ? path.substr(workspaces.size()) : std::string_view{};
  const bool limits =
      below.ends_with(limits_suffix) && below.find('/') == below.size() - limits_suffix.size();
  const bool one_workspace = below_workspaces && below.find('/') == std::string_view::npos;
  if (!serves(target.path) && !limits && !one_workspace) return unknown;
  if (request.method != "GET") return ApiError{405, "invalid_request_error", "Method Not Allowed"};

  const bool group_type_sent = find_header(request.headers, "anthropic-version") == first_version;
  const Scope scope{options_.open_bucket, options_.future_buckets, options_.kept};
  if (path == "usage_report/messages") {
    const auto parsed = parse_usage_request(target, request.headers, now, scope);
    if (!parsed) return parsed.error();
    return usage_page(*parsed, organization_, usage_, now, fault);
  }
  if (path == "cost_report") {
    const auto parsed = parse_cost_request(target, now, scope);
    if (!parsed) return parsed.error();
    return cost_page(*parsed, cost_, now, fault);
  }
  if (path == "rate_limits") return rate_limits_body(options_, target, now, group_type_sent);
  if (path == "workspaces") return workspaces_body(organization_, target);
  if (path == "api_keys") return api_keys_body(organization_, target);
  if (limits) {
    const auto id = below.substr(0, below.size() - limits_suffix.size());
    return workspace_rate_limits_body(options_, organization_, id, target, now, group_type_sent);
  }
  if (auto error = check_names(target, {})) return *error;
  if (one_workspace) return workspace_body(organization_, below);
  return organization_body(organization_);
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
  if (const auto refused = authenticate(request, options_)) return error(*refused, now, number);
  if (const auto refused = check_version(request)) return error(*refused, now, number);
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
