// SPDX-License-Identifier: Apache-2.0
// Every fault of a policy, as its author reads it: place, fact, expectation, remedy.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "policy/policy.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

std::vector<std::string> faults(const std::string& yaml) {
  std::vector<std::string> texts;
  for (const Fault& fault : parse_policy({{"p.yml", yaml}}, {}, {}).faults)
    texts.push_back(to_string(fault));
  return texts;
}

std::string with_input(const std::string& settings) {
  return "outputs: { default: { type: console } }\ninputs:\n  - type: anthropic_metrics\n    " +
         settings + "\n";
}

std::string with_output(const std::string& output) {
  return "outputs:\n  default: " + output + "\ninputs:\n  - type: anthropic_metrics\n";
}

}  // namespace

TEST_CASE("each fault is told exactly") {
  struct Case {
    std::string yaml;
    std::string text;
  };
  for (const Case& row : std::vector<Case>{
           {with_input("use_output: files"),
            "p.yml:4: inputs[0].use_output: input 'anthropic_metrics' uses output 'files', which "
            "does not exist; expected "
            "one of: default; name a known output, or add outputs.files with 'type: console', "
            "'type: elasticsearch' or 'type: file'"},
           {"inputs:\n  - type: anthropic_metrics\n",
            "p.yml:2: inputs[0].use_output: input 'anthropic_metrics' uses output 'default', which "
            "does not exist; "
            "expected an entry below 'outputs:'; name a known output, or add outputs.default with "
            "'type: console', 'type: elasticsearch' or 'type: file'"},
           {with_output("{ type: elasticsearch, hosts: ['${NOPE}'] }"),
            "p.yml:2: outputs.default: variable ${NOPE} has no value; expected a value, since an "
            "output cannot be left out; set it in the environment of this process or give a "
            "default as in ${NAME:default}"},
           {with_output("{ type: kafka }"),
            "p.yml:2: outputs.default.type: output type 'kafka' is not supported by this host; "
            "expected 'console', 'elasticsearch' or 'file'; change the type, or let the input use "
            "another output"},
           {with_output("{}"),
            "p.yml:2: outputs.default.type: the output has no type; expected 'console', "
            "'elasticsearch' or 'file'; "
            "change the type, or let "
            "the input use another output"},
           {with_output("[]"),
            "p.yml:2: outputs.default: this is a list; expected a map with 'type'"},
           {"outputs: 3\ninputs: []\n",
            "p.yml:1: outputs: this is a number; expected a map of outputs by name; write "
            "'outputs:' and below it "
            "'default:'"},
           {with_output("{ type: file }"),
            "p.yml:2: outputs.default.path: a file output needs a directory; expected a path; add "
            "'path: <directory>'"},
           {with_output("{ type: file, path: '${NOPE}' }"),
            "p.yml:2: outputs.default: variable ${NOPE} has no value; expected a value, since an "
            "output cannot be left "
            "out; set it in the environment of this process or give a default as in "
            "${NAME:default}"},
           {with_output("{ type: file, path: /x, filename: a/b }"),
            "p.yml:2: outputs.default.filename: this is not a file name; expected the beginning of "
            "a file name, without "
            "'/'; put the directory into 'path'"},
           {with_output("{ type: file, path: /x, rotate_every_kb: 0 }"),
            "p.yml:2: outputs.default.rotate_every_kb: 0 is out of range; expected a whole number "
            "from 1 to 1000000000"},
           {with_output("{ type: file, path: /x, number_of_files: two }"),
            "p.yml:2: outputs.default.number_of_files: this is a text; expected a whole number "
            "from 2 to 1024"},
           {with_output("{ type: file, path: /x, permissions: 0999 }"),
            "p.yml:2: outputs.default.permissions: these are not usable file permissions; expected "
            "octal digits such as "
            "0600 that let the owner read and write"},
           {with_output("{ type: file, path: /x, permissions: 0400 }"),
            "p.yml:2: outputs.default.permissions: these are not usable file permissions; expected "
            "octal digits such as "
            "0600 that let the owner read and write"},
           {with_input("id: a\n  - type: anthropic_metrics\n    id: a"),
            "p.yml:5: inputs[1].id: input 'a' exists already at p.yml:3; expected an id of its own "
            "for every input; "
            "change one of the two"},
           {with_input("x: 1\n  - type: anthropic_metrics"),
            "p.yml:5: inputs[1].id: input 'anthropic_metrics' exists already at p.yml:3; expected "
            "an id of its own for "
            "every input; add an id: without one it is the input's type"},
           {"inputs: 7\n",
            "p.yml:1: inputs: this is a number; expected a list; begin each input with '- '"},
           {"inputs: [x]\n", "p.yml:1: inputs[0]: this is a text; expected a map with 'type'"},
           {"inputs: [{ id: x }]\n",
            "p.yml:1: inputs[0].type: the input has no type; expected 'type: anthropic_metrics'; "
            "add it"},
           {with_input("enabled: 3"),
            "p.yml:4: inputs[0].enabled: this is a number; expected true or false"},
           {with_input("log_level: loud"),
            "p.yml:4: inputs[0].log_level: 'loud' is not a level; expected error, warn, info, "
            "debug or trace"},
           {with_input("data_stream: x"),
            "p.yml:4: inputs[0].data_stream: this is a text; expected a map"},
           {with_input("data_stream.namespace: a-b"),
            "p.yml:4: inputs[0].data_stream.namespace: 'a-b' cannot be part of a data stream's "
            "name: it contains '-'; "
            "expected lower-case letters, digits, '_' and '.'; rename it"},
           {with_input("data_stream.namespace: Prod"),
            "p.yml:4: inputs[0].data_stream.namespace: 'Prod' cannot be part of a data stream's "
            "name: it contains an "
            "upper-case letter; expected lower-case letters, digits, '_' and '.'; rename it"},
           {with_input("streams: x"),
            "p.yml:4: inputs[0].streams: this is a text; expected a list; begin each stream with "
            "'- '"},
           {with_input("streams: [x]"),
            "p.yml:4: inputs[0].streams[0]: this is a text; expected a map with "
            "data_stream.dataset"},
           {with_input("streams: [{ interval: 5m }]"),
            "p.yml:4: inputs[0].streams[0].data_stream.dataset: the stream does not say which "
            "dataset it is; expected a name, a dot and a stream of the plugin, such as "
            "anthropic_metrics.usage or claude_metrics.cost; 'anthropic-metrics "
            "version' lists the plugin's streams"},
           {with_input("streams: [{ data_stream.dataset: usage }]"),
            "p.yml:4: inputs[0].streams[0].data_stream.dataset: 'usage' is not a dataset of this "
            "input; expected a name, a dot and a stream of the plugin, such as "
            "anthropic_metrics.usage or claude_metrics.cost; 'anthropic-metrics "
            "version' lists the plugin's streams"},
           {with_input("streams: [{ data_stream.dataset: .usage }]"),
            "p.yml:4: inputs[0].streams[0].data_stream.dataset: '.usage' is not a dataset of this "
            "input; expected a name, a dot and a stream of the plugin, such as "
            "anthropic_metrics.usage or claude_metrics.cost; 'anthropic-metrics "
            "version' lists the plugin's streams"},
           {with_input("streams: [{ data_stream.dataset: Claude.usage }]"),
            "p.yml:4: inputs[0].streams[0].data_stream.dataset: 'Claude.usage' cannot be part of a "
            "data stream's name: it contains an upper-case letter; expected lower-case letters, "
            "digits, '_' and '.'; rename it"},
           {with_input("streams: [{ data_stream.dataset: a.usage, dataset: b.usage }]"),
            "p.yml:4: inputs[0].streams[0].dataset: the dataset is said as 'dataset'; expected "
            "data_stream.dataset; write 'data_stream.dataset: a.usage' alone"},
           {with_input("streams: [{ data_stream.dataset: anthropic_metrics.usage }, { "
                       "data_stream.dataset: claude_metrics.usage }]"),
            "p.yml:4: inputs[0].streams[1]: stream 'usage' is listed twice in input "
            "'anthropic_metrics'; expected each stream once per input, whatever its dataset is "
            "called; remove one, or make a second input"},
           {with_input("key: $co.elastic.secret{abc}"),
            "p.yml:4: inputs[0].key: this is a reference to a secret of Fleet, which only Fleet "
            "Server can resolve; "
            "expected the value itself, or ${NAME} for an environment variable; replace the marker "
            "$co.elastic.secret{...}"},
           {with_input("url: ${OPEN"),
            "p.yml:4: inputs[0].url: '${' without a closing '}'; expected ${NAME}; close it, or "
            "write $${ for a literal "
            "${"},
           {"agent.features.encrypted_config.enabled: true\n",
            "p.yml:1: agent.features.encrypted_config.enabled: this policy belongs to an Agent "
            "that encrypts its "
            "configuration on disk; expected a policy in plain YAML; export the policy from Kibana "
            "(Add agent > Run "
            "standalone) and use that file"},
           {"agent.logging.level: loud\n",
            "p.yml:1: agent.logging.level: 'loud' is not a level; expected error, warn, info, "
            "debug or trace"},
           {"outputs:\n  a: { type: file, path: /x }\n  b: { type: file, path: /x }\ninputs:\n"
            "  - { type: anthropic_metrics, id: i, use_output: a }\n  - { type: anthropic_metrics, "
            "id: j, use_output: b }\n",
            "p.yml:3: outputs.b.path: outputs 'a' and 'b' write to the same files; expected "
            "different 'path' or "
            "'filename'; let both inputs use one of the two outputs"},
       }) {
    CAPTURE(row.yaml);
    const std::vector<std::string> texts = faults(row.yaml);
    for (const std::string& text : texts) UNSCOPED_INFO(text);
    REQUIRE(texts.size() == 1);
    CHECK(texts[0] == row.text);
  }
}

TEST_CASE("all faults are told at once") {
  const std::vector<std::string> texts = faults(
      "outputs:\n"
      "  default: { type: logstash }\n"
      "inputs:\n"
      "  - { type: anthropic_metrics, id: a }\n"
      "  - { type: anthropic_metrics, id: b }\n"
      "  - { type: anthropic_metrics, id: c, use_output: nowhere }\n"
      "  - { type: anthropic_metrics, id: c, log_level: 5 }\n");
  REQUIRE(texts.size() == 4);
  CHECK_THAT(texts[0], ContainsSubstring("inputs[3].id: input 'c' exists already"));
  CHECK_THAT(texts[1],
             ContainsSubstring("outputs.default.type"));  // once, although three inputs use it
  CHECK_THAT(texts[2], ContainsSubstring("uses output 'nowhere'"));
  CHECK_THAT(texts[3], ContainsSubstring("inputs[3].log_level: '5' is not a level"));
}

TEST_CASE("faults never quote the values of free settings") {
  const std::string secret = "sk-canary-value";
  for (const std::string& yaml :
       {with_input("admin_api_key: " + secret + "\n    streams: " + secret),
        with_input("enabled: " + secret), with_input("admin_api_key: '" + secret),
        with_input("admin_api_key: ${" + secret),
        with_input("admin_api_key: x\n    admin_api_key: " + secret), "outputs: " + secret}) {
    const std::vector<std::string> texts = faults(yaml);
    CHECK(!texts.empty());
    for (const std::string& text : texts) CHECK_THAT(text, !ContainsSubstring(secret));
  }
}
