// SPDX-License-Identifier: Apache-2.0
#include "api/retry.hpp"

#include <catch2/catch_test_macros.hpp>

#include "api/foreign_answer.hpp"
#include "api/pace.hpp"
#include "api/status_error.hpp"
#include "canary.hpp"
#include "net/rate_floor.hpp"

namespace anthropic_metrics::api {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Action = RetryDecision::Action;

RetryDecision after(int number, int status, std::vector<net::Header> headers = {},
                    double random = 0.5) {
  const net::ResponseHead head{status, std::move(headers)};
  Attempt attempt;
  attempt.number = number;
  attempt.head = &head;
  attempt.random = random;
  return decide(attempt);
}

RetryDecision after_failure(int number, Errc code) {
  Attempt attempt;
  attempt.number = number;
  attempt.failed = code;
  return decide(attempt);
}

}  // namespace

TEST_CASE("every status is done, retried or given up as the official clients do") {
  int checked = 0;
  for (int status = 200; status < 600; ++status) {
    CAPTURE(status);
    const RetryDecision decision = after(1, status);
    const bool retried = status == 408 || status == 409 || status == 429 || status >= 500;
    const bool done = status < 300 && status != 206;
    const Action expected = done ? Action::done : retried ? Action::retry : Action::give_up;
    CHECK(decision.action == expected);
    CHECK(after(2, status).action == expected);
    // The third attempt is the last.
    CHECK(after(3, status).action == (done ? Action::done : Action::give_up));
    ++checked;
  }
  CHECK(checked == 400);
}

TEST_CASE("a status tells the caller what it can do") {
  CHECK(after(1, 401).code == Errc::unauthorized);
  CHECK(after(1, 403).code == Errc::forbidden);
  CHECK(after(1, 410).code == Errc::protocol);
  CHECK(after(1, 429).code == Errc::throttled);
  CHECK(after(1, 529).code == Errc::transient);
  CHECK(after(1, 408).code == Errc::transient);
  CHECK(after(1, 301).code == Errc::configuration);
  CHECK(after(1, 404).code == Errc::configuration);
  CHECK(after(1, 413).code == Errc::configuration);
}

TEST_CASE("back-off doubles from half a second to eight, with full jitter") {
  const milliseconds expected[] = {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 8000ms, 8000ms};
  for (int n = 1; n <= 7; ++n) {
    CHECK(backoff(n, 1.0) == expected[n - 1]);
    CHECK(backoff(n, 0.5) == expected[n - 1] / 2);
    CHECK(backoff(n, 0.0) == 0ms);
  }
  CHECK(backoff(1000000, 1.0) == 8000ms);
  RetryPolicy sdk;
  sdk.least = 0.75;
  CHECK(backoff(1, 0.0, sdk) == 375ms);
}

TEST_CASE("the server's delay wins over back-off while it is within a minute") {
  struct Case {
    std::vector<net::Header> headers;
    Action action;
    milliseconds wait;
  };
  const Case cases[] = {
      {{{"retry-after", "7"}}, Action::retry, 7s},
      {{{"retry-after", "0.1"}}, Action::retry, 100ms},
      {{{"retry-after-ms", "1500"}, {"retry-after", "7"}}, Action::retry, 1500ms},
      {{{"retry-after", "60"}}, Action::retry, 60s},
      {{{"retry-after", "61"}}, Action::give_up, 61s},
      {{{"retry-after", "3600"}}, Action::give_up, 3600s},
      {{{"retry-after", "86400"}}, Action::give_up, 3600s},  // remembered for an hour at most
      {{{"retry-after", "0"}}, Action::retry, 250ms},        // not obeyed: back-off
      {{{"retry-after", "-5"}}, Action::retry, 250ms},
      {{{"retry-after", "soon"}}, Action::retry, 250ms},
      {{}, Action::retry, 250ms},
  };
  for (const int status : {408, 409, 429, 500, 503, 529}) {
    for (const Case& c : cases) {
      CAPTURE(status, c.headers.empty() ? "none" : c.headers.back().value);
      const RetryDecision decision = after(1, status, c.headers);
      CHECK(decision.action == c.action);
      CHECK(decision.wait == c.wait);
    }
  }
}

TEST_CASE("when attempts run out the server's delay still bounds the next poll from below") {
  const RetryDecision decision = after(3, 429, {{"retry-after", "20"}});
  CHECK(decision.action == Action::give_up);
  CHECK(decision.wait == 20s);
}

TEST_CASE("x-should-retry overrides the status") {
  CHECK(after(1, 500, {{"x-should-retry", "false"}}).action == Action::give_up);
  CHECK(after(1, 429, {{"x-should-retry", "false"}}).action == Action::give_up);
  CHECK(after(1, 400, {{"x-should-retry", "true"}}).action == Action::retry);
  CHECK(after(1, 401, {{"x-should-retry", "true"}}).action == Action::retry);
  CHECK(after(3, 500, {{"x-should-retry", "true"}}).action == Action::give_up);
  CHECK(after(1, 200, {{"x-should-retry", "true"}}).action == Action::done);
  CHECK(after(1, 500, {{"x-should-retry", "maybe"}}).action == Action::retry);
}

TEST_CASE("a spend cap without a delay is not retried") {
  const net::ResponseHead head{429, {{"x-should-retry", "true"}}};
  Attempt attempt;
  attempt.head = &head;
  attempt.spend_cap = true;
  CHECK(decide(attempt).action == Action::give_up);
  CHECK(decide(attempt).code == Errc::throttled);

  const net::ResponseHead with_delay{429, {{"retry-after", "5"}}};
  attempt.head = &with_delay;
  CHECK(decide(attempt).action == Action::retry);
}

TEST_CASE("a lost connection is retried, a cancelled or misconfigured request is not") {
  CHECK(after_failure(1, Errc::transient).action == Action::retry);
  CHECK(after_failure(2, Errc::transient).action == Action::retry);
  CHECK(after_failure(3, Errc::transient).action == Action::give_up);
  for (const Errc code : {Errc::cancelled, Errc::configuration, Errc::protocol, Errc::internal,
                          Errc::unauthorized, Errc::state}) {
    CHECK(after_failure(1, code).action == Action::give_up);
    CHECK(after_failure(1, code).code == code);
  }
  // A body cut after 200 counts as lost, whatever the head said.
  const net::ResponseHead head{200, {{"x-should-retry", "false"}}};
  Attempt attempt;
  attempt.head = &head;
  attempt.failed = Errc::transient;
  CHECK(decide(attempt).action == Action::retry);
}

TEST_CASE("pace gives a burst of eight, then one place a second") {
  Pace pace;
  const Pace::Time start{};
  for (int i = 0; i < 8; ++i) CHECK(pace.reserve(start) == 0s);
  CHECK(pace.reserve(start) == 1s);
  CHECK(pace.reserve(start) == 2s);
  CHECK(pace.delay(start) == 3s);
  CHECK(pace.delay(start + 2s) == 1s);
  CHECK(pace.reserve(start + 3s) == 0s);
  CHECK(pace.reserve(start + 3s) == 1s);
}

TEST_CASE("pace never lets more than the burst and one a second through, whoever asks how often") {
  Pace pace;
  Pace::Time now{};
  std::vector<Pace::Time> due;
  unsigned seed = 12345;
  for (int i = 0; i < 20000; ++i) {
    seed = seed * 1664525u + 1013904223u;
    now += milliseconds(seed >> 22);  // 0 to 1.023 s
    due.push_back(now + pace.reserve(now));
    if (due.back() > now + 100s) now = due.back();  // a queue this long is slept off
  }
  std::size_t widest = 0;
  for (std::size_t first = 0, last = 0; last < due.size(); ++last) {
    while (due[last] - due[first] >= 60s) ++first;
    widest = std::max(widest, last - first + 1);
    if (last > 0) REQUIRE(due[last] >= due[last - 1]);
  }
  CHECK(widest <= 60 + 8);
}

TEST_CASE(
    "pace refills after a quiet time, never beyond its burst, and survives a clock that steps "
    "back") {
  Pace pace;
  Pace::Time now{};
  for (int i = 0; i < 8; ++i) pace.reserve(now);
  now += 3600s;
  for (int i = 0; i < 8; ++i) CHECK(pace.reserve(now) == 0s);
  CHECK(pace.reserve(now) == 1s);
  CHECK(pace.reserve(now - 10s) == 12s);
}

TEST_CASE("a rate floor lets a fast peer take all day and stops a slow one in one span") {
  net::RateFloor floor(30 * 1024, 30s);
  for (int i = 0; i < 1000; ++i) floor.note(30 * 1024, 29s);
  CHECK(floor.left() > 0s);
  for (int i = 0; i < 30; ++i) floor.note(1, 1s);
  CHECK(floor.left() <= 0s);
}

TEST_CASE("an error status becomes a sentence with place, fact and remedy") {
  const std::string json =
      R"({"type":"error","error":{"type":"%T","message":"%M"},"request_id":"req_body"})";
  const auto body = [&](std::string_view type, std::string_view message) {
    std::string text = json;
    text.replace(text.find("%T"), 2, type);
    text.replace(text.find("%M"), 2, message);
    return text;
  };
  struct Case {
    int status;
    std::string body;
    Errc code;
    std::vector<std::string> says;
  };
  const Case cases[] = {
      {401,
       body("authentication_error", "invalid x-api-key"),
       Errc::unauthorized,
       {"HTTP 401", "authentication_error: invalid x-api-key", "valid", "sk-ant-admin...",
        "a standard key does not work", "req_body"}},
      {403,
       body("permission_error", "no"),
       Errc::forbidden,
       {"organization admin permission", "Admin API access"}},
      {400,
       body("invalid_request_error", "Invalid date range: ending date must be after starting date"),
       Errc::nothing_yet,
       {"nothing to fetch yet"}},
      {400,
       body("invalid_request_error", "group_by: unknown"),
       Errc::configuration,
       {"group_by: unknown", "settings"}},
      {400,
       body("invalid_request_error", "Too many results: reduce limit or group_by"),
       Errc::too_much,
       {"Too many results"}},
      {413, body("request_too_large", "no"), Errc::too_much, {"HTTP 413", "too large"}},
      {400,
       "<html><head><title>400 No required SSL certificate was sent</title>",
       Errc::configuration,
       {"wants a client certificate: set ssl.certificate and ssl.key"}},
      {511, "", Errc::transient, {"wants a login"}},
      {402, "", Errc::configuration, {"HTTP 402: ", "billing"}},
      {404,
       "<html>\n<h1>Not\tFound</h1>",
       Errc::configuration,
       {"not the API's error body", "<html> <h1>Not Found</h1>"}},
      {408, "", Errc::transient, {"tried again"}},
      {409, "", Errc::transient, {"tried again"}},
      {410, "", Errc::protocol, {"cursor", "start"}},
      {418, "", Errc::configuration, {"HTTP 418"}},
      {429, body("rate_limit_error", "slow down"), Errc::throttled, {"too many requests"}},
      {500, "\xff\xfe\x00garbage", Errc::transient, {"HTTP 500", "\\xff\\xfe"}},
      {502, "", Errc::transient, {"HTTP 502: the server failed"}},
      {529, body("overloaded_error", "Overloaded"), Errc::transient, {"overloaded"}},
      {520, "", Errc::transient, {"HTTP 520"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.status, c.body);
    const Error error = status_error(c.status, c.body, "");
    CHECK(error.code == c.code);
    for (const auto& part : c.says) {
      CAPTURE(part, error.message);
      CHECK(error.message.find(part) != std::string::npos);
    }
    CHECK(error.message.size() < 800);
    CHECK(error.message.find_first_of("\r\n\t") == std::string::npos);
  }
}

TEST_CASE("an error status names its path, and of a path that nobody lacks what is wrong") {
  const auto message = [](int status, std::string path, std::string prefix) {
    return status_error({status, {}}, "", {std::move(path), std::move(prefix)}).message;
  };
  CHECK(message(404, "/v1/organizations/cost_report", "") ==
        "GET /v1/organizations/cost_report: HTTP 404: nothing is there; check url and the stream's "
        "filters, and that the organization may use this report");
  CHECK(message(404, "/v1/organizations/me", "").find("url does not lead to the API") !=
        std::string::npos);
  for (const char* prefix : {"/v1", "/gateway/v1"})
    CHECK(message(404, "/v1/organizations/me", prefix)
              .find("url ends in /v1, which every path begins with already; remove it") !=
          std::string::npos);
  CHECK(message(404, "/v1/organizations/me", "/anthropic-v1").find("remove it") ==
        std::string::npos);
  const net::ResponseHead page{503, {{"Content-Type", "text/html; charset=utf-8"}}};
  CHECK(status_error(page, "<html><TITLE>\n Maintenance </TITLE>")
            .message.find(
                "text/html; charset=utf-8 titled \"Maintenance\": \"<html><TITLE> Maintenance") !=
        std::string::npos);
  CHECK(status_error({504, {}}, "").slow);
  CHECK_FALSE(status_error({502, {}}, "").slow);
}

TEST_CASE("an answer with a good status that is not the API's says what came") {
  const Error fault{Errc::protocol, "$ is not valid JSON near byte 1: syntax error"};
  const Asked asked{"/v1/organizations/cost_report", ""};
  const auto told = [&](const std::string& type, std::string_view body) {
    return foreign_answer({200, {{"content-type", type}}}, body, fault, asked);
  };
  const Error page = told("text/html", "<!DOCTYPE html><title>Scheduled maintenance</title>");
  CHECK(page.code == Errc::protocol);
  CHECK(page.message.starts_with(
      "GET /v1/organizations/cost_report: HTTP 200, text/html titled \"Scheduled maintenance\": "
      "\"<!DOCTYPE html>"));
  CHECK(page.message.find(fault.message) != std::string::npos);
  CHECK(told("application/json", "\x1f\x8b\x08\x01")
            .message.find("compressed (gzip) although not said") != std::string::npos);
  CHECK(told("application/json", "").message.find("application/json, an empty body") !=
        std::string::npos);
  CHECK(told("", "").message.find("HTTP 200, an empty body") != std::string::npos);
  CHECK(told("text/plain", "\x1b[2J ok\nok").message.find("\\x1b[2J ok ok") != std::string::npos);
  // A report that broke far behind its beginning is told by its fault and path.
  CHECK(told("application/json", "{\"data\":[" + std::string(400, ' ')).message ==
        "GET /v1/organizations/cost_report: " + fault.message);

  struct Case {
    const char* type;
    Errc code;
  };
  for (const Case& c : {Case{"overloaded_error", Errc::transient},
                        {"api_error", Errc::transient},
                        {"rate_limit_error", Errc::throttled},
                        {"authentication_error", Errc::unauthorized},
                        {"permission_error", Errc::forbidden},
                        {"request_too_large", Errc::too_much},
                        {"something_new", Errc::transient}}) {
    CAPTURE(c.type);
    const Error error =
        told("application/json", std::string(R"({"type":"error","error":{"type":")") + c.type +
                                     R"(","message":"Overloaded"},"request_id":"req_7"})");
    CHECK(error.code == c.code);
    CHECK(error.message.find("HTTP 200 with an error inside (" + std::string(c.type) +
                             ": Overloaded)") != std::string::npos);
    CHECK(error.message.find("req_7") != std::string::npos);
  }
}

TEST_CASE(
    "an error's body is capped, escaped and stripped of keys, and the header's request id wins") {
  const std::string key(anthropic_metrics::test::canary);
  const Error echoed = status_error(500, "your key " + key + " is odd", "req_1");
  CHECK(echoed.message.find(key) == std::string::npos);
  CHECK(echoed.message.find("sk-ant-[redacted]") != std::string::npos);
  CHECK(echoed.message.find("(request-id req_1)") != std::string::npos);

  const std::string huge(1 << 20, 'x');
  CHECK(status_error(500, huge, huge).message.size() < 500);

  const std::string deep(100000, '[');
  CHECK(status_error(500, deep, "").code == Errc::transient);
}

TEST_CASE("a redirect is a configuration fault that names the target's host and nothing else") {
  const net::ResponseHead head{302, {{"Location", "https://evil.example:444/steal?token=abc"}}};
  const Error error = status_error(head, "");
  CHECK(error.code == Errc::configuration);
  CHECK(error.message.find("evil.example:444") != std::string::npos);
  CHECK(error.message.find("steal") == std::string::npos);
  CHECK(error.message.find("never followed") != std::string::npos);
}

TEST_CASE("a spend cap is found in the documented place only") {
  CHECK(parse_api_error(R"({"error":{"type":"rate_limit_error","message":"m",)"
                        R"("details":{"error_code":"enforced_spend_limit_reached"}}})")
            .spend_cap());
  CHECK_FALSE(
      parse_api_error(R"({"error":{"error_code":"enforced_spend_limit_reached"}})").spend_cap());
  for (const char* odd : {"", "null", "[]", "1", "{", R"({"error":1})",
                          R"({"error":{"type":1,"message":[]}})", R"({"error":{"details":"x"}})"}) {
    CHECK_FALSE(parse_api_error(odd).spend_cap());
  }
}

}  // namespace anthropic_metrics::api
