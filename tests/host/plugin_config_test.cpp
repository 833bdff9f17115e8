// SPDX-License-Identifier: Apache-2.0
#include "policy/plugin_config.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>

#include "dataset.hpp"
#include "policy/policy.hpp"

using namespace anthropic_metrics::host;

namespace {

const std::vector<StreamInfo> streams{{"usage", "anthropic_metrics.usage", ""},
                                      {"cost", "anthropic_metrics.cost", ""},
                                      {"rate_limit", "anthropic_metrics.rate_limit", ""}};

Input input_from(const std::string& yaml) {
  const ParsedPolicy parsed =
      parse_policy({{"p.yml", "outputs.default.type: console\ninputs:\n" + yaml}}, {}, {});
  for (const Fault& fault : parsed.faults) UNSCOPED_INFO(to_string(fault));
  REQUIRE(parsed.policy.inputs.size() == 1);
  return parsed.policy.inputs[0];
}

std::string config(const std::string& yaml, const std::string& data = "/data") {
  return boost::json::serialize(make_plugin_config(input_from(yaml), streams, data));
}

}  // namespace

TEST_CASE("an input without streams leaves the choice to the plugin") {
  CHECK(config("  - type: anthropic_metrics\n    id: acme\n") ==
        R"({"namespace":"default","acknowledge":"explicit","state":{"path":"/data/state/acme"}})");
}

TEST_CASE("free keys pass through typed, the Agent's own keys do not") {
  CHECK(
      config("  - type: anthropic_metrics\n"
             "    id: acme\n"
             "    name: Acme\n"
             "    revision: 3\n"
             "    package_policy_id: x\n"
             "    use_output: default\n"
             "    enabled: true\n"
             "    meta: { package: { name: anthropic_metrics } }\n"
             "    policy: { revision: 1 }\n"
             "    log_level: debug\n"
             "    url: http://localhost\n"
             "    ssl.verification_mode: none\n"
             "    preserve_original_event: false\n"
             "    tags: [forwarded, 7]\n") ==
      R"({"url":"http://localhost","ssl":{"verification_mode":"none"},"preserve_original_event":false,)"
      R"("tags":["forwarded",7],"namespace":"default","acknowledge":"explicit","state":{"path":"/data/state/acme"}})");
}

TEST_CASE("listed streams are on, the others are off") {
  CHECK(config("  - type: anthropic_metrics\n"
               "    id: acme\n"
               "    data_stream.namespace: prod\n"
               "    streams:\n"
               "      - id: s1\n"
               "        data_stream: { dataset: anthropic_metrics.usage, namespace: other }\n"
               "        interval: 5m\n"
               "        group_by: [model]\n"
               "      - data_stream.dataset: anthropic_metrics.cost\n"
               "        enabled: false\n",
               "") ==
        R"({"namespace":"prod","acknowledge":"explicit","streams":{)"
        R"("usage":{"interval":"5m","group_by":["model"],"enabled":true,"namespace":"other"},)"
        R"("cost":{"enabled":false},"rate_limit":{"enabled":false}}})");
}

TEST_CASE(
    "a stream that the plugin does not know is handed over, so that the plugin can refuse it") {
  CHECK(config("  - type: anthropic_metrics\n    streams:\n      - data_stream.dataset: "
               "anthropic_metrics.new\n",
               "") ==
        R"({"namespace":"default","acknowledge":"explicit","streams":{"new":{"enabled":true},)"
        R"("usage":{"enabled":false},"cost":{"enabled":false},"rate_limit":{"enabled":false}}})");
}

TEST_CASE("a data set of another name is the plugin's to write, and the output's to expect") {
  const char* policy =
      "  - type: anthropic_metrics\n"
      "    streams:\n"
      "      - data_stream.dataset: claude_metrics.usage\n"
      "      - data_stream.dataset: anthropic_metrics.cost\n";
  CHECK(config(policy, "") ==
        R"({"namespace":"default","acknowledge":"explicit","streams":{)"
        R"("usage":{"dataset":"claude_metrics.usage","enabled":true},"cost":{"enabled":true},)"
        R"("rate_limit":{"enabled":false}}})");
  const Input input = input_from(policy);
  const std::vector<StreamTarget> targets = targets_of(input, streams);
  CHECK(targets[0].data_stream() == "metrics-claude_metrics.usage-default");
  CHECK(targets[1].data_stream() == "metrics-anthropic_metrics.cost-default");
  // Of one that is not listed nothing comes; it would be of the name of those that are.
  CHECK(targets[2].data_stream() == "metrics-claude_metrics.rate_limit-default");
  CHECK(targets_of(input_from("  - type: anthropic_metrics\n"), streams)[2].dataset ==
        "anthropic_metrics.rate_limit");
}

TEST_CASE("a data set is a name and a stream") {
  const auto parts = split_dataset("our.claude.rate_limit");
  REQUIRE(parts);
  CHECK(parts->name == "our.claude");
  CHECK(parts->stream == "rate_limit");
  for (const char* none : {"", "usage", ".usage", "usage.", "."}) {
    CAPTURE(none);
    CHECK_FALSE(split_dataset(none));
  }
  CHECK(name_in("metrics-claude_metrics.usage-a-b") == "claude_metrics");
  CHECK(name_in("metrics-claude_metrics.usage") == "claude_metrics");
  CHECK(name_in("anything") == "anthropic_metrics");
  CHECK(data_streams_of("claude_metrics") == "metrics-claude_metrics.*");
}

TEST_CASE("state is where the policy says, else below the data path, else in memory only") {
  CHECK(config("  - type: anthropic_metrics\n    state.path: /mine\n") ==
        R"({"state":{"path":"/mine"},"namespace":"default","acknowledge":"explicit"})");
  CHECK(config("  - type: anthropic_metrics\n", "") ==
        R"({"namespace":"default","acknowledge":"explicit"})");
  CHECK(
      config("  - type: anthropic_metrics\n    state.lock: true\n") ==
      R"({"state":{"lock":true,"path":"/data/state/anthropic_metrics"},"namespace":"default","acknowledge":"explicit"})");
}

TEST_CASE("ids become file names that stay different") {
  CHECK(file_safe("acme-1.prod_x") == "acme-1.prod_x");
  CHECK(file_safe("a/b") != file_safe("a_b"));
  CHECK(file_safe("a/b") != file_safe("a:b"));
  CHECK(file_safe("a/b").find('/') == std::string::npos);
  CHECK(file_safe("..").front() == '_');
  CHECK(file_safe("").size() > 1);
  CHECK(file_safe(std::string(300, 'a')).size() <= 100);
}

TEST_CASE("secrets are the values of keys that name one, and the users in URLs") {
  const Input input = input_from(
      "  - type: anthropic_metrics\n"
      "    admin_api_key: one\n"
      "    authentication: bearer\n"
      "    other_key: file:/run/key\n"
      "    ssl: { key_passphrase: two, certificate: not }\n"
      "    headers: [{ token: three }]\n"
      "    proxy_url: http://user:four@proxy:3128\n");
  CHECK(secrets_of(input.settings) == std::vector<std::string>{"one", "two", "three", "user:four"});
}

TEST_CASE("a path is no secret, also below a name with key in it, and belongs into messages") {
  struct Case {
    const char* setting;
    std::vector<std::string> secrets;
  };
  for (const Case& c : std::vector<Case>{
           {"ssl: { key: /etc/ssl/client.key }", {}},
           {"ssl: { key: client.key }", {}},
           {"ssl: { key: \"-----BEGIN PRIVATE KEY-----\\nMII\" }",
            {"-----BEGIN PRIVATE KEY-----\nMII"}},
           {"ssl.key_passphrase: /like/a/path", {"/like/a/path"}},
           {"admin_api_key: /run/secrets/key", {}},
           {"admin_api_key: file:/run/secrets/key", {}},
           {"admin_api_key: systemd:key", {}},
           {"admin_api_key: $secret{key}", {}},
           {"admin_api_key: \" odd \\t\"", {" odd \t", "odd"}},
           {"password: /secret", {"/secret"}},
       }) {
    CAPTURE(c.setting);
    CHECK(secrets_of(input_from("  - type: anthropic_metrics\n    " + std::string(c.setting) + "\n")
                         .settings) == c.secrets);
  }
}

TEST_CASE("a document's file is named by the namespace that holds for its stream") {
  const Input input = input_from(
      "  - type: anthropic_metrics\n"
      "    data_stream.namespace: prod\n"
      "    streams:\n"
      "      - data_stream: { dataset: anthropic_metrics.cost, namespace: money }\n");
  const std::vector<StreamTarget> targets = targets_of(input, streams);
  REQUIRE(targets.size() == 3);
  CHECK(targets[0].data_namespace == "prod");
  CHECK(targets[1].data_namespace == "money");
  CHECK(targets[1].dataset == "anthropic_metrics.cost");
}
