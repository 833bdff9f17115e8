// SPDX-License-Identifier: Apache-2.0
#include "status_variants.hpp"

#include <fmt/format.h>

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

std::string error_body(const std::string& type, const std::string& message,
                       const std::string& more = "") {
  return fmt::format(
      R"({{"type":"error","error":{{"type":"{}","message":"{}"{}}},"request_id":"req_1"}})", type,
      message, more);
}

void interim(std::vector<Variant>& list) {
  const auto raw = [&](const std::string& name, Fate fate, const std::string& text) {
    Variant variant{name, 200, fate};
    variant.raw = text;
    list.push_back(std::move(variant));
  };
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
  raw("100 first", Fate::passes, "HTTP/1.1 100 Continue\r\n\r\n{answer}");
  raw("102 first", Fate::passes, "HTTP/1.1 102 Processing\r\n\r\n{answer}");
  raw("103 twice first", Fate::passes, hint + hint + "{answer}");
  raw("199 first", Fate::passes, "HTTP/1.1 199 What\r\n\r\n{answer}");
  raw("101 switching", Fate::retried,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
  raw("100 and nothing more", Fate::retried, "HTTP/1.1 100 Continue\r\n\r\n");
  raw("a status below 100", Fate::retried, "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n");
  raw("no answer at all", Fate::retried, "");
  list.back().attempts = 4;  // A kept connection that ends without an octet may just have been old.
  raw("half of the answer", Fate::retried, "{half}");
  raw("an answer without a Date", Fate::passes, "{undated}");
}

void success(std::vector<Variant>& list) {
  for (const int status : {201, 202, 203, 207, 226})
    list.push_back({fmt::format("{} with no page in it", status), status, Fate::left, "", "{}"});
  list.push_back({"200 with an empty body", 200, Fate::left});
  list.push_back({"200 with a web page", 200, Fate::left, "Content-Type: text/html\r\n",
                  "<html>Please sign in</html>"});
  // The API's own word decides, whatever the status: its servers failed, a request was wrong.
  list.push_back(
      {"200 with an error in it", 200, Fate::retried, "", error_body("api_error", "no")});
  list.push_back(
      {"200 with a refusal in it", 200, Fate::refused, "", error_body("permission_error", "no")});
  Variant none{"204", 204, Fate::left};
  none.raw = "HTTP/1.1 204 No Content\r\n\r\n";
  list.push_back(none);
  none.name = "205";
  none.raw = "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n";
  list.push_back(none);
  Variant part{"206 with a whole page", 206, Fate::left};
  part.raw = "{as 206}";
  list.push_back(part);
}

void redirects(std::vector<Variant>& list, const std::string& same, const std::string& https,
               const std::string& http) {
  for (const int status : {300, 301, 302, 303, 305, 306, 307, 308})
    for (const auto& [where, url] : {std::pair<std::string, std::string>{"the same origin", same},
                                     {"another origin", https},
                                     {"http", http},
                                     {"a path", "/v1/organizations/me"}})
      list.push_back({fmt::format("{} to {}", status, where), status, Fate::refused,
                      fmt::format("Location: {}\r\n", url)});
  list.push_back({"302 to garbage", 302, Fate::refused, "Location: //@@:::\x80\r\n"});
  list.push_back({"302 to nowhere", 302, Fate::refused});
  Variant unchanged{"304", 304, Fate::refused};
  unchanged.raw = "HTTP/1.1 304 Not Modified\r\nDate: {date+0}\r\n\r\n";
  list.push_back(unchanged);
}

void client_errors(std::vector<Variant>& list, const std::string& key) {
  for (const int status : {400, 401, 402, 403, 404, 405, 406, 407, 411, 412, 414, 415, 416, 417,
                           418, 421, 422, 423, 424, 425, 426, 428, 431, 444, 451, 460, 494, 499})
    list.push_back({std::to_string(status), status, Fate::refused, "",
                    error_body("invalid_request_error", "no")});
  for (const int status : {408, 409})
    list.push_back(
        {std::to_string(status), status, Fate::retried, "", error_body("conflict_error", "busy")});
  list.push_back({"410", 410, Fate::left, "", error_body("invalid_request_error", "expired")});
  list.push_back({"400 for an empty range", 400, Fate::nothing, "",
                  error_body("invalid_request_error",
                             "Invalid date range: ending_at must be after starting_at")});
  list.push_back({"400 that shall be retried", 400, Fate::refused, "x-should-retry: true\r\n"});
  list.back().attempts = 3;
  list.push_back({"414 as a web page", 414, Fate::refused, "", "<html>Too long</html>"});
  list.push_back({"401 that echoes the key", 401, Fate::refused, "",
                  error_body("authentication_error", "invalid x-api-key " + key)});
  list.push_back({"403 that echoes the key and no JSON", 403, Fate::refused,
                  "X-Echo: " + key + "\r\n", "your key " + key + " is not welcome"});
}

void throttled(std::vector<Variant>& list) {
  const auto add = [&](const std::string& name, Fate fate, const std::string& headers,
                       std::chrono::seconds retry = 0s, std::chrono::seconds poll = 0s,
                       const std::string& more = "") {
    list.push_back({"429 " + name, 429, fate, headers,
                    error_body("rate_limit_error", "slow down", more), retry, poll});
  };
  add("without retry-after", Fate::retried, "");
  add("seconds", Fate::retried, "retry-after: 7\r\n", 7s);
  add("a fraction", Fate::retried, "retry-after: 2.5\r\n", 2s);
  add("0", Fate::retried, "retry-after: 0\r\n");
  add("exactly what is obeyed", Fate::retried, "retry-after: 60\r\n", 60s);
  add("longer than is obeyed", Fate::left, "retry-after: 61\r\n", 0s, 61s);
  add("longer than the interval", Fate::left, "retry-after: 900\r\n", 0s, 900s);
  add("an hour", Fate::left, "retry-after: 3600\r\n", 0s, 3600s);
  add("huge", Fate::left, "retry-after: 31536000\r\n", 0s, 3600s);
  add("beyond any number", Fate::retried, "retry-after: 99999999999999999999999999\r\n");
  add("negative", Fate::retried, "retry-after: -5\r\n");
  add("an exponent", Fate::retried, "retry-after: 1e9\r\n");
  add("nan", Fate::retried, "retry-after: nan\r\n");
  add("garbage", Fate::retried, "retry-after: soon\r\n");
  add("empty", Fate::retried, "retry-after: \r\n");
  add("a date", Fate::retried, "retry-after: {date+20}\r\n", 20s);
  add("a late date", Fate::left, "retry-after: {date+600}\r\n", 0s, 600s);
  add("a past date", Fate::retried, "retry-after: {date-3600}\r\n");
  add("a date that is none", Fate::retried, "retry-after: Mon, 99 Nov 2026 25:61:00 GMT\r\n");
  add("milliseconds", Fate::retried, "retry-after-ms: 2500\r\n", 2s);
  add("milliseconds before seconds", Fate::retried, "retry-after-ms: 1500\r\nretry-after: 900\r\n",
      1s);
  add("bad milliseconds, good seconds", Fate::retried, "retry-after-ms: x\r\nretry-after: 3\r\n",
      3s);
  add("huge milliseconds", Fate::left, "retry-after-ms: 3600000\r\n", 0s, 3600s);
  add("not to be retried", Fate::left, "x-should-retry: false\r\n");
  add("not to be retried, seconds", Fate::left, "x-should-retry: false\r\nretry-after: 400\r\n", 0s,
      400s);
  add("odd x-should-retry", Fate::retried, "x-should-retry: perhaps\r\n");
  const std::string cap = R"(,"details":{"error_code":"enforced_spend_limit_reached"})";
  add("spend cap", Fate::left, "", 0s, 0s, cap);
  add("spend cap that shall be retried", Fate::left, "x-should-retry: true\r\n", 0s, 0s, cap);
  add("spend cap with seconds", Fate::retried, "retry-after: 4\r\n", 4s, 0s, cap);
}

void server_errors(std::vector<Variant>& list) {
  for (const int status : {500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 520,
                           521, 522, 523, 524, 525, 526, 527, 529, 530, 561, 598, 599})
    list.push_back({std::to_string(status), status, Fate::retried, "",
                    error_body(status == 529 ? "overloaded_error" : "api_error", "no")});
  list.push_back({"502 as a web page", 502, Fate::retried, "Content-Type: text/html\r\n",
                  "<html><h1>Bad gateway</h1></html>"});
  list.push_back({"500 without a body", 500, Fate::retried});
  list.push_back({"500 with half an error", 500, Fate::retried, "", R"({"type":"error","err)"});
  list.push_back({"500 with an endless body", 500, Fate::retried, "", std::string(3 << 20, 'x')});
  list.push_back({"500 with control characters", 500, Fate::retried, "",
                  error_body("api\\u0007_error", "a\\nb\\u001b[31m\\u202e")});
  list.push_back({"503 seconds", 503, Fate::retried, "retry-after: 5\r\n", "", 5s});
  list.push_back(
      {"503 longer than is obeyed", 503, Fate::left, "retry-after: 700\r\n", "", 0s, 700s});
  list.push_back({"500 not to be retried", 500, Fate::left, "x-should-retry: false\r\n"});
  list.push_back({"500 and closed", 500, Fate::retried, "Connection: close\r\n"});
  for (const int status : {600, 777, 999})
    list.push_back({std::to_string(status), status, Fate::retried});
}

}  // namespace

std::vector<Variant> status_variants(const std::string& key, const std::string& same,
                                     const std::string& other_https,
                                     const std::string& other_http) {
  std::vector<Variant> list;
  interim(list);
  success(list);
  redirects(list, same, other_https, other_http);
  client_errors(list, key);
  throttled(list);
  server_errors(list);
  return list;
}

}  // namespace anthropic_metrics::test
