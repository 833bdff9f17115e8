// SPDX-License-Identifier: Apache-2.0
// How an input fares, in the words of an Elastic Agent, and what goes into its archive.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "agent/diagnostics.hpp"
#include "agent/unit_state.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

InputStatus input(std::string_view details) {
  return {"unit-1", "default", json::parse(std::string(details)).as_object()};
}

const std::map<std::string, std::string> ids{{"usage", "s-usage"}, {"cost", "s-cost"}};

}  // namespace

TEST_CASE("component: healthy streams are a healthy unit, each under its id of the policy") {
  const UnitReport report = report_of(
      input(R"({"health": "healthy", "streams": {"usage": {"health": "healthy", "message": "x"},
                "cost": {"health": "healthy"}, "health": {"health": "healthy"}}})"),
      {}, ids);
  CHECK(report.state == UnitState::healthy);
  CHECK(report.message == "collecting");
  CHECK(json::serialize(report.payload) ==
        R"({"streams":{"s-usage":{"status":"HEALTHY","error":""},)"
        R"("s-cost":{"status":"HEALTHY","error":""},"health":{"status":"HEALTHY","error":""}}})");
}

TEST_CASE("component: the sentence of the stream that is failed is the unit's") {
  const UnitReport report =
      report_of(input(R"({"health": "failed", "streams": {"usage": {"health": "failed",
                "message": "the key is refused"}, "cost": {"health": "degraded"}}})"),
                {}, ids);
  CHECK(report.state == UnitState::failed);
  CHECK(report.message == "usage: the key is refused");
  CHECK_THAT(json::serialize(report.payload),
             ContainsSubstring(R"("s-usage":{"status":"FAILED","error":"the key is refused"})"));
}

TEST_CASE("component: an output that takes nothing makes the unit what it is, unless it is worse") {
  OutputStatus full;
  full.name = "default";
  full.state = HealthState::degraded;
  full.sentence = "no space left";
  const auto with = [&](std::string_view health) {
    return report_of(input(std::string(R"({"health": ")") + std::string(health) + R"("})"), full,
                     ids);
  };
  CHECK(with("healthy").state == UnitState::degraded);
  CHECK(with("healthy").message == "no space left");
  CHECK(with("failed").state == UnitState::failed);
  CHECK(with("starting").message == "no space left");
}

TEST_CASE("component: an input that has said nothing yet starts") {
  const UnitReport report = report_of(InputStatus{"unit-1", "default", {}}, {}, {});
  CHECK(report.state == UnitState::starting);
  CHECK(json::serialize(report.payload) == R"({"streams":{}})");
}

TEST_CASE("component: the archive shows the configuration without secrets of any kind") {
  const SecretText source = secret_text(R"({
    "admin_api_key": "sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz", "__mark_redact_admin_api_key": true,
    "proxy_url": "http://user:canary-p@proxy:3128", "proxy_headers": {"X-Any": "canary-h"},
    "ssl": {"key": "-----BEGIN canary-k", "certificate": "public"},
    "streams": [{"id": "s", "password": "canary-w", "bucket_width": "1h"}]})");
  const DiagnosticFile file = configuration_file(source);
  CHECK_THAT(file.content, !ContainsSubstring("canary") && !ContainsSubstring("CANARY"));
  const json::object shown = json::parse(file.content).as_object();
  CHECK(shown.at("streams").as_array()[0].as_object().at("bucket_width").as_string() == "1h");
  CHECK(shown.at("ssl").as_object().at("certificate").as_string() == "public");
  CHECK(shown.at("proxy_url").as_string() == "http://[redacted]@proxy:3128");
}

TEST_CASE("component: the archive's status is that of the unit that was asked about") {
  HostStatus status;
  status.inputs.push_back({"a", "default", {}});
  status.inputs.push_back({"b", "default", {}});
  CHECK(json::parse(status_file(status, "a").content).at("inputs").as_array().size() == 1);
  CHECK(json::parse(status_file(status, "").content).at("inputs").as_array().size() == 2);
}
