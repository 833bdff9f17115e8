// SPDX-License-Identifier: Apache-2.0
// What the demo shows: exact sums, aligned tables, a policy that this host accepts.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "commands/demo_files.hpp"
#include "commands/demo_summary.hpp"
#include "policy/policy.hpp"
#include "scratch.hpp"
#include "table.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

TEST_CASE("decimals add up exactly") {
  struct Case {
    std::vector<const char*> amounts;
    const char* sum;
  };
  for (const Case& row : std::vector<Case>{
           {{}, "0.00"},
           {{"0.1", "0.2"}, "0.003"},
           {{"100"}, "1.00"},
           {{"123456789012345678901234567890.5", "0.5"}, "1234567890123456789012345678.91"},
           {{"1", "-0.000001"}, "0.00999999"},
           {{"-5", "3"}, "-0.02"},
           {{"3", "-5"}, "-0.02"},
           {{"5", "-5"}, "0.00"},
           {{"-5", "5", "-1"}, "-0.01"},
           {{"-1.50", "-0.5"}, "-0.02"},
           {{"9.99", "0.01"}, "0.10"},
           {{"007"}, "0.07"},
       }) {
    anthropic_metrics::Decimal sum;
    for (const char* amount : row.amounts) sum = sum + dollars(amount).value();
    CHECK(to_text(sum) == row.sum);
  }
}

TEST_CASE("what is not a plain decimal is not added") {
  for (const char* text : {"", "-", ".", "1.", ".5", "1e3", "1,5", "--1", "+1", "1 ", "NaN"})
    CHECK(!dollars(text));
}

TEST_CASE("numbers are grouped by thousands") {
  CHECK(grouped("0") == "0");
  CHECK(grouped("999") == "999");
  CHECK(grouped("1000") == "1,000");
  CHECK(grouped("-1234567.8901") == "-1,234,567.8901");
}

TEST_CASE("columns are aligned, decimals at their point") {
  CHECK(table({{"name", "USD"}, {"a", "1.25"}, {"longer", "1,000.125"}, {"b\u00e9", "7.00"}}) ==
        "  name          USD\n"
        "  a           1.25\n"
        "  longer  1,000.125\n"
        "  b\u00e9          7.00\n");
}

TEST_CASE("the summary adds tokens by model and cost by workspace, and keeps the last limits") {
  DemoSummary summary;
  for (
      const char* json : {
          R"({"data_stream":{"dataset":"anthropic_metrics.usage"},"anthropic":{"usage":{"model":"m","uncached_input_tokens":1000,"cached_input_tokens":5,"cache_creation_input_tokens":6,"output_tokens":7}}})",
          R"({"data_stream":{"dataset":"anthropic_metrics.usage"},"anthropic":{"usage":{"model":"m","uncached_input_tokens":-1,"cached_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":0}}})",
          R"({"data_stream":{"dataset":"anthropic_metrics.cost"},"anthropic":{"cost":{"workspace_id":"w","amount":0.1,"amount_exact":"0.1"}}})",
          R"({"data_stream":{"dataset":"anthropic_metrics.cost"},"anthropic":{"cost":{"workspace_id":"w","amount":0.2,"amount_exact":"0.2"}}})",
          R"({"data_stream":{"dataset":"anthropic_metrics.rate_limit"},"anthropic":{"rate_limit":{"group_type":"model_group","models":["m"],"requests_per_minute":50}}})",
          R"({"data_stream":{"dataset":"anthropic_metrics.rate_limit"},"anthropic":{"rate_limit":{"group_type":"model_group","models":["m"],"requests_per_minute":4000}}})",
      }) {
    add_document(summary, json);
  }
  CHECK(summary.faults.empty());
  const std::string text = to_text(summary);
  CHECK_THAT(text, ContainsSubstring("anthropic_metrics.usage               2"));
  CHECK_THAT(text, ContainsSubstring("m                 999             5             6       7"));
  CHECK_THAT(text, ContainsSubstring("w          0.003"));
  CHECK_THAT(text, ContainsSubstring("total      0.003"));
  CHECK_THAT(text, ContainsSubstring("  m             4,000") && !ContainsSubstring(" 50 "));
}

TEST_CASE("lines that are no documents are told") {
  DemoSummary summary;
  add_document(summary, "{");
  add_document(summary, "{}");
  add_document(
      summary,
      R"({"data_stream":{"dataset":"anthropic_metrics.cost"},"anthropic":{"cost":{"amount_exact":"much"}}})");
  CHECK(summary.faults.size() == 3);
}

TEST_CASE("the demo's policy is one that this host runs") {
  Variables variables;
  variables.environment = [](const std::string&) { return std::optional<std::string>("key"); };
  variables.known["path.config"] = "/demo";
  const std::vector<std::string> datasets{"anthropic_metrics.usage", "anthropic_metrics.cost",
                                          "anthropic_metrics.rate_limit"};
  const ParsedPolicy parsed =
      parse_policy({{"policy.yml", demo_policy("https://localhost:1", "/demo/ca.pem", datasets)}},
                   {}, variables);
  CHECK(parsed.faults.empty());
  CHECK(parsed.policy.notes.empty());
  REQUIRE(parsed.policy.inputs.size() == 1);
  CHECK(parsed.policy.inputs[0].streams->size() == 3);
  CHECK(parsed.policy.inputs[0].output->folder() == "/demo/documents");
  CHECK(parsed.policy.inputs[0].settings.at("ssl").at("certificate_authorities").at(0) ==
        "/demo/ca.pem");
}

TEST_CASE("preparing the demo's folder removes what a demo made and nothing else") {
  Scratch scratch;
  const DemoFolder folder{scratch / "demo"};
  write(folder.documents() / "old.ndjson", "{}");
  write(folder.state() / "state/demo/x", "");
  write(folder.root / "mine.txt", "keep");
  CHECK(prepare(folder));
  CHECK(std::filesystem::is_empty(folder.documents()));
  CHECK(!std::filesystem::exists(folder.state()));
  CHECK(read(folder.root / "mine.txt") == "keep");
}
