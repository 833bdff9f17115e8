// SPDX-License-Identifier: Apache-2.0
// What an audit finds, of each kind alone.
#include "proof/compare.hpp"

#include <catch2/catch_test_macros.hpp>

#include "base/json_text.hpp"
#include "usage_rows.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

struct Found {
  StreamAudit audit;
  Findings findings;
  std::vector<std::string> problems;

  std::vector<std::string> kinds() const {
    std::vector<std::string> kinds;
    for (const Difference& difference : audit.differences)
      kinds.emplace_back(to_string(difference.kind));
    return kinds;
  }
  std::vector<std::string> causes() const {
    std::vector<std::string> causes;
    for (const Finding& finding : findings.list()) causes.push_back(finding.kind);
    return causes;
  }
};

using Texts = std::vector<std::string>;

// As a plugin says it: one model's documents have another id, of another one nobody has.
std::string id_of(std::string_view json) {
  if (json.find("claude-forged") != std::string_view::npos) return "another";
  if (json.find("claude-nowhere") != std::string_view::npos) return {};
  const std::string_view id =
      anthropic_metrics::json_member(anthropic_metrics::json_member(json, "event"), "id");
  return std::string(id.substr(1, id.size() - 2));
}

Found compared(const std::vector<Usage>& said, const Texts& held, const Grains& grains,
               std::int64_t settled_until = std::numeric_limits<std::int64_t>::max()) {
  Found found;
  found.audit.stream = "usage";
  found.audit.data_stream = "the store";
  Documents api(documents(said)), store(held);
  const RowFields fields = usage_fields();
  const Comparison comparison{fields, grains, {{hours(), &api}}, store, settled_until, id_of};
  if (const auto done = compare(comparison, found.audit, found.findings); !done)
    found.problems = done.error().lines;
  return found;
}

Found compared(const std::vector<Usage>& said, const std::vector<Usage>& held) {
  return compared(said, documents(held), Grains(hours()));
}

}  // namespace

TEST_CASE("equal sums are equal, however many documents they are made of") {
  const Found found = compared({{0, "a", 10}, {1, "a", 4}},
                               {{0, "a", 12}, {0, "a", -2, 1}, {0, "gone", 0}, {1, "a", 4}});
  // The second document of a row says seven uncached tokens once more.
  CHECK(found.kinds() == Texts{"different", "extra"});
  const Found equal = compared({{0, "a", 10}, {1, "a", 4}}, {{0, "a", 10}, {1, "a", 4}});
  CHECK(equal.kinds().empty());
  CHECK(equal.causes().empty());
  CHECK(equal.audit.buckets == 2);
  CHECK(equal.audit.rows == 2);
  CHECK(equal.audit.documents == 2);
  CHECK(equal.audit.api == equal.audit.store);
}

TEST_CASE("a row that is missing, one too many and one with another sum are told apart") {
  const Found found = compared({{0, "a", 10}, {1, "a", 5}, {1, "b", 6}, {3, "a", 1}},
                               {{1, "a", 5}, {1, "b", 9}, {2, "c", 1}, {3, "a", 1}});
  CHECK(found.kinds() == Texts{"missing", "different", "extra"});
  CHECK(found.audit.different_rows == 3);
  const Difference& different = found.audit.differences[1];
  REQUIRE(different.fields.size() == 1);
  CHECK(different.fields[0].field == "output_tokens");
  CHECK(different.fields[0].api == "6");
  CHECK(different.fields[0].store == "9");
  CHECK(different.dimensions == R"("model":"b")");
  // Side by side, they are repaired together.
  REQUIRE(found.audit.spans.size() == 1);
  CHECK(found.audit.spans[0].from == begin);
  CHECK(found.audit.spans[0].to == begin + 3 * 3600);
  CHECK(found.causes().empty());
}

TEST_CASE("one id twice is in the sums twice, and told") {
  const Found found = compared({{0, "a", 10}}, {{0, "a", 10}, {0, "a", 10}});
  CHECK(found.kinds() == Texts{"different"});
  CHECK(found.causes() == Texts{"duplicate_id"});
}

TEST_CASE("an id that does not follow from the content is told, and the sums may be right") {
  const Found found = compared({{0, "claude-forged", 10}}, {{0, "claude-forged", 10}});
  CHECK(found.kinds().empty());
  CHECK(found.causes() == Texts{"foreign_id"});
}

TEST_CASE("a document that no report could say has an id that does not follow") {
  const Found found = compared({{0, "claude-nowhere", 10}}, {{0, "claude-nowhere", 10}});
  CHECK(found.kinds().empty());
  CHECK(found.causes() == Texts{"foreign_id"});
}

TEST_CASE("a revision that is not there is told") {
  CHECK(compared({{0, "a", 10}}, {{0, "a", 10, 1}}).causes() == Texts{"revision_hole"});
  CHECK(compared({{0, "a", 1}}, {{0, "a", 1}, {0, "a", 0, 2}}).causes() == Texts{"revision_hole"});
}

TEST_CASE("another collector's documents count, and are told") {
  std::string foreign = Usage{0, "a", 10}.json();
  for (const std::string part :
       {R"("revision":0,)", R"("group_by":["model"],)", R"("id":"0-a-1h-0",)"})
    foreign.erase(foreign.find(part), part.size());
  const Found found = compared({{0, "a", 10}}, Texts{foreign}, Grains(hours()));
  CHECK(found.kinds().empty());
  CHECK(found.causes() == Texts{"other_collector"});
  // What corrects it begins with revision 1.
  const Found corrected =
      compared({{0, "a", 11}}, Texts{foreign, Usage{0, "a", 1, 1}.json()}, Grains(hours()));
  CHECK(corrected.causes() == Texts{"other_collector"});
}

TEST_CASE("documents that have no measures are told, those that cannot be read end it") {
  std::string set_aside = Usage{0, "b", 3}.json();
  set_aside.replace(set_aside.find("metric"), 6, "pipeline_error");
  const Found found =
      compared({{0, "a", 10}}, Texts{Usage{0, "a", 10}.json(), set_aside}, Grains(hours()));
  CHECK(found.kinds().empty());
  CHECK(found.causes() == Texts{"pipeline_error"});
  std::string broken = Usage{0, "b", 3}.json();
  broken.replace(broken.find(":3,"), 2, ":\"3\"");
  const Found ended =
      compared({{0, "a", 10}}, Texts{Usage{0, "a", 10}.json(), broken}, Grains(hours()));
  REQUIRE(ended.problems.size() == 1);
  CHECK(ended.problems[0].find("cannot be understood") != std::string::npos);
}

TEST_CASE("what may be on its way is no difference") {
  const Found found = compared({{0, "a", 10}, {1, "a", 4}}, documents({{0, "a", 10}}),
                               Grains(hours()), begin + 3600);
  CHECK(found.kinds().empty());
  CHECK(found.audit.on_their_way == 1);
  CHECK(found.audit.api == found.audit.store);
}

TEST_CASE("rows of another grain over the same hours count twice") {
  Usage whole_day{0, "a", 3};
  whole_day.width = "1d";
  const Texts held{Usage{0, "a", 10}.json(), whole_day.json()};
  Grains grains(hours());
  grains.saw(hours(), begin, begin + 3600);
  grains.saw({"1d", {"model"}}, begin, begin + 86'400);
  grains.decide();
  const Found found = compared({{0, "a", 10}}, held, grains);
  CHECK(found.kinds() == Texts{"overlap"});
  CHECK(found.causes() == Texts{"overlap"});
  REQUIRE(found.audit.spans.size() == 1);
  CHECK(found.audit.spans[0].withdraw);
  CHECK(found.audit.spans[0].to == begin + 86'400);
}

TEST_CASE("hours that another grain alone has are compared by it") {
  Usage whole_day{0, "a", 3};
  whole_day.width = "1d";
  const Grain days{"1d", {"model"}};
  Grains grains(hours());
  grains.saw(days, begin, begin + 86'400);
  grains.decide();
  Documents api(documents({{0, "a", 1}, {1, "a", 2}, {24, "a", 5}}));
  Documents by_days(documents({whole_day}));
  Documents store(documents({whole_day, {24, "a", 5}}));
  const RowFields fields = usage_fields();
  StreamAudit audit;
  Findings findings;
  const Comparison comparison{fields, grains, {{hours(), &api}, {days, &by_days}}, store};
  REQUIRE(compare(comparison, audit, findings));
  CHECK(audit.different_rows == 0);
  CHECK(audit.rows == 2);
  CHECK(findings.list().empty());
}

TEST_CASE("a thousand differences are listed, all are counted") {
  std::vector<Usage> said;
  for (int hour = 0; hour < 1200; ++hour) said.push_back({hour, "a", 1});
  const Found found = compared(said, std::vector<Usage>{});
  CHECK(found.audit.different_rows == 1200);
  CHECK(found.audit.differences.size() == 1000);
  CHECK(found.audit.spans.size() == 1);
}
