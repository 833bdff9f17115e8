// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "commands/demo_summary.hpp"
#include "table.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics;
using namespace anthropic_metrics::host;

TEST_CASE("text of others acts on no terminal and on no reader") {
  struct Case {
    std::string text;
    std::string shown;
  };
  const std::vector<Case> cases{
      {"plain, with \"quotes\" and \\", "plain, with \"quotes\" and \\"},
      {"Gr\u00f6\u00dfe \u6570\u91cf \U0001f642 \u20ac",
       "Gr\u00f6\u00dfe \u6570\u91cf \U0001f642 \u20ac"},
      {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
      {"a\tb\nc\rd\x7f", "a\\tb\\nc\\x0dd\\x7f"},
      {std::string("nul\0!", 5), "nul\\x00!"},
      {"\xc2\x9b"
       "31m \xc2\x85 \xc2\x80",
       "\\x9b31m \\x85 \\x80"},  // C1: CSI, next line
      {"\x9b"
       "31m",
       "\\x9b31m"},  // the same as one octet
      {"pay\xe2\x80\xae"
       "001",
       "pay\\u202e001"},  // right-to-left override
      {"\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c", "\\u2066\\u2069\\u200f\\u061c"},
      {"a\xe2\x80\x8b"
       "b\xef\xbb\xbf\xc2\xad",
       "a\\u200bb\\ufeff\\u00ad"},                     // nothing to see
      {"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},  // line, paragraph
      {"\xf3\xa0\x81\x81", "\\ue0041"},                // a tag
      {"\xc0\xaf \xed\xa0\x80 \xf5 \xe2\x82", "\\xc0\\xaf \\xed\\xa0\\x80 \\xf5 \\xe2\\x82"},
      {"", ""},
  };
  for (const Case& row : cases) {
    CAPTURE(row.shown);
    CHECK(printable(row.text) == row.shown);
  }
  CHECK(printable_lines("a\nb\x1b") == "a\nb\\x1b");
}

TEST_CASE("every character that is shown as it is stays itself, and no control does") {
  for (unsigned code = 0; code < 0x100; ++code) {
    CAPTURE(code);
    const std::string text = code < 0x80 ? std::string(1, static_cast<char>(code))
                                         : std::string{static_cast<char>(0xc0U | (code >> 6)),
                                                       static_cast<char>(0x80U | (code & 0x3fU))};
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad;
    CHECK((printable(text) == text) == !control);
  }
}

TEST_CASE("tables and summaries escape what documents hold") {
  const std::string text = table({{"model", "n"}, {"\x1b[31mred\xe2\x80\xae", "1"}});
  CHECK_THAT(text, ContainsSubstring("\\x1b[31mred\\u202e") && !ContainsSubstring("\x1b"));

  DemoSummary summary;
  add_document(
      summary,
      R"({"data_stream":{"dataset":"x"},"anthropic":{"usage":{"model":"\u001b[2J\u009b"}}})");
  add_document(
      summary,
      R"({"data_stream":{"dataset":"x"},"anthropic":{"cost":{"amount_exact":"\u001b]0;"}}})");
  const std::string shown = to_text(summary);
  CHECK_THAT(shown, ContainsSubstring("\\x1b[2J\\x9b") &&
                        ContainsSubstring("fault: '\\x1b]0;' is not a decimal amount") &&
                        !ContainsSubstring("\x1b") && !ContainsSubstring("\xc2\x9b"));
}
