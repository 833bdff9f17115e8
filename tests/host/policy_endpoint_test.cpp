// SPDX-License-Identifier: Apache-2.0
// http.* of a policy.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "policy/policy.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

const std::string rest = "outputs.default.type: console\ninputs: [{type: anthropic_metrics}]\n";

ParsedPolicy parsed(const std::string& yaml, const std::vector<Override>& overrides = {}) {
  Variables variables;
  variables.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "PORT" ? std::optional<std::string>("6000") : std::nullopt;
  };
  return parse_policy({{"p.yml", yaml + rest}}, overrides, variables);
}

EndpointSettings good(const std::string& yaml, const std::vector<Override>& overrides = {}) {
  const ParsedPolicy policy = parsed(yaml, overrides);
  for (const Fault& fault : policy.faults) UNSCOPED_INFO(to_string(fault));
  CHECK(policy.faults.empty());
  return policy.policy.endpoint;
}

std::string notes(const std::string& yaml) {
  std::string all;
  for (const Note& note : parsed(yaml).policy.notes) all += note.text + "\n";
  return all;
}

}  // namespace

TEST_CASE("the endpoint is off, and on this machine's port of Beats when it is on") {
  CHECK(good("") == EndpointSettings{false, "localhost", 5066});
  CHECK(good("http.enabled: true\n") == EndpointSettings{true, "localhost", 5066});
  CHECK(good("http: {enabled: true, host: 127.0.0.1, port: 80}\n") ==
        EndpointSettings{true, "127.0.0.1", 80});
  CHECK(good("http: {enabled: true, host: '[::1]', port: '${PORT}'}\n") ==
        EndpointSettings{true, "::1", 6000});
  CHECK(good("", {{"http.enabled", "true"}, {"http.port", "7"}}) ==
        EndpointSettings{true, "localhost", 7});
}

TEST_CASE("the Agent's place for these settings counts, and the policy's own before it") {
  CHECK(good("agent.monitoring.http: {enabled: true, port: 6791}\n") ==
        EndpointSettings{true, "localhost", 6791});
  CHECK(good("agent.monitoring.http: {enabled: true, port: 6791}\nhttp.port: 1\n") ==
        EndpointSettings{true, "localhost", 1});
  CHECK_FALSE(good("agent.monitoring.http.enabled: true\nhttp.enabled: false\n").enabled);
}

TEST_CASE("what the endpoint cannot do is a fault with its remedy") {
  struct Case {
    const char *yaml, *says;
  };
  for (const Case& c :
       {Case{"http: {enabled: 7}\n", "true or false"},
        {"http: on\n", "a map with 'enabled'"},
        {"http: {enabled: true, port: 65536}\n", "from 0 to 65535"},
        {"http: {enabled: true, port: x}\n", "from 0 to 65535"},
        {"http: {enabled: true, host: 'unix:///run/x.sock'}\n", "are not supported here"},
        {"http: {enabled: true, host: 'npipe:///x'}\n", "are not supported here"},
        {"http: {enabled: true, host: 'localhost:80'}\n", "write the port as http.port"},
        {"http: {enabled: true, host: ''}\n", "no name of a host"},
        {"http: {enabled: true, port: '${NONE}'}\n", "${NONE} has no value"}}) {
    const ParsedPolicy policy = parsed(c.yaml);
    CAPTURE(c.yaml);
    REQUIRE_FALSE(policy.faults.empty());
    CHECK_THAT(to_string(policy.faults[0]), ContainsSubstring(c.says));
  }
}

TEST_CASE("an endpoint that others reach is warned of, and so is a key without effect") {
  CHECK_THAT(notes("http: {enabled: true, host: 0.0.0.0}\n"),
             ContainsSubstring("other machines") && ContainsSubstring("leave http.host out"));
  CHECK(notes("http: {enabled: true, host: 127.0.0.1}\n").empty());
  CHECK(notes("http: {enabled: false, host: 0.0.0.0}\n").empty());
  CHECK_THAT(notes("http: {enabled: true, pprof.enabled: true}\n"),
             ContainsSubstring("http.pprof has no effect"));
}
