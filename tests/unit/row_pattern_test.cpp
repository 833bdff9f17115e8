// SPDX-License-Identifier: Apache-2.0
// Rows that are written alike are read by what they have in common, the others by the parser:
// nobody can tell which. What comes in pieces of one byte is all the parser's, since no row is
// whole then.
#include "streams/row_pattern.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>

#include "streams/report_decoder.hpp"
#include "streams/report_handler.hpp"
#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using test::pick;
using test::Random;

constexpr std::string_view begin_of_answer =
    R"({"data":[{"starting_at":"2026-09-01T00:00:00Z","ending_at":"2026-09-01T01:00:00Z","results":[)";

Layout layout(bool money) {
  Layout layout;
  layout.bucket_width = "1h";
  layout.texts.resize(3);
  layout.texts[0].name = layout.texts[0].field = "model";
  layout.texts[1].name = layout.texts[1].field = "workspace_id";
  layout.texts[2].name = layout.texts[2].field = "currency";
  layout.counts = {{"output_tokens", "output_tokens", true},
                   {"cache_creation.a", "a", false},
                   {"cache_creation.b", "b", false},
                   {"web_searches", "web_searches", false}};
  layout.money = money;
  return layout;
}

/// All that a decoder says, as text, but for originals.
std::string told(Decoder& decoder, const Layout& layout) {
  std::string out;
  for (const Bucket& bucket : decoder.take()) {
    out +=
        fmt::format("bucket {} to {}\n", format_rfc3339(bucket.start), format_rfc3339(bucket.end));
    for (std::size_t r = 0; r < bucket.rows.size(); ++r) {
      const Row row = bucket.rows[r];
      for (std::size_t i = 0; i < layout.texts.size(); ++i)
        out += fmt::format("{} '{}', ", static_cast<int>(row.texts[i].state),
                           bucket.view(row.texts[i]));
      for (std::size_t i = 0; i < layout.counts.size(); ++i)
        out += fmt::format("{}, ", row.counts[i]);
      out +=
          fmt::format("{:x} {} {} {}{}\n", row.counts_present, static_cast<int>(row.amount.state),
                      bucket.rows.amount(r).text(), bucket.rows.several(r) ? "several " : "",
                      bucket.rows.overflowed(r) ? "overflowed" : "");
    }
    for (const OddRow& odd : bucket.odd)
      out += fmt::format("odd {} {} '{}'\n", odd.identified, odd.reason, odd.original);
    out += fmt::format("and {} more\n", bucket.more_odd);
  }
  return out;
}

/// What comes of an answer in pieces of some size; the rows of buckets that were whole before it
/// failed, and how.
std::string read(const std::string& answer, std::size_t piece, bool money, bool original,
                 bool past_broken) {
  const Layout columns = layout(money);
  const auto decoder = make_report_decoder(columns, original, 400);
  if (past_broken) decoder->read_past_broken();
  std::string out;
  for (std::string_view left = answer; !left.empty();
       left.remove_prefix(std::min(piece, left.size()))) {
    const auto fed = decoder->feed(left.substr(0, piece));
    out += told(*decoder, columns);
    if (!fed) return out + "failed: " + fed.error().message;
  }
  const auto next = decoder->finish();
  out += told(*decoder, columns);
  return out + (next ? "next: " + *next : "failed: " + next.error().message);
}

/// Where a token that is no JSON is found depends on where it is cut; all else may not.
std::string without_place(std::string text) {
  const std::size_t at = text.find("near byte ");
  if (at == std::string::npos) return text;
  return text.substr(0, at) + text.substr(std::min(text.find(':', at), text.size()));
}

template <std::size_t size>
std::string_view one_of(Random& random, const std::string_view (&choices)[size]) {
  return choices[static_cast<std::size_t>(pick(random, 0, size - 1))];
}

/// Rows of one answer have most in common: some members, in some order, with some blanks.
class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {
    members_ = {"model",          "workspace_id", "currency", "output_tokens",
                "cache_creation", "web_searches", "amount",   "unknown"};
    std::shuffle(members_.begin(), members_.end(), random_);
    if (pick(random_, 0, 2) == 0) members_.pop_back();
    static constexpr std::string_view blanks[] = {"", "", " ", "\n\t", "\r\n"};
    colon_ = ":" + std::string(one_of(random_, blanks));
    comma_ = "," + std::string(one_of(random_, blanks));
  }

  std::string answer() {
    std::string out(begin_of_answer);
    for (auto buckets = pick(random_, 1, 3); buckets > 0; --buckets) {
      out += rows();
      out += buckets > 1 ? R"(]},{"ending_at":"2026-09-01T02:00:00Z","starting_at":)"
                           R"("2026-09-01T01:00:00Z","results":[)"
                         : "]}";
    }
    out += R"(],"has_more":false,"next_page":null})";
    return out;
  }

 private:
  std::string rows() {
    std::string out;
    for (auto rows = pick(random_, 0, 12); rows > 0; --rows) {
      out += row();
      if (rows > 1) out += comma_;
    }
    return out;
  }
  std::string row() {
    if (pick(random_, 0, 30) == 0) return std::string(one_of(random_, odd_));
    std::string out = "{";
    auto members = members_;
    if (pick(random_, 0, 15) == 0) std::shuffle(members.begin(), members.end(), random_);
    if (pick(random_, 0, 15) == 0) members.push_back(members.front());
    for (const std::string& member : members) {
      if (out.size() > 1) out += comma_;
      out += "\"" + member + "\"" + colon_ + value(member);
    }
    return out + "}";
  }
  std::string value(const std::string& member) {
    if (pick(random_, 0, 40) == 0) return std::string(one_of(random_, any_));
    if (member == "output_tokens" || member == "web_searches") return number();
    if (member == "amount") return "\"" + number() + ".25\"";
    if (member == "cache_creation")
      return pick(random_, 0, 9) == 0
                 ? "null"
                 : "{\"a\"" + colon_ + number() + comma_ + "\"b\"" + colon_ + number() + "}";
    if (pick(random_, 0, 5) == 0) return "null";
    return fmt::format("\"{}{}\"", member, pick(random_, 0, 2));
  }
  std::string number() {
    static constexpr std::int64_t most[] = {9, 9, 1'000, 99'999'999, 999'999'999'999};
    return std::to_string(pick(random_, 0, most[pick(random_, 0, 4)]));
  }

  static constexpr std::string_view odd_[] = {
      "7", "null", "\"text } [ ,\"", "[1,{\"a\":[]}]", "{}", "{\"output_tokens\":1}", "true"};
  static constexpr std::string_view any_[] = {"null",
                                              "-1",
                                              "1.5",
                                              "1e2",
                                              "00",
                                              "01",
                                              "-0",
                                              "1234567890123",
                                              "99999999999999999999",
                                              "\"\"",
                                              "\"a\\\"b\"",
                                              "\"\\u00e9\"",
                                              "\"\xC3\xA9\"",
                                              "\"a\xFF\"",
                                              "\"a\tb\"",
                                              "\"a}b[c\"",
                                              "true",
                                              "false",
                                              "[]",
                                              "{}",
                                              "{\"a\":1}",
                                              "[1,2]",
                                              "nul",
                                              "\"12.5\"",
                                              "12.5",
                                              "\"\\\\\""};
  Random& random_;
  std::vector<std::string> members_;
  std::string colon_, comma_;
};

TEST_CASE("whether a row is read by its pattern or by the parser, the same is read") {
  const std::uint64_t chosen = test::seed();
  INFO("replay with AM_SEED=" << chosen);
  Random random(chosen);
  for (int round = 0; round < 3000; ++round) {
    std::string answer = Writer(random).answer();
    const auto last = static_cast<std::int64_t>(answer.size()) - 1;
    if (round % 4 == 3)
      answer[static_cast<std::size_t>(pick(random, 0, last))] =
          "\"\\{}[],:0a\x01\xC3"[pick(random, 0, 11)];
    const bool money = round % 2 == 0, past_broken = round % 3 == 0;
    for (const std::size_t piece :
         {answer.size(), static_cast<std::size_t>(pick(random, 1, 400))}) {
      CAPTURE(answer, piece);
      const std::string by_parser = without_place(read(answer, piece, money, true, past_broken));
      const std::string by_pattern = without_place(read(answer, piece, money, false, past_broken));
      REQUIRE(by_pattern == by_parser);
    }
  }
}

TEST_CASE("a pattern is not learned from a row that says something twice") {
  // Of such a row the parser keeps the number behind the null; of two numbers it sets the row
  // aside.
  const std::string answer =
      R"({"data":[{"starting_at":"2026-09-01T00:00:00Z","ending_at":"2026-09-01T01:00:00Z",)"
      R"("results":[{"output_tokens":null,"model":"a","output_tokens":6},)"
      R"({"output_tokens":4,"model":"b","output_tokens":3}]}],"has_more":false})";
  const std::string by_parser = read(answer, answer.size(), false, true, false);
  CHECK(read(answer, answer.size(), false, false, false) == by_parser);
  CHECK(by_parser.find("occurs twice") != std::string::npos);
}

TEST_CASE("a row whose first key is no JSON is no row, wherever the answer is cut") {
  const std::string answer =
      R"({"data":[{"starting_at":"2026-09-01T00:00:00Z","ending_at":"2026-09-01T01:00:00Z",)"
      R"("results":[{"model":"a","output_tokens":1},{"model}:)"
      "\t"
      R"("b","output_tokens":2},{"model":"c","output_tokens":3}]}],"has_more":false})";
  const std::string whole = without_place(read(answer, answer.size(), false, true, true));
  CHECK(whole.find("results[1] is not valid JSON") != std::string::npos);
  for (std::size_t piece = 1; piece < answer.size(); ++piece)
    for (const bool original : {true, false})
      REQUIRE(without_place(read(answer, piece, false, original, true)) == whole);
}

/// A handler behind the first row of an answer, which it has learned from.
struct BehindFirst {
  explicit BehindFirst(std::string rows_of) : rows(std::move(rows_of)) {
    const std::string start(begin_of_answer);
    parser.write_some(true, start.data(), start.size(), ec);
    ReportHandler& handler = parser.handler();
    handler.begin_of_piece(rows);
    std::size_t at = 0;
    while (at < rows.size() && handler.behind() != ReportHandler::Behind::row) {
      const std::size_t part = rows.find('}', at) + 1;
      handler.begin_of_part();
      parser.write_some(true, rows.data() + at, part - at, ec);
      handler.end_of_part(rows.data() + part, true);
      at = part;
    }
    begin = at;
  }
  /// How many bytes behind the first row were read by its pattern.
  std::size_t read() {
    const char* const end =
        parser.handler().read_rows(rows.data() + begin, rows.data() + rows.size());
    return static_cast<std::size_t>(end - rows.data()) - begin;
  }

  const Layout columns = layout(false);
  std::string rows;
  boost::json::basic_parser<ReportHandler> parser{boost::json::parse_options{}, columns, false,
                                                  std::size_t{1000}};
  boost::system::error_code ec;
  std::size_t begin = 0;
};

TEST_CASE("rows like the first are not the parser's any more") {
  const std::string first =
      R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":3})";
  const auto read_of = [&](const std::string& row) {
    return BehindFirst(first + "," + row).read();
  };
  for (
      const std::string row :
      {R"({"model":"other","x":"z","cache_creation":{"a":0,"b":12345678},"output_tokens":123456789012})",
       R"({"model":null,"x":true,"cache_creation":{"a":null,"b":2},"output_tokens":3})",
       R"({"model":"","x":12,"cache_creation":{"a":1,"b":99999999},"output_tokens":100000000})"})
    CHECK(read_of(row) == row.size() + 1);

  for (const std::string row :
       {R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":-3})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":1234567890123})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":03})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":null})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":3.5})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":"3"})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2}})",
        R"({"model":"m","x":"y","cache_creation":null,"output_tokens":3})",
        R"({"model":"m\n","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":3})",
        "{\"model\":\"\xC3\xA9\",\"x\":\"y\",\"cache_creation\":{\"a\":1,\"b\":2},\"output_"
        "tokens\":3}",
        R"({"model":"m","x":{},"cache_creation":{"a":1,"b":2},"output_tokens":3})",
        R"({"model":"m", "x":"y","cache_creation":{"a":1,"b":2},"output_tokens":3})",
        R"({"model":"m","x":"y","cache_creation":{"a":1,"b":2},"output_tokens":3)",
        R"({"model":"m")", R"({"model":")", R"({)"}) {
    CAPTURE(row);
    CHECK(read_of(row) == 0);
  }
}

TEST_CASE("a text that was read with escapes is not met again by its bytes") {
  const std::string with_quote = R"({"model":"a\"b","output_tokens":3})";
  BehindFirst rows(R"({"model":"m","output_tokens":3},)" + with_quote);
  CHECK(rows.read() == 0);
  const std::string all = std::string(begin_of_answer) + R"({"model":"m","output_tokens":3},)" +
                          with_quote + R"(,{"model":"a"b","output_tokens":3}]}],"has_more":false})";
  CHECK(test::contains(read(all, all.size(), false, false, false), "failed: "));
}

TEST_CASE("a pattern is learned from a row as it is, and only from what a pattern can have") {
  KeyTable row;
  row.add("model", {Target::text, 0});
  row.add("tokens", {Target::count, 0});
  row.add("group", {Target::group, 1});
  std::vector<KeyTable> groups(2);
  groups[1].add("a", {Target::count, 1});
  const RowPattern::Keys keys{row, groups};

  RowPattern pattern;
  REQUIRE(pattern.learn(R"({ "model" : "m", "group":{"a":1}, "tokens":2 })", keys));
  REQUIRE(pattern.steps().size() == 3);
  CHECK(std::string_view(pattern.literals()).substr(0, pattern.steps()[0].size) ==
        R"({ "model" : )");
  CHECK(pattern.tail() == " }");
  CHECK(pattern.counts_present() == 0b11);

  CHECK_FALSE(pattern.learn(R"({ "model" : "other", "group":{"a":7}, "tokens":0 })", keys));
  for (const char* text : {R"({"model":["m"]})", R"({"mo\u0064el":"m"})", R"({"group":{"a":{}}})",
                           R"({"x":{"a":1}})", "{}", "[]", ""}) {
    CAPTURE(text);
    CHECK_FALSE(pattern.learn(text, keys));
    CHECK(pattern.steps().size() == 3);
  }
}

}  // namespace
}  // namespace anthropic_metrics::streams
