// SPDX-License-Identifier: Apache-2.0
#include "api/foreign_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/octets.hpp"
#include "base/scrubber.hpp"

namespace anthropic_metrics::api {
namespace {

/// What stands between <title> and </title> near the beginning of a page.
std::string title_of(std::string_view body) {
  const std::string lower = to_lower(body);
  const auto open = lower.find("<title");
  if (open == std::string::npos) return {};
  const auto begin = lower.find('>', open);
  if (begin == std::string::npos) return {};
  const auto end = lower.find("</title", begin);
  return excerpt(trim(body.substr(begin + 1, std::min(end, lower.size()) - begin - 1)), 80);
}

/// The status that documents an error's type; 0 for an unknown one.
int status_of(std::string_view type) noexcept {
  constexpr std::array<std::pair<std::string_view, int>, 10> known = {{
      {"invalid_request_error", 400},
      {"authentication_error", 401},
      {"billing_error", 402},
      {"permission_error", 403},
      {"not_found_error", 404},
      {"request_too_large", 413},
      {"rate_limit_error", 429},
      {"api_error", 500},
      {"timeout_error", 504},
      {"overloaded_error", 529},
  }};
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const auto& entry) { return entry.first == type; });
  return found == known.end() ? 0 : found->second;
}

bool looks_like_json(std::string_view body) noexcept {
  if (body.substr(0, 3) == "\xef\xbb\xbf") body.remove_prefix(3);
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

}  // namespace

std::string describe_body(const net::ResponseHead& head, std::string_view body) {
  const std::string type = excerpt(trim(head.find("content-type")), 60);
  const std::string title = looks_like_json(body) ? std::string() : title_of(body);
  const std::string raw = excerpt(body, 120);
  std::string text = type;
  if (!title.empty()) text += fmt::format("{}titled \"{}\"", text.empty() ? "" : " ", title);
  if (!raw.empty()) text += fmt::format("{}\"{}\"", text.empty() ? "" : ": ", raw);
  return scrub_shapes(text);
}

Error foreign_answer(const net::ResponseHead& head, std::string_view beginning, const Error& fault,
                     const Asked& asked) {
  const ApiError api = parse_api_error(beginning);
  if (!api.type.empty()) {
    net::ResponseHead inner = head;
    const int status = status_of(api.type);
    inner.status = status != 0 ? status : 500;
    return status_error(inner, beginning, asked,
                        fmt::format("HTTP {} with an error inside", head.status));
  }
  Error error = fault;
  const std::string where = fmt::format("GET {}", excerpt(asked.path, 120));
  // What began as the report that was asked for is told by its fault alone.
  constexpr std::size_t short_body = 300;
  if (looks_like_json(beginning) && (asked.withheld || beginning.size() > short_body)) {
    error.message = fmt::format("{}: {}", where, fault.message);
    return error;
  }
  std::string what = describe_body(head, beginning);
  if (beginning.empty())
    what += what.empty() ? "an empty body" : ", an empty body";
  else if (beginning.substr(0, 2) == "\x1f\x8b")
    what = fmt::format("{}compressed (gzip) although not said", what.empty() ? "" : "a body ");
  error.message = fmt::format(
      "{}: HTTP {}, {}: {}; what answered is not the API, or something on "
      "the way changed it",
      where, head.status, what, fault.message);
  return error;
}

}  // namespace anthropic_metrics::api
