// SPDX-License-Identifier: Apache-2.0
#include "ledger/document.hpp"

#include <boost/json/parse.hpp>
#include <limits>

#include "support.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;
using streams::Layout;
using streams::Row;
using streams::Text;
using test::at;

DocumentWriter::Constants constants(const std::string& stream) {
  DocumentWriter::Constants constants;
  constants.stream = stream;
  constants.category = "api";
  constants.dataset = "anthropic_metrics." + stream;
  constants.data_stream_namespace = "default";
  constants.tags = {"forwarded"};
  constants.organization_id = "org-1";
  return constants;
}

/// A document with one row, whose strings it holds.
struct Document {
  std::string text;
  Row row;
  std::array<std::int64_t, Row::most_counts> counts{}, total_counts{};
  DocumentValues values;

  Document() {
    values.counts = counts.data();
    values.id = "AAAAAAAAAAAAAAAAAAAAAA";
    values.timestamp = values.start = at("2026-09-01T00:00:00Z");
    values.end = at("2026-09-01T01:00:00Z");
    values.counts_present = ~0u;
  }
  Text keep(std::string_view value) {
    const Text place{static_cast<std::uint32_t>(text.size()),
                     static_cast<std::uint32_t>(value.size()), Text::State::present};
    text += value;
    return place;
  }
  std::string write(const Layout& layout, const DocumentWriter::Constants& constants) {
    values.text = &text;
    values.row = &row;
    return std::string(DocumentWriter(layout, constants).write(values));
  }
};

Layout usage_layout() {
  Layout layout;
  layout.bucket_width = "1h";
  layout.group_by = {"model", "workspace_id"};
  layout.texts.resize(2);
  layout.texts[0].name = layout.texts[0].field = "model";
  layout.texts[1].name = layout.texts[1].field = layout.texts[1].null_field = "workspace_id";
  layout.texts[1].null_text = "Default";
  layout.counts = {{"output_tokens", "output_tokens", true},
                   {"a.b", "cache_5m", false},
                   {"a.c", "cache_1h", false}};
  layout.sums = {{"cache_creation", {1, 2}}};
  return layout;
}

Layout cost_layout() {
  Layout layout;
  layout.bucket_width = "1d";
  layout.money = true;
  layout.texts.resize(1);
  layout.texts[0].name = layout.texts[0].field = "currency";
  return layout;
}

TEST_CASE("a usage document is exactly this text") {
  Document document;
  document.row.texts[0] = document.keep("claude-sonnet-4");
  document.row.texts[1].state = Text::State::null;
  document.counts = {7, 20, 22};

  CHECK(
      document.write(usage_layout(), constants("usage")) ==
      R"({"@timestamp":"2026-09-01T00:00:00Z","anthropic":{"usage":{)"
      R"("bucket_end_time":"2026-09-01T01:00:00Z","bucket_start_time":"2026-09-01T00:00:00Z",)"
      R"("bucket_width":"1h","cache_1h":22,"cache_5m":20,"cache_creation":42,)"
      R"("group_by":["model","workspace_id"],"model":"claude-sonnet-4","output_tokens":7,)"
      R"("revision":0,"workspace_id":"Default"}},)"
      R"("data_stream":{"dataset":"anthropic_metrics.usage","namespace":"default","type":"metrics"},)"
      R"("ecs":{"version":"9.3.0"},"event":{"category":["api"],"dataset":"anthropic_metrics.usage",)"
      R"("id":"AAAAAAAAAAAAAAAAAAAAAA","kind":"metric","module":"anthropic_metrics","type":["info"]},)"
      R"("input":{"type":"anthropic_metrics"},"organization":{"id":"org-1"},"tags":["forwarded"]})");
}

TEST_CASE("numbers of every length are written whole") {
  const auto written = [](std::int64_t number) {
    Document document;
    document.row.texts[0] = document.keep("m");
    document.counts = {number, 0, 0};
    return document.write(usage_layout(), constants("usage"));
  };
  std::vector<std::int64_t> numbers{std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(), 0};
  for (std::int64_t power = 1; power <= 1'000'000'000'000'000'000; power *= 10) {
    for (const std::int64_t number : {power - 1, power, power + 1, 7 * power})
      numbers.insert(numbers.end(), {number, -number});
    if (power == 1'000'000'000'000'000'000) break;
  }
  for (const std::int64_t number : numbers)
    CHECK(test::contains(written(number), R"("output_tokens":)" + std::to_string(number) + ","));
}

TEST_CASE("a cost document carries its amount as a number and as the same text") {
  Document document;
  document.row.texts[0] = document.keep("USD");
  document.values.amounts[0] = "123.78912345678901234567890123456789012345";

  const std::string text = document.write(cost_layout(), constants("cost"));

  CHECK(test::contains(text, R"("amount":123.78912345678901234567890123456789012345,)"
                             R"("amount_exact":"123.78912345678901234567890123456789012345")"));
  CHECK_FALSE(test::contains(text, "total"));
}

TEST_CASE("a correction carries the difference and the total now true") {
  Document document;
  document.values.revision = 2;

  SECTION("of counts") {
    document.row.texts[0] = document.keep("m");
    document.counts = {-3, 0, 5};
    document.total_counts = {4, 20, 27};
    document.values.total_counts = document.total_counts.data();
    const std::string text = document.write(usage_layout(), constants("usage"));
    CHECK(test::contains(
        text, R"("output_tokens":-3,"revision":2,)"
              R"("total":{"cache_1h":27,"cache_5m":20,"cache_creation":47,"output_tokens":4})"));
  }
  SECTION("of money") {
    document.row.texts[0] = document.keep("USD");
    document.values.amounts[0] = "-0.5";
    document.values.total_amounts[0] = "12.25";
    const std::string text = document.write(cost_layout(), constants("cost"));
    CHECK(test::contains(text, R"("amount":-0.5,"amount_exact":"-0.5")"));
    CHECK(test::contains(text, R"("revision":2,"total_exact":"12.25")"));
  }
}

TEST_CASE("null and absent mean the null member of a dimension that was asked for") {
  const auto state = GENERATE(Text::State::null, Text::State::absent);
  Document document;
  document.row.texts[0].state = state;
  document.row.texts[1].state = state;

  const std::string text = document.write(usage_layout(), constants("usage"));

  CHECK(test::contains(text, R"("workspace_id":"Default")"));
  CHECK_FALSE(test::contains(text, R"("model":)"));
  CHECK_FALSE(test::contains(text, "null"));
}

TEST_CASE("null can be told by a field of its own") {
  Layout layout = usage_layout();
  layout.texts[1] = {};
  layout.texts[1].name = layout.texts[1].field = "api_key_id";
  layout.texts[1].null_field = "api_key_source";
  layout.texts[1].null_text = "console";
  Document document;
  document.row.texts[0] = document.keep("m");

  SECTION("of the Console") {
    document.row.texts[1].state = Text::State::null;
    const std::string text = document.write(layout, constants("usage"));
    CHECK(test::contains(text, R"("api_key_source":"console")"));
    CHECK_FALSE(test::contains(text, "api_key_id\":"));
  }
  SECTION("of a key") {
    document.row.texts[1] = document.keep("apikey_1");
    const std::string text = document.write(layout, constants("usage"));
    CHECK(test::contains(text, R"("api_key_id":"apikey_1")"));
    CHECK_FALSE(test::contains(text, "api_key_source"));
  }
}

TEST_CASE("an empty string is a value and not null") {
  Document document;
  document.row.texts[1] = document.keep("");

  CHECK(test::contains(document.write(usage_layout(), constants("usage")), R"("workspace_id":"")"));
}

TEST_CASE("a counter that was not in the answer is not in the document, nor a sum that needs it") {
  Document document;
  document.values.counts_present = 0b011;

  const std::string text = document.write(usage_layout(), constants("usage"));

  CHECK(test::contains(text, R"("cache_5m":)"));
  CHECK_FALSE(test::contains(text, R"("cache_1h":)"));
  CHECK_FALSE(test::contains(text, R"("cache_creation":)"));
}

TEST_CASE("the largest counter prints exactly") {
  Document document;
  document.counts = {std::numeric_limits<std::int64_t>::max(), 0, 0};

  CHECK(test::contains(document.write(usage_layout(), constants("usage")),
                       R"("output_tokens":9223372036854775807)"));
}

TEST_CASE("a JSON column is copied as it is") {
  Layout layout;
  layout.texts.resize(1);
  layout.texts[0].name = layout.texts[0].field = "models";
  layout.texts[0].json = true;
  auto snapshot = constants("rate_limit");
  snapshot.snapshot = true;
  Document document;
  document.row.texts[0] = document.keep(R"(["a","b"])");

  const std::string text = document.write(layout, snapshot);

  CHECK(test::contains(text, R"("anthropic":{"rate_limit":{"models":["a","b"]}})"));
  CHECK_FALSE(test::contains(text, "bucket_"));
  CHECK_FALSE(test::contains(text, "revision"));
}

TEST_CASE("strings from outside are escaped wherever they stand") {
  const std::string evil = "a\"b\\c\n\t\x01\x1f/\xc3\xa9\x7f";
  Document document;
  document.row.texts[0] = document.keep(evil);
  auto given = constants("usage");
  given.organization_id = given.data_stream_namespace = evil;
  given.tags = {evil};

  const std::string text = document.write(usage_layout(), given);

  CHECK_FALSE(test::contains(text, "\n"));
  const json::value parsed = json::parse(text);
  CHECK(parsed.at("anthropic").at("usage").at("model").as_string() == evil);
  CHECK(parsed.at("organization").at("id").as_string() == evil);
  CHECK(parsed.at("data_stream").at("namespace").as_string() == evil);
  CHECK(parsed.at("tags").at(0).as_string() == evil);
}

TEST_CASE("the original is kept with its tag when it was asked for") {
  Document document;
  document.row.texts[0] = document.keep("m");
  document.row.original = document.keep(R"({"model":"m"})");
  auto given = constants("usage");

  SECTION("not asked for") {
    const std::string text = document.write(usage_layout(), given);
    CHECK_FALSE(test::contains(text, "original"));
  }
  SECTION("asked for") {
    given.keep_original = true;
    const std::string text = document.write(usage_layout(), given);
    CHECK(test::contains(text,
                         R"("module":"anthropic_metrics","original":"{\"model\":\"m\"}","type")"));
    CHECK(test::contains(text, R"("tags":["forwarded","preserve_original_event"])"));
  }
  SECTION("the tag is there already") {
    given.keep_original = true;
    given.tags = {"preserve_original_event", "x"};
    const std::string text = document.write(usage_layout(), given);
    CHECK(test::contains(text, R"("tags":["preserve_original_event","x"])"));
  }
}

TEST_CASE("without tags the field is absent") {
  auto given = constants("usage");
  given.tags.clear();

  CHECK_FALSE(test::contains(Document().write(usage_layout(), given), "tags"));
}

}  // namespace
}  // namespace anthropic_metrics
