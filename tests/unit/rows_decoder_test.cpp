// SPDX-License-Identifier: Apache-2.0
// Pages of sparse reports, cut and broken anywhere.
#include "streams/rows_decoder.hpp"

#include "base/json_text.hpp"
#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::failure;
using test::must;

/// A report of days by team: tokens and money; "parts" of an entry are rows of their own.
struct Report {
  Layout layout;
  RowsEndpoint endpoint;

  explicit Report(bool dated = true) {
    layout.texts = {{.name = "team", .field = "team"}, {.name = "part", .field = "part"}};
    layout.counts = {{"tokens", "tokens", true}};
    layout.money = true;
    endpoint.bucket_width = "1d";
    endpoint.most_buckets = 31;
    endpoint.dated = dated;
    endpoint.watermark = true;
    endpoint.reader = [](ListEntry& entry, RowSink& rows) {
      entry.text(0, "team");
      entry.count(0, "tokens");
      entry.amount(&Row::amount, "cost.amount");
      rows.add(entry);
      const auto* parts = entry.object("").if_contains("parts");
      if (parts == nullptr || !parts->is_array()) return;
      const auto written = json_elements(json_member(entry.written(), "parts"));
      for (std::size_t i = 0; i < parts->get_array().size(); ++i) {
        ListEntry part = entry.below(parts->get_array()[i], written[i], ".parts[]");
        part.text(1, "name");
        part.count(0, "tokens");
        part.amount(&Row::amount, "amount");
        rows.add(part);
      }
    };
  }
};

std::string day(int number, const std::string& rest) {
  const auto time = [](int n) { return "\"2026-09-0" + std::to_string(n) + "T00:00:00Z\""; };
  return R"({"starting_at":)" + time(number) + R"(,"ending_at":)" + time(number + 1) +
         (rest.empty() ? "" : ",") + rest + "}";
}

const Window week{at("2026-09-01T00:00:00Z"), at("2026-09-08T00:00:00Z")};

struct Read {
  std::vector<Bucket> parts;
  std::string next;
  Instant complete_to{};
  bool met_broken = false;
};

Result<Read> read(const std::string& body, const Report& report, std::size_t piece = 7,
                  bool past_broken = false, std::size_t most_rows = most_page_rows) {
  const auto decoder = make_rows_decoder(report.endpoint, report.layout, week, most_rows);
  if (past_broken) decoder->read_past_broken();
  Read read;
  for (std::size_t i = 0; i < body.size(); i += piece)
    if (auto fed = decoder->feed(body.substr(i, piece)); !fed) return fed.error();
  auto next = decoder->finish();
  if (!next) return next.error();
  read.next = *next;
  read.parts = decoder->take();
  read.complete_to = decoder->complete_to();
  read.met_broken = decoder->met_broken();
  return read;
}

std::string page(const std::string& entries, const std::string& rest = R"("has_more":false)") {
  return R"({"data":[)" + entries + "]," + rest + "}";
}

TEST_CASE("entries become rows of their buckets, equal ones added up, however they are cut") {
  const std::string body =
      page(day(2, R"("team":"a","tokens":5,"cost":{"amount":"0.1"})") + "," +
           day(2, R"("team":"a","tokens":2,"cost":{"amount":0.25})") + " ,\n" +
           day(2, R"("tokens":1,"odd]}":"]}\"")") + "," + day(5, R"("team":"b","tokens":7e0)"));
  for (std::size_t piece : {1u, 2u, 3u, 64u, 4096u}) {
    const Read answer = must(read(body, Report(), piece));
    REQUIRE(answer.parts.size() == 2);
    const Bucket& first = answer.parts[0];
    CHECK(first.start == at("2026-09-02T00:00:00Z"));
    CHECK(first.end == at("2026-09-03T00:00:00Z"));
    REQUIRE(first.rows.size() == 2);
    CHECK(first.rows[0].counts[0] == 7);
    CHECK(first.rows.amount(0).text() == "0.35");
    CHECK(first.rows[1].texts[0].state == Text::State::absent);
    CHECK(answer.parts[1].rows[0].counts[0] == 7);
    CHECK(answer.next.empty());
  }
}

TEST_CASE("an entry may have several rows, and one that is odd takes only itself aside") {
  const Read answer = must(
      read(page(day(1, R"("team":"a","tokens":5,"parts":[{"name":"x","tokens":1,"amount":41.5},)"
                       R"({"name":"y","tokens":null,"amount":"z"},{"name":7,"tokens":1}])")),
           Report()));
  REQUIRE(answer.parts.size() == 1);
  const Bucket& bucket = answer.parts[0];
  REQUIRE(bucket.rows.size() == 2);
  CHECK(bucket.view(bucket.rows[1].texts[0]) == "a");
  CHECK(bucket.view(bucket.rows[1].texts[1]) == "x");
  CHECK(bucket.rows.amount(1).text() == "41.5");
  REQUIRE(bucket.odd.size() == 2);
  CHECK(bucket.odd[0].reason == "$.data[].parts[].amount expected a decimal number, found \"z\"");
  CHECK(bucket.odd[0].identified);
  CHECK(bucket.view(bucket.odd[0].row.texts[1]) == "y");
  CHECK_FALSE(bucket.odd[1].identified);
  CHECK(bucket.odd[1].original.starts_with(R"({"starting_at")"));
  CHECK_FALSE(bucket.unsure);
}

TEST_CASE("an entry without a bucket is kept where it stood, and unsettles its bucket") {
  const std::string lost = GENERATE(
      std::string("7"), std::string("\"]\""), std::string("[{}]"), std::string("null"),
      std::string(R"({"tokens":1})"),
      std::string(R"({"starting_at":"2026-09-03T01:00:00Z","ending_at":"2026-09-04T01:00:00Z"})"),
      std::string(R"({"starting_at":"2026-09-03T00:00:00Z","ending_at":"2026-09-05T00:00:00Z"})"));
  CAPTURE(lost);
  const Read answer = must(
      read(page(day(2, R"("tokens":1)") + "," + lost + "," + day(4, R"("tokens":2)")), Report()));
  REQUIRE(answer.parts.size() == 2);
  CHECK(answer.parts[0].unsure);
  REQUIRE(answer.parts[0].odd.size() == 1);
  CHECK(answer.parts[0].odd[0].original == lost);
  CHECK_FALSE(answer.parts[0].odd[0].identified);
  CHECK(answer.parts[1].rows.size() == 1);
  CHECK_FALSE(answer.parts[1].unsure);
}

TEST_CASE("an entry that is no JSON fails the page once, and is read past when it is met again") {
  const std::string body =
      page(day(1, R"("tokens":1)") + R"(,{"tokens":tru},)" + day(1, R"("tokens":2)"));
  CHECK(failure(read(body, Report())).message.starts_with("$.data[1] is not valid JSON"));
  const Read answer = must(read(body, Report(), 5, true));
  CHECK(answer.met_broken);
  REQUIRE(answer.parts.size() == 1);
  CHECK(answer.parts[0].rows[0].counts[0] == 3);
  CHECK(answer.parts[0].odd.size() == 1);
}

TEST_CASE("an entry without end is told by its beginning and held in no memory") {
  const Read answer =
      must(read(page(day(1, R"("tokens":1,"note":")" + std::string(2'000'000, 'x') + "\"")),
                Report(), 65536));
  REQUIRE(answer.parts.size() == 1);
  REQUIRE(answer.parts[0].odd.size() == 1);
  CHECK(answer.parts[0].odd[0].reason == "$.data[] is longer than 1048576 bytes");
  CHECK(answer.parts[0].odd[0].original.size() == most_original_bytes);
}

TEST_CASE("buckets out of order or outside of the window are no answer") {
  for (const std::string& entries :
       {day(3, R"("tokens":1)") + "," + day(2, R"("tokens":1)"), day(8, R"("tokens":1)"),
        std::string(
            R"({"starting_at":"2026-08-31T00:00:00Z","ending_at":"2026-09-01T00:00:00Z"})")})
    CHECK(failure(read(page(entries), Report())).code == Errc::protocol);
}

TEST_CASE("entries of a day report need not say the day") {
  const Read answer = must(read(page(R"({"team":"a","tokens":1},{"team":"a","tokens":2})",
                                     R"("has_more":true,"next_page":"p2")"),
                                Report(false)));
  REQUIRE(answer.parts.size() == 1);
  CHECK(answer.parts[0].start == week.start);
  CHECK(answer.parts[0].end == week.start + 24h);
  CHECK(answer.parts[0].rows[0].counts[0] == 3);
  CHECK(answer.next == "p2");
}

TEST_CASE("an answer says up to when it is complete: a time, nothing yet, or nothing at all") {
  Report report;
  CHECK(must(read(page("", R"("data_refreshed_at":"2026-09-03T01:02:03Z")"), report)).complete_to ==
        at("2026-09-03T01:02:03Z"));
  CHECK(must(read(page("", R"("data_refreshed_at":null)"), report)).complete_to == Instant::min());
  CHECK(must(read(page(""), report)).complete_to == Instant::min());
  CHECK(failure(read(page("", R"("data_refreshed_at":7)"), report)).code == Errc::protocol);
  report.endpoint.watermark = false;
  CHECK(must(read(page("", R"("data_refreshed_at":7)"), report)).complete_to == Instant::max());
}

TEST_CASE("what is wrong around the entries is an error with its place") {
  for (const char* body :
       {"", "[]", "{}", "{\"data\":7}", "{\"data\":[1 2]}", "{\"data\":[,]}", "{\"data\":[1,]}",
        "{\"data\":[]", "{\"data\":[],}", "{\"data\":[]}}", "{\"data\":[],\"data\":[]}",
        "{\"data\" []}", "{data:[]}", "{\"data\":[],\"next_page\":7}",
        "{\"data\":[],\"has_more\":true}", "{\"data\":[],\"has_more\":1}",
        "{\"data\":[],\"else\":nul}", "{\"data\":[],\"else\":}", "{\"data\":[{\"a\":\"}]}"}) {
    CAPTURE(body);
    const Error error = failure(read(body, Report(), 3));
    CHECK(error.code == Errc::protocol);
    CHECK(error.message.starts_with("$"));
  }
}

TEST_CASE("members that nobody knows are skipped, whatever is in them") {
  CHECK(must(read(R"({"a":{"data":[7]},"b":"]}\\","c":[[]],"data":[],"d":-1.5e3 ,"next_page":"x"})",
                  Report(), 1))
            .next == "x");
}

TEST_CASE("a page with more rows than any has is too much, and may be asked for in less") {
  std::string entries;
  for (int i = 0; i < 6; ++i)
    entries += (i > 0 ? "," : "") + day(1, R"("team":")" + std::to_string(i) + R"(","tokens":1)");
  CHECK(must(read(page(entries), Report(), 7, false, 6)).parts[0].rows.size() == 6);
  CHECK(failure(read(page(entries), Report(), 7, false, 5)).code == Errc::too_much);
}

}  // namespace
}  // namespace anthropic_metrics::streams
