// SPDX-License-Identifier: Apache-2.0
// What the simulator's tests share: asking it in process and reading the answer as JSON.
#pragma once

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "simulator/simulator.hpp"

namespace anthropic_metrics::simulator::test {

namespace json = boost::json;

inline const std::string usage_path = "/v1/organizations/usage_report/messages";
inline const std::string cost_path = "/v1/organizations/cost_report";

inline Instant time(std::string_view text) {
  return std::chrono::floor<std::chrono::seconds>(parse_rfc3339(text).value());
}

/// Wednesday noon, frozen, with nothing that changes after the fact. Tests that fail show the seed
/// by INFO.
inline Options calm_options() {
  Options options;
  options.seed = 7;
  options.epoch = time("2026-11-04T12:00:00Z");
  options.late_rate = options.restate_rate = options.vanish_rate = options.limit_change_rate = 0;
  options.directory_change_rate = options.revision_rate = 0;
  options.odd_watermark = false;
  return options;
}

inline Request get(std::string target, Headers more = {}) {
  Request request{"GET",
                  std::move(target),
                  {{"x-api-key", default_admin_key}, {"anthropic-version", "2023-06-01"}},
                  ""};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return request;
}

inline json::value body_of(const Reply& reply) {
  return json::parse(reply.response.body);
}

/// The body of an answer that must be 200.
inline json::value ask(Simulator& simulator, const std::string& target, const Headers& more = {}) {
  const Reply reply = simulator.handle(get(target, more));
  INFO("seed " << simulator.options().seed << ", target " << target);
  INFO(reply.response.body.substr(0, 400));
  REQUIRE(reply.response.status == 200);
  return body_of(reply);
}

/// The `data` of such an answer, by value, so that a loop may run over it.
inline json::array data_of(Simulator& simulator, const std::string& target) {
  return ask(simulator, target).at("data").as_array();
}

/// The message of an answer that must be this error.
inline std::string refusal(Simulator& simulator, const Request& request, int status) {
  const Reply reply = simulator.handle(request);
  INFO(reply.response.body.substr(0, 400));
  REQUIRE(reply.response.status == status);
  const json::value body = body_of(reply);
  CHECK(body.at("type") == "error");
  CHECK(body.at("error").at("type") == json::value(json::string(error_type(status))));
  CHECK(body.at("request_id") ==
        json::value(json::string(find_header(reply.response.headers, "request-id").value())));
  return std::string(body.at("error").at("message").as_string());
}

inline std::string text(const json::value& value) {
  return std::string(value.as_string());
}

}  // namespace anthropic_metrics::simulator::test
