// SPDX-License-Identifier: Apache-2.0
// A row is corrected where its first document went, whatever the policy says by now.
#include "outputs/route.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

using namespace anthropic_metrics::host;

namespace {

const std::vector<StreamTarget> configured{{"usage", "claude_metrics.usage", "default"},
                                           {"cost", "claude_metrics.cost", "default"}};

std::string document(const std::string& data_stream) {
  return R"({"@timestamp":"2026-09-01T00:00:00Z","data_stream":)" + data_stream + "}";
}

// Of documents by stream, as one batch.
std::vector<std::string> routed(const std::vector<std::pair<std::uint32_t, std::string>>& given) {
  std::vector<beat_doc> docs;
  for (const auto& [stream, json] : given) {
    beat_doc doc{};
    doc.stream = stream;
    doc.json = {json.data(), json.size()};
    docs.push_back(doc);
  }
  beat_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.doc_stride = sizeof(beat_doc);
  batch.docs = docs.data();
  batch.doc_count = docs.size();
  std::vector<std::string> names;
  for (const StreamTarget& target : targets_in(batch, configured))
    names.push_back(target.data_stream());
  return names;
}

const std::string usage = "metrics-claude_metrics.usage-default";
const std::string cost = "metrics-claude_metrics.cost-default";

}  // namespace

TEST_CASE("documents of the present data stream go where the policy says") {
  CHECK(routed({{0, document(R"({"dataset":"claude_metrics.usage","namespace":"default",)"
                             R"("type":"metrics"})")}}) == std::vector{usage, cost});
  CHECK(routed({}) == std::vector{usage, cost});
}

TEST_CASE("documents of a former data set or namespace go there") {
  CHECK(routed({{0, document(R"({"dataset":"anthropic_metrics.usage","namespace":"default",)"
                             R"("type":"metrics"})")}}) ==
        std::vector<std::string>{"metrics-anthropic_metrics.usage-default", cost});
  CHECK(routed({{1, document(R"({"namespace":"former", "dataset":"claude_metrics.cost"})")}}) ==
        std::vector<std::string>{usage, "metrics-claude_metrics.cost-former"});
}

TEST_CASE("what names no data stream, or one that no store takes, goes where the policy says") {
  for (const char* odd :
       {"{}", R"({"dataset":"a.usage"})", R"({"dataset":"../x","namespace":"default"})",
        R"({"dataset":"a.usage","namespace":"/etc"})", R"({"dataset":7,"namespace":"default"})",
        "[]", "null", "{"}) {
    CAPTURE(odd);
    CHECK(routed({{0, document(odd)}}) == std::vector{usage, cost});
  }
  CHECK(routed({{7, document(R"({"dataset":"a.usage","namespace":"b"})")}}) ==
        std::vector{usage, cost});
}
