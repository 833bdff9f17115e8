// SPDX-License-Identifier: Apache-2.0
// audit.* of an input, and what the endpoint tells of the audits that follow from it.
#include "policy/policy.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "endpoint/host_status.hpp"
#include "proof/reading_config.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
namespace json = boost::json;

namespace {

ParsedPolicy parsed(const std::string& audit) {
  return parse_policy({{"p.yml",
                        "outputs.default.type: console\n"
                        "inputs:\n  - type: anthropic_metrics\n    audit: " +
                            audit + "\n"}},
                      {}, {});
}

std::string fault(const std::string& audit) {
  const ParsedPolicy policy = parsed(audit);
  REQUIRE(policy.faults.size() == 1);
  return to_string(policy.faults.front());
}

const json::value schema = json::parse(R"({"properties":{"streams":{"properties":{
  "usage":{"properties":{"bucket_width":{"default":"1h"},"group_by":{"default":["model"]},
    "interval":{"default":"5m"},"settle":{"default":"5m"}}},
  "claude_code":{"properties":{"interval":{"default":"1h"},"personal_data":{"default":"none"}}}}}}})");

SecretText config(const char* text) {
  return secret_text(text);
}

json::object read(const SecretText& made) {
  return made->expose([](std::string_view text) { return json::parse(text).as_object(); });
}

}  // namespace

TEST_CASE("a policy says how often a host audits itself, and whether it repairs") {
  const ParsedPolicy policy = parsed("{every: 24h, repair: yes}");
  REQUIRE(policy.faults.empty());
  CHECK(policy.policy.inputs.at(0).audit == AuditSettings{std::chrono::hours(24), true});
  CHECK_FALSE(policy.policy.inputs.at(0).settings.contains("audit"));
  CHECK(parsed("{every: 90s}").policy.inputs.at(0).audit ==
        AuditSettings{std::chrono::seconds(90), false});
  CHECK_FALSE(parsed("").policy.inputs.at(0).audit.has_value());
}

TEST_CASE("a wrong audit of a policy is named with its place") {
  CHECK_THAT(fault("{repair: true}"), ContainsSubstring("audit: {every: 24h}"));
  CHECK_THAT(fault("{every: 1d}"), ContainsSubstring("'1d' is not a time between two audits"));
  CHECK_THAT(fault("{every: 0s}"), ContainsSubstring("'0s' is not a time between two audits"));
  CHECK_THAT(fault("daily"), ContainsSubstring("a map with every"));
}

TEST_CASE("what the host's own audits found is told as metrics") {
  HostStatus status;
  status.inputs.push_back({"acme", "default",
                           json::parse(R"({"audit":{"usage":{"complete":true,"differences":3,
        "repaired":3,"repaired_total":5,"last_exact_to":"2026-09-01T00:00:00Z"},
        "cost":{"complete":false,"differences":0,"repaired_total":0}}})")
                               .as_object()});
  const std::string text = metrics_text(status);
  for (
      const char* line :
      {R"(anthropic_metrics_audit_exact_until_timestamp_seconds{input="acme",stream="usage"} 1788220800)",
       R"(anthropic_metrics_audit_complete{input="acme",stream="usage"} 1)",
       R"(anthropic_metrics_audit_complete{input="acme",stream="cost"} 0)",
       R"(anthropic_metrics_audit_differences{input="acme",stream="usage"} 3)",
       R"(anthropic_metrics_audit_repaired_total{input="acme",stream="usage"} 5)"})
    CHECK_THAT(text, ContainsSubstring(line));
  CHECK(metrics_text({}).find("audit") == std::string::npos);
}

TEST_CASE("the grain and the times of a stream follow from its settings, and from the schema") {
  const StreamWork usual = work_of(config(R"({"interval":"10m"})"), schema, "usage", "1d");
  CHECK(usual.grain == Grain{"1h", {"model"}});
  CHECK(usual.delay() == std::chrono::minutes(15));
  const StreamWork own = work_of(
      config(R"({"streams":{"usage":{"bucket_width":"1m","group_by":["workspace_id","model"],
                 "settle":"0s","interval":"1m"}}})"),
      schema, "usage", "1d");
  CHECK(own.grain == Grain{"1m", {"model", "workspace_id"}});
  CHECK(own.delay() == std::chrono::minutes(1));
  CHECK(work_of(config("{}"), schema, "cost", "1d").grain == Grain{"1d", {}});
  CHECK_FALSE(work_of(config("{}"), schema, "claude_code", "1d").hashed);
  CHECK(work_of(config(R"({"personal_data":"hashed"})"), schema, "claude_code", "1d").hashed);
  CHECK_FALSE(work_of(config(R"({"personal_data":"hashed"})"), schema, "usage", "1d").hashed);
}

TEST_CASE("an instance that reads on request has no state, and one stream in one grain") {
  const std::vector<StreamInfo> streams{{"usage", "x.usage", ""}, {"cost", "x.cost", ""}};
  const json::object made = read(reading_config(
      config(R"({"admin_api_key":"k","state":{"path":"/p"},"enable_request_tracer":true,
                 "streams":{"usage":{"enabled":true,"settle":"1m"},"cost":{"enabled":true}}})"),
      schema, streams, "usage", {"1d", {}}));
  CHECK(made == json::parse(R"({"admin_api_key":"k","streams":{
    "usage":{"enabled":true,"settle":"1m","bucket_width":"1d","group_by":[]},
    "cost":{"enabled":false}}})")
                    .as_object());
  CHECK(state_path_of(config(R"({"state":{"path":"/p"}})")) == "/p");
  CHECK(state_path_of(config("{}")).empty());
}
