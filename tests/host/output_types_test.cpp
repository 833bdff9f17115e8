// SPDX-License-Identifier: Apache-2.0
// What is registered as a type of output, and what a policy makes of it.
#include <catch2/catch_test_macros.hpp>

#include "output_setup.hpp"
#include "outputs/console_sink.hpp"
#include "outputs/elasticsearch.hpp"
#include "policy/output.hpp"
#include "policy/policy.hpp"
#include "store/http_settings.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

OutputPtr output_of(const std::string& section) {
  const ParsedPolicy parsed = parse_policy(
      {{"p.yml", "outputs.default: " + section + "\ninputs:\n  - type: anthropic_metrics\n"}}, {},
      {});
  REQUIRE(parsed.faults.empty());
  return parsed.policy.inputs.at(0).output;
}

}  // namespace

TEST_CASE("types of outputs are sorted, and messages name them all") {
  CHECK(known_types("") == "'console', 'elasticsearch' or 'file'");
  CHECK(known_types("type: ") == "'type: console', 'type: elasticsearch' or 'type: file'");
  CHECK(output_types().size() == 3);
}

TEST_CASE("a store is asked at the port that the policy says") {
  struct Case {
    std::string host;
    std::uint16_t port;
  };
  for (const Case& c : {Case{"https://es.example", 9200}, Case{"https://es.example:443", 443},
                        Case{"http://localhost:80", 80}, Case{"http://[::1]", 9200},
                        Case{"http://[::1]:80/prefix", 80}, Case{"localhost:9201", 9201}}) {
    CAPTURE(c.host);
    const OutputPtr output = output_of("{ type: elasticsearch, hosts: [\"" + c.host + "\"] }");
    const auto* store = dynamic_cast<const ElasticsearchOutput*>(output.get());
    REQUIRE(store != nullptr);
    const auto http = http_settings(store->store(), store->store().hosts.at(0));
    REQUIRE(http.has_value());
    CHECK(http->url.port == c.port);
  }
}

TEST_CASE("a console keeps nothing and has no limit") {
  LogFile log;
  const OutputPtr console = output_of("{ type: console }");
  CHECK(dynamic_cast<ConsoleSink*>(console->make_sink(log.log).get()) != nullptr);
  CHECK(!console->room_for(targets[0]));
  CHECK(console->newest_lines(targets[0]).empty());
  CHECK(console->folder().empty());
}

TEST_CASE("an output is the same as long as a policy says the same of it") {
  const auto same_as = [](const std::string& a, const std::string& b) {
    return same(output_of(a), output_of(b));
  };
  CHECK(same_as("{ type: console }", "{ type: console }"));
  CHECK(same_as("{ type: file, path: /x }", "{ type: file, path: /x, filename: metrics }"));
  CHECK(!same_as("{ type: file, path: /x }", "{ type: file, path: /y }"));
  CHECK(!same_as("{ type: file, path: /x }", "{ type: console }"));
  CHECK(!same(output_of("{ type: console }"), nullptr));
  CHECK(same(nullptr, nullptr));
}

TEST_CASE("outputs clash where they write to the same files") {
  const auto clash = [](const std::string& a, const std::string& b) {
    return output_of(a)->clash_with(*output_of(b)).has_value();
  };
  CHECK(clash("{ type: file, path: /x }", "{ type: file, path: /x, number_of_files: 3 }"));
  CHECK(!clash("{ type: file, path: /x }", "{ type: file, path: /x, filename: other }"));
  CHECK(!clash("{ type: console }", "{ type: console }"));
  CHECK(!clash("{ type: file, path: /x }", "{ type: console }"));
}
