// SPDX-License-Identifier: Apache-2.0
// Rows that are not as documented: good ones beside them count, none of the odd ones does, and each
// is kept as the API wrote it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

streams::StreamSettings settings(std::vector<std::string> group_by, std::string width = "1h") {
  streams::StreamSettings settings;
  settings.bucket_width = std::move(width);
  settings.group_by = std::move(group_by);
  return settings;
}

std::string hour(const std::string& rows) {
  return R"({"data":[{"starting_at":"2026-09-11T14:00:00Z","ending_at":"2026-09-11T15:00:00Z","results":[)" +
         rows + R"(]}],"has_more":false,"next_page":null})";
}

std::string usage(const std::string& model, const std::string& output) {
  return fmt::format(
      R"({{"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":{},"model":"{}"}})",
      output, model);
}

struct Documents {
  std::map<std::string, std::int64_t> output;  ///< Sum by model.
  std::vector<json::value> odd;
};

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

/// What a store would hold.
void add(Documents& all, const Result<std::string>& lines) {
  REQUIRE(lines);
  std::string_view rest = *lines;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const json::value document = json::parse({line.data(), line.size()});
    const json::value& usage = document.at("anthropic").at("usage");
    const bool odd = text(document.at("event").at("kind")) == "pipeline_error";
    CHECK(odd == (usage.as_object().if_contains("output_tokens") == nullptr));
    if (odd)
      all.odd.push_back(document);
    else
      all.output[std::string(usage.at("model").as_string())] +=
          usage.at("output_tokens").as_int64();
  }
}

TEST_CASE("one odd row holds nothing back and is kept as it was written") {
  struct Case {
    const char* row;
    const char* reason;
  };
  const std::string start =
      R"({"model":"x", "uncached_input_tokens":1,"cache_read_input_tokens":2,)";
  for (
      const Case& c : {
          Case{R"("output_tokens":7.5})",
               ".output_tokens expected a whole number of 64 bits, found 7.5"},
          Case{R"("output_tokens":"7"})", ".output_tokens expected a number, found a string"},
          Case{R"("output_tokens":true})", ".output_tokens expected a number, found true"},
          Case{R"("output_tokens":null})", " has no output_tokens"},
          Case{R"("output_tokens":[1,{"a":"]}"}]})",
               ".output_tokens expected a number, found an array"},
          Case{R"("output_tokens":{"a":[1]}})",
               ".output_tokens expected a number, found an object"},
          Case{R"("output_tokens":9223372036854775808})", ".output_tokens expected a whole number"},
          Case{R"("output_tokens":1e300})", ".output_tokens expected a whole number"},
          Case{R"("output_tokens":1.00000000000000000001})",
               ".output_tokens expected a whole number"},
          Case{R"("output_tokens":1,"output_tokens":1})", ".output_tokens occurs twice"},
          Case{R"("output_tokens":1,"cache_creation":7})", ".cache_creation expected an object"},
          Case{R"("output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":{}}})",
               ".cache_creation.ephemeral_5m_input_tokens expected a number"},
          Case{R"("x":1})", " has no output_tokens"},
          Case{R"("output_tokens":-5})", "rows with equal dimensions add up to -5 output_tokens"},
          Case{
              R"("output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":9223372036854775807,"ephemeral_1h_input_tokens":9223372036854775807}})",
              "cache_creation_input_tokens is more than 64 bits hold"},
      }) {
    const std::string row = start + c.row;
    INFO("row " << row);
    const std::string body = hour(usage("a", "10") + "," + row + "," + usage("b", "20"));
    for (const std::size_t piece : {1u, 2u, 5u, 64u, 65536u}) {
      INFO("pieces of " << piece);
      Documents all;
      add(all, Collector("usage", settings({"model"})).collect(body, piece));
      CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}, {"b", 20}});
      REQUIRE(all.odd.size() == 1);
      const json::value& odd = all.odd.front();
      CHECK(text(odd.at("event").at("original")) == row);
      const std::string message = text(odd.at("error").at("message"));
      CHECK(message.find(c.reason) != std::string::npos);
      if (!message.starts_with("rows") && !message.starts_with("cache"))
        CHECK(message.starts_with("$.data[].results[]"));
      CHECK(text(odd.at("@timestamp")) == "2026-09-11T14:00:00Z");
      CHECK(text(odd.at("anthropic").at("usage").at("bucket_end_time")) == "2026-09-11T15:00:00Z");
      CHECK(text(odd.at("anthropic").at("usage").at("bucket_width")) == "1h");
      CHECK(text(odd.at("anthropic").at("usage").at("model")) == "x");
      CHECK(text(odd.at("tags").as_array().back()) == "preserve_original_event");
    }
  }
}

TEST_CASE("elements that are no rows are odd rows") {
  for (const char* element : {"null", "true", "7", "7.5", "\"text\"", "[1,[2,{\"a\":3}]]", "[]"}) {
    INFO("element " << element);
    for (const std::size_t piece : {1u, 65536u}) {
      Documents all;
      add(all, Collector("usage", settings({"model"}))
                   .collect(hour(std::string(element) + "," + usage("a", "10")), piece));
      CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}});
      REQUIRE(all.odd.size() == 1);
      CHECK(text(all.odd.front().at("event").at("original")) == element);
    }
  }
}

TEST_CASE("a dimension that cannot be read is not taken for its null member") {
  Documents all;
  add(all,
      Collector("usage", settings({"model", "workspace_id"}))
          .collect(hour(
              R"({"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3,"model":"m","workspace_id":{"id":"w"}})")));
  REQUIRE(all.odd.size() == 1);
  CHECK(all.odd.front().at("anthropic").at("usage").as_object().if_contains("workspace_id") ==
        nullptr);
}

TEST_CASE("what was set aside is not sent again, and follows as revision 0 once it is good") {
  Collector collector("usage", settings({"model"}));
  const std::string odd = hour(usage("a", "10") + "," + usage("b", "-1.5"));
  Documents all;
  add(all, collector.collect(odd));
  CHECK(*collector.collect(odd) == "");
  CHECK(all.odd.size() == 1);

  const auto good = collector.collect(hour(usage("a", "10") + "," + usage("b", "7")));
  REQUIRE(good);
  CHECK(good->find("\"revision\":0") != std::string::npos);
  CHECK(std::count(good->begin(), good->end(), '\n') == 1);
  add(all, good);
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}, {"b", 7}});
  CHECK(all.odd.size() == 1);
}

TEST_CASE("a good row that becomes odd keeps what was emitted for it") {
  for (const char* odd : {"\"7\"", "-5", "null", "1e30"}) {
    INFO("then " << odd);
    Collector collector("usage", settings({"model"}));
    Documents all;
    add(all, collector.collect(hour(usage("a", "10") + "," + usage("b", "20"))));
    add(all, collector.collect(hour(usage("a", "11") + "," + usage("b", odd))));
    CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 11}, {"b", 20}});
    CHECK(all.odd.size() == 1);

    add(all, collector.collect(hour(usage("a", "11") + "," + usage("b", "25"))));
    CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 11}, {"b", 25}});
  }
}

TEST_CASE("rows that vanish while a row hides its name stay, and go when all can be read") {
  Collector collector("usage", settings({"model"}));
  Documents all;
  add(all, collector.collect(hour(usage("a", "10") + "," + usage("b", "20"))));
  add(all, collector.collect(hour(usage("a", "12") + "," +
                                  R"({"uncached_input_tokens":1,"cache_read_input_tokens":2,)" +
                                  R"("output_tokens":20,"model":7})")));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 12}, {"b", 20}});
  CHECK(all.odd.size() == 1);

  add(all, collector.collect(hour(usage("a", "12"))));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 12}, {"b", 0}});
}

TEST_CASE("a negative row takes back from the rows with its dimensions") {
  Collector collector("usage", settings({"model"}));
  Documents all;
  const std::string body = hour(usage("a", "10") + "," + usage("b", "1") + "," + usage("a", "-4"));
  add(all, collector.collect(body));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 6}, {"b", 1}});
  CHECK(all.odd.empty());
  CHECK(*collector.collect(body) == "");
}

TEST_CASE("rows that add up to more than 64 bits hold are set aside, others are not") {
  Collector collector("usage", settings({"model"}));
  Documents all;
  const std::string most = "9223372036854775807";
  const std::string body = hour(usage("a", most) + "," + usage("b", "1") + "," + usage("a", most) +
                                "," + usage("c", most));
  add(all, collector.collect(body));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"b", 1}, {"c", 9223372036854775807}});
  CHECK(all.odd.size() == 1);
  CHECK(*collector.collect(body) == "");
}

TEST_CASE("a row of any size is kept up to a limit, and a bucket of odd rows up to a number") {
  const std::string row =
      R"({"model":"x","note":")" + std::string(200'000, 'y') + R"(","output_tokens":"7"})";
  Documents all;
  add(all, Collector("usage", settings({"model"})).collect(hour(row), 65536));
  REQUIRE(all.odd.size() == 1);
  CHECK(all.odd.front().at("event").at("original").as_string().size() == 32 * 1024);

  std::string rows = usage("a", "10");
  for (int i = 0; i < 1000; ++i) rows += "," + usage(fmt::format("m{}", i), "\"1\"");
  Documents many;
  add(many, Collector("usage", settings({"model"})).collect(hour(rows), 65536));
  CHECK(many.output == std::map<std::string, std::int64_t>{{"a", 10}});
  CHECK(many.odd.size() == 200);
}

TEST_CASE("a text that is too long makes its row odd, an unknown one says nothing") {
  const std::string longest(70'000, 'm');
  Documents all;
  add(all, Collector("usage", settings({"model"}))
               .collect(hour(usage(longest, "1") + "," + usage("a", "10")), 1000));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}});
  REQUIRE(all.odd.size() == 1);

  Documents unknown;
  add(unknown,
      Collector("usage", settings({"model"}))
          .collect(
              hour(
                  R"({"unknown":")" + longest + R"(",")" + longest +
                  R"(":1,"uncached_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3,"model":"m"})"),
              1000));
  CHECK(unknown.output == std::map<std::string, std::int64_t>{{"m", 3}});
}

TEST_CASE("a row whose first key is written with escapes is set aside all the same") {
  Documents all;
  add(all, Collector("usage", settings({"model"}))
               .collect(hour(R"({"\u006dodel":"x","output_tokens":"7"},)" + usage("a", "10"))));
  CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}});
  CHECK(all.odd.size() == 1);
}

TEST_CASE("a row that is no JSON is set aside, and what stands behind it is read") {
  struct Broken {
    std::string row, kept;  ///< kept: what must stand in the document.
  };
  const std::string deep(40, '['), end(40, ']');
  const std::vector<Broken> rows{
      {"{\"model\":\"a\xff\",\"output_tokens\":1}", R"({"model":"a\xff","output_tokens":1})"},
      {R"({"output_tokens":1,"model":"\ud800"})", R"(\ud800"})"},
      {R"({"output_tokens":1e99999999999,"model":"b"})", R"(1e99999999999)"},
      {R"({"model":"b","new":)" + deep + end + "}", "[[[["},
      {R"({"model":"b","output_tokens":01})", R"("output_tokens":01})"},
      {R"({"model":"b" "output_tokens":1})", R"("b" "output)"},
      {R"({"model":"b","new":{"x":[tru]}})", R"([tru])"},
      {R"({"model":"{[","new":"]\"}","bad":nil})", "nil"},
      {R"({"model":")" + std::string(40'000, 'x') + R"(","bad":nil})", "xxxx"}};
  for (const Broken& broken : rows)
    for (const std::size_t piece : {1u, 7u, 64u, 1'000'000u}) {
      INFO(broken.row.substr(0, 80) << " in pieces of " << piece);
      Documents all;
      add(all, Collector("usage", settings({"model"}))
                   .collect(hour(usage("a", "10") + "," + broken.row + "," + usage("c", "30") +
                                 " ," + broken.row + " , " + usage("d", "40")),
                            piece));
      CHECK(all.output == std::map<std::string, std::int64_t>{{"a", 10}, {"c", 30}, {"d", 40}});
      REQUIRE(all.odd.size() == 1);  // The same text twice is one document.
      CHECK(text(all.odd[0].at("error").at("message")).find(" is not valid JSON: ") !=
            std::string::npos);
      const std::string kept = text(all.odd[0].at("event").at("original"));
      CHECK(kept.find(broken.kept) != std::string::npos);
      CHECK(kept.starts_with("{\""));
      CHECK(kept.size() <= 32 * 1024);
    }
}

TEST_CASE("a broken row that never ends ends the answer, and buckets before it count") {
  Documents all;
  const auto result =
      Collector("usage", settings({"model"}))
          .collect(hour(usage("a", "10") + R"(,{"model":"b","bad":nil,"open":[[[[[[)"));
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find("is cut off, and not valid JSON") != std::string::npos);
}

TEST_CASE("a limit that is no JSON is set aside, and the others are read") {
  const auto lines =
      Collector("rate_limit", {})
          .collect(
              R"({"data":[{"type":"rate_limit","group_type":"a","limits":[]},{"type":"rate_\ud800"},)"
              R"({"type":"rate_limit","group_type":"b","limits":[]}],"next_page":null})");
  REQUIRE(lines);
  CHECK(lines->find(R"("group_type":"a")") != std::string::npos);
  CHECK(lines->find(R"("group_type":"b")") != std::string::npos);
  CHECK(lines->find("$.data[1] is not valid JSON: ") != std::string::npos);
}

TEST_CASE("what was set aside equals the golden file") {
  // Not answer.json: these are no rows that another collector could send as they are.
  std::size_t found = 0;
  for (const auto& descriptor : streams::all()) {
    const std::string stream(descriptor.name);
    INFO("stream " << stream);
    const StreamCase fixture{
        std::filesystem::path(AM_SOURCE_DIR) / "tests/fixtures" / stream / "set_aside", stream};
    if (!std::filesystem::exists(fixture.directory / "odd.json")) continue;
    ++found;
    const auto documents =
        Collector(stream, fixture.settings()).collect(fixture.read("odd.json"), 100);
    REQUIRE(documents);
    check_golden(fixture, *documents);
  }
  CHECK(found >= 7);
}

TEST_CASE("structural faults are errors still") {
  for (
      const char* text :
      {R"({"data":[{"starting_at":"2026-09-11T14:00:00Z","ending_at":"2026-09-11T15:00:00Z"}],"has_more":false})",
       R"({"data":[{"starting_at":"2026-09-11T14:00:00Z","ending_at":"2026-09-11T15:00:00Z","results":null}],"has_more":false})",
       R"({"data":[{"starting_at":7,"ending_at":"2026-09-11T15:00:00Z","results":[]}],"has_more":false})",
       R"({"data":[],"data":[],"has_more":false})", R"({"data":[],"has_more":"no"})",
       R"({"data":[],"has_more":true})", R"({"data":[7],"has_more":false})"}) {
    INFO(text);
    const auto result = Collector("usage", settings({"model"})).collect(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::protocol);
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
