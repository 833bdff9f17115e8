// SPDX-License-Identifier: Apache-2.0
#include "api/status_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "api/foreign_answer.hpp"
#include "api/newest_day.hpp"
#include "api/retry.hpp"
#include "api/scopes.hpp"
#include "base/octets.hpp"
#include "base/scrubber.hpp"
#include "net/headers.hpp"

namespace anthropic_metrics::api {
namespace {

namespace json = boost::json;

constexpr std::string_view before_request_id = " (request-id ";

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found ? found->if_object() : nullptr;
}

std::string remedy_of_refused_key(const Asked& asked) {
  if (asked.setting == "oauth_token")
    return "check that oauth_token is valid and has not expired, and that it has the scope "
           "org:admin";
  if (asked.setting == "enterprise_api_key")
    return "check that enterprise_api_key is valid and was made for this organization";
  return "check that the key is valid and is an Admin key (sk-ant-admin...; a standard key does "
         "not work)";
}

/// What somebody does about a 403 whose sentence names scopes; empty if it names none that is
/// missing.
std::string remedy_of_scopes(const ApiError& api, const Asked& asked) {
  const NamedScopes named = scopes_in(api.message);
  if (named.missing.empty()) return {};
  const std::string key = asked.setting.empty() ? "the key" : asked.setting;
  std::string text = fmt::format("{} lacks the scope {}", key, fmt::join(named.missing, ", "));
  if (!named.held.empty()) text += fmt::format(" and has {}", fmt::join(named.held, ", "));
  return text +
         "; scopes are chosen when a key is made: make one that has it, and replace this one";
}

/// Why the service does not offer what was asked for, as a clause; empty if it does. scopes: what
/// remedy_of_scopes says of a 403.
std::string not_offered(int status, const ApiError& api, const Asked& asked,
                        const std::string& scopes) {
  if (status == 400 && api.not_for_organization())
    return "not offered here: this kind of organization does not have it; it is asked for again "
           "once a day";
  if (!asked.may_be_refused) return {};
  // A beta that ended, or is not yet known here.
  const bool no_beta =
      status == 400 && to_lower(api.message).find("anthropic-beta") != std::string::npos;
  if (status != 403 && status != 404 && !no_beta) return {};
  if (!scopes.empty()) return "not offered here: " + scopes;
  return "not offered here: it is in early access, which Anthropic's account team opens; it is "
         "asked for again once a day";
}

/// The remedy, as a clause that follows "HTTP <status> (...): ".
std::string remedy(int status, const net::ResponseHead& head, const Asked& asked) {
  const bool doubled = asked.path_prefix.size() >= 3 &&
                       asked.path_prefix.substr(asked.path_prefix.size() - 3) == "/v1";
  if (status == 404 && doubled)
    return "url ends in /v1, which every path begins with already; remove it from url";
  if (status == 404 && asked.path == "/v1/organizations/me")
    return "every organization has this: url does not lead to the API; check url and what stands "
           "between";
  switch (status) {
    case 400:
      return "the API refused the request; check the stream's settings";
    case 401:
      return remedy_of_refused_key(asked);
    case 402:
      return "the organization has a billing problem; see the Console";
    case 403:
      return "the key needs organization admin permission and Admin API access";
    case 404:
      return "nothing is there; check url and the stream's filters, and that the organization may "
             "use this report";
    case 408:
      return "the server gave up waiting; it is tried again";
    case 409:
      return "the server is busy with a conflicting change; it is tried again";
    case 410:
      return "the paging cursor has expired; the window is fetched from its start";
    case 413:
      return "the answer would be too large";
    case 495:
    case 496:
      return "the server wants a client certificate: set ssl.certificate and ssl.key";
    case 511:
      return "the network wants a login before it lets anybody through";
    case 429:
      return "too many requests; the next one waits as the server asks";
    case 529:
      return "the API is overloaded; it is tried again";
    default:
      break;
  }
  if (status >= 500) return "the server failed; it is tried again";
  if (status >= 400) return "the API refused the request; check url and the stream's settings";
  if (status >= 300) {
    const std::string_view host = net::location_host(head.find("location"));
    return fmt::format(
        "the server redirects to {}; redirects are never followed, set url to the API itself",
        host.empty() ? std::string("another path") : "host " + excerpt(host, 100));
  }
  if (status == 206)
    return "the answer is a part, and none was asked for; a proxy or cache on the way damages it";
  return "the answer is not one the API documents";
}

/// What the server said, capped and escaped; "" if it said nothing.
std::string said(const ApiError& api, const net::ResponseHead& head, std::string_view body) {
  if (!api.type.empty() || !api.message.empty()) {
    const std::string type = excerpt(api.type, 60);
    const std::string message = excerpt(api.message, 300);
    return type.empty() || message.empty() ? type + message : type + ": " + message;
  }
  if (trim(excerpt(body, 120)).empty()) return {};
  return fmt::format("not the API's error body: {}", describe_body(head, body));
}

bool is_empty_range(int status, const ApiError& api, const Asked& asked) {
  return status == 400 && (api.message.find("Invalid date range") != std::string::npos ||
                           names_an_earlier_day(api.message, asked.day));
}

/// True if a smaller question may be answered where this one was refused.
bool is_too_much(int status, const ApiError& api) {
  if (status == 413) return true;
  if (status != 400) return false;
  const std::string message = to_lower(api.message);
  constexpr std::string_view marks[] = {"too many", "too large", "too big", "too much", "limit"};
  return std::any_of(std::begin(marks), std::end(marks), [&](std::string_view mark) {
    return message.find(mark) != std::string::npos;
  });
}

}  // namespace

ApiError parse_api_error(std::string_view body) {
  ApiError api;
  boost::system::error_code ec;
  const json::value whole = json::parse(json::string_view(body.data(), body.size()), ec);
  const json::object* top = ec ? nullptr : whole.if_object();
  if (!top) return api;
  api.request_id = text_at(*top, "request_id");
  if (const json::object* error = object_at(*top, "error")) {
    api.type = text_at(*error, "type");
    api.message = text_at(*error, "message");
    if (const json::object* details = object_at(*error, "details")) {
      api.error_code = text_at(*details, "error_code");
    }
  }
  return api;
}

Error status_error(const net::ResponseHead& head, std::string_view body, const Asked& asked,
                   std::string_view title) {
  body = body.substr(0, error_body_limit);
  const ApiError api = parse_api_error(body);
  const std::string what = said(api, head, body);
  const bool empty_range = is_empty_range(head.status, api, asked);
  const std::string scopes = head.status == 403 ? remedy_of_scopes(api, asked) : std::string();
  const std::string no_offer = not_offered(head.status, api, asked, scopes);
  const bool certificate = head.status == 400 && body.find("SSL certificate") != body.npos;

  std::string message;
  if (!asked.path.empty()) message += fmt::format("GET {}: ", excerpt(asked.path, 120));
  message += title.empty() ? fmt::format("HTTP {}", head.status) : std::string(title);
  if (!what.empty()) message += fmt::format(" ({})", what);
  message += ": ";
  if (empty_range) {
    message += "nothing to fetch yet";
  } else if (!no_offer.empty()) {
    message += no_offer;
  } else if (!scopes.empty()) {
    message += scopes;
  } else if (api.spend_cap()) {
    message +=
        "the organization's spend limit is reached; it lasts until the month changes or the "
        "limit is raised";
  } else {
    message += remedy(certificate ? 496 : head.status, head, asked);
  }

  const std::string_view header_id = head.find("request-id");
  const std::string id =
      excerpt(header_id.empty() ? std::string_view(api.request_id) : header_id, 80);
  if (!id.empty()) message += fmt::format("{}{})", before_request_id, id);
  const Errc code = empty_range                     ? Errc::nothing_yet
                    : !no_offer.empty()             ? Errc::not_offered
                    : is_too_much(head.status, api) ? Errc::too_much
                                                    : status_errc(head.status);
  const bool slow = head.status == 408 || head.status == 504 || head.status == 524;
  return Error{code, scrub_shapes(message), slow};
}

std::string_view without_request_id(std::string_view message) noexcept {
  return message.substr(0, message.rfind(before_request_id));
}

Error status_error(int status, std::string_view body, std::string_view request_id) {
  net::ResponseHead head{status, {}};
  if (!request_id.empty()) head.headers.push_back({"request-id", std::string(request_id)});
  return status_error(head, body);
}

}  // namespace anthropic_metrics::api
