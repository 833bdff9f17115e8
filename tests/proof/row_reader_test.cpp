// SPDX-License-Identifier: Apache-2.0
// Documents as rows: of ours, of another collector, and of nobody.
#include <catch2/catch_test_macros.hpp>

#include "usage_rows.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

RowDocument read(const std::string& json, const RowFields& fields = usage_fields(),
                 const Grain& grain = hours()) {
  RowReader reader(fields, grain);
  RowDocument row;
  reader.read(json, row);
  row.json = {};
  return row;
}

}  // namespace

TEST_CASE("a document of ours is a row with its grain, dimensions, measures and revision") {
  const RowDocument row = read(Usage{3, "claude-b", -12, 2, "an id"}.json());
  CHECK(row.kind == RowDocument::Kind::row);
  CHECK(row.start == begin + 3 * 3600);
  CHECK(row.end == begin + 4 * 3600);
  CHECK(row.grain == hours());
  CHECK(row.dimensions == R"("model":"claude-b")");
  CHECK(row.measures.counts == std::vector<Whole>{-12, 7});
  CHECK(row.ours);
  CHECK(row.revision == 2);
  CHECK(row.id == "an id");
  CHECK(row.organization == "org");
}

TEST_CASE("what says that a dimension is nothing is the same as saying nothing") {
  const auto dimensions = [](const std::string& members) {
    return read(R"({"anthropic":{"usage":{"bucket_start_time":"2026-10-01T00:00:00Z",)"
                R"("bucket_end_time":"2026-10-01T01:00:00Z",)" +
                members + R"("output_tokens":1}}})")
        .dimensions;
  };
  CHECK(dimensions(R"("workspace_id":"Default",)").empty());
  CHECK(dimensions(R"("api_key_source":"console","model":"m",)") == R"("model":"m")");
  CHECK(dimensions(R"("workspace_id":null,"cache_creation_input_tokens":5,)").empty());
  CHECK(dimensions(R"("workspace_id":"w","model":"\u00e9\"",)") ==
        "\"model\":\"\u00e9\\\"\",\"workspace_id\":\"w\"");
  CHECK(dimensions(R"("is_remote":false,"b":"x",)") == R"("b":"x","is_remote":false)");
}

TEST_CASE("a document without id, revision and group_by is another collector's") {
  const RowDocument row =
      read(R"({"anthropic":{"usage":{"bucket_start_time":"2026-10-01T00:00:00.000Z",)"
           R"("bucket_end_time":"2026-10-01T01:00:00Z","model":"m","output_tokens":12.0}}})");
  CHECK(row.kind == RowDocument::Kind::row);
  CHECK_FALSE(row.ours);
  CHECK(row.grain == hours());
  CHECK(row.measures.counts.front() == 12);
  CHECK(row.organization.empty());
}

TEST_CASE("ours without a list say by it that they are split by nothing") {
  const RowDocument row =
      read(R"({"anthropic":{"usage":{"bucket_start_time":"2026-10-01T00:00:00Z",)"
           R"("bucket_end_time":"2026-10-02T00:00:00Z","revision":0,"output_tokens":1}},)"
           R"("event":{"id":"x"},"organization":{"id":"o"},"input":{"type":"anthropic_metrics"}})");
  CHECK(row.grain == Grain{"1d", {}});
}

TEST_CASE("money is read exactly, from its text or else from the number's") {
  const auto amount = [](const std::string& members) {
    return read(R"({"anthropic":{"cost":{"bucket_start_time":"2026-10-01T00:00:00Z",)"
                R"("bucket_end_time":"2026-10-02T00:00:00Z",)" +
                    members + R"("currency":"USD"}}})",
                cost_fields(), {"1d", {}})
        .measures.amounts.front()
        .text();
  };
  CHECK(amount(R"("amount":90071992547409.931234567,"amount_exact":"90071992547409.931234567",)") ==
        "90071992547409.931234567");
  CHECK(amount(R"("amount_exact":"0.1","amount":0.10000001,)") == "0.1");
  CHECK(amount(R"("amount":90071992547409.931234567,)") == "90071992547409.931234567");
  CHECK(amount(R"("amount":1.5e-3,)") == "0.0015");
  CHECK(amount(R"("amount":170,)") == "170");
}

TEST_CASE("what cannot be read says so and harms nothing") {
  CHECK(read("").kind == RowDocument::Kind::foreign);
  CHECK(read("{").kind == RowDocument::Kind::foreign);
  CHECK(read("[]").kind == RowDocument::Kind::foreign);
  CHECK(read(R"({"anthropic":{"cost":{}}})").kind == RowDocument::Kind::foreign);
  CHECK(read(R"({"anthropic":{"usage":{}}})").kind == RowDocument::Kind::unreadable);
  std::string broken = Usage{}.json();
  broken.replace(broken.find(":7}"), 2, ":\"7\"");
  CHECK(read(broken).kind == RowDocument::Kind::unreadable);
  std::string set_aside = Usage{}.json();
  set_aside.replace(set_aside.find("metric"), 6, "pipeline_error");
  CHECK(read(set_aside).kind == RowDocument::Kind::pipeline_error);
}

TEST_CASE("names with dots are objects within") {
  RowFields fields = usage_fields();
  fields.counts = {"tools.accepted", "tools.deep.rejected"};
  const RowDocument row = read(
      R"({"anthropic":{"usage":{"bucket_start_time":"2026-10-01T00:00:00Z",)"
      R"("bucket_end_time":"2026-10-01T01:00:00Z","tools":{"accepted":3,"deep":{"rejected":-4}}}}})",
      fields);
  CHECK(row.measures.counts == std::vector<Whole>{3, -4});
}

TEST_CASE("sums of counts pass 64 bits") {
  Measures sum;
  Measures one;
  one.counts = {9'223'372'036'854'775'807};
  for (int i = 0; i < 4; ++i) sum.add(one);
  CHECK(host::text_of(sum.counts.front()) == "36893488147419103228");
  CHECK(host::text_of(Whole(0)) == "0");
  CHECK(host::text_of(Whole(-12)) == "-12");
}
