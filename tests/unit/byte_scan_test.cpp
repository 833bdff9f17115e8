// SPDX-License-Identifier: Apache-2.0
// Many bytes at once say what one byte after the other says.
#include "base/byte_scan.hpp"

#include <algorithm>
#include <limits>

#include "base/json_writer.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::pick;
using test::Random;

/// Mostly plain, in a place of its own, so that a sanitizer sees every byte too many.
std::vector<char> text(Random& random, std::size_t size) {
  static constexpr unsigned char special[] = {'"',  '\\', 0,   0x1f, 0x20, 0x7f,
                                              0x80, 0xff, '!', '#',  '[',  ']'};
  std::vector<char> out(size);
  const auto rare = pick(random, 1, 40);
  for (char& c : out)
    c = pick(random, 0, rare) == 0 ? static_cast<char>(special[pick(random, 0, 11)])
                                   : static_cast<char>(pick(random, 'a', 'z'));
  return out;
}

TEST_CASE("runs of plain bytes end where the first other byte stands") {
  const std::uint64_t chosen = test::seed();
  INFO("replay with AM_SEED=" << chosen);
  Random random(chosen);
  for (int round = 0; round < 5000; ++round) {
    const std::vector<char> bytes = text(random, static_cast<std::size_t>(pick(random, 0, 70)));
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    const char* const escaped = std::find_if(begin, end, ends_plain<Plain::escaped>);
    const char* const ascii = std::find_if(begin, end, ends_plain<Plain::ascii>);
    REQUIRE(plain_end<Plain::escaped>(begin, end) == escaped);
    REQUIRE(plain_end<Plain::ascii>(begin, end) == ascii);

    std::vector<char> copy(bytes.size());
    const std::size_t size = copy_plain(copy.data(), {begin, bytes.size()});
    REQUIRE(size == static_cast<std::size_t>(escaped - begin));
    REQUIRE(std::equal(copy.begin(), copy.begin() + static_cast<std::ptrdiff_t>(size), begin));

    std::vector<char> other = bytes;
    REQUIRE(same_bytes(begin, other.data(), bytes.size()));
    REQUIRE(common_bytes(begin, other.data(), bytes.size()) == bytes.size());
    if (other.empty()) continue;
    const auto changed =
        static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(other.size()) - 1));
    ++other[changed];
    REQUIRE_FALSE(same_bytes(begin, other.data(), bytes.size()));
    REQUIRE(common_bytes(begin, other.data(), bytes.size()) == changed);
  }
}

TEST_CASE("the first quote or comma is found wherever it stands") {
  for (const char sign : {'"', ','})
    for (std::size_t size = 0; size < 40; ++size) {
      std::vector<char> bytes(size, 'x');
      const char* const begin = bytes.data();
      REQUIRE(quote_or_comma(begin, begin + size) == begin + size);
      for (std::size_t at = size; at-- > 0;) {
        bytes[at] = sign;
        REQUIRE(quote_or_comma(begin, begin + size) == begin + at);
      }
    }
}

TEST_CASE("every byte ends a run or does not, wherever it stands") {
  for (int c = 0; c < 256; ++c)
    for (std::size_t at = 0; at < 40; ++at) {
      std::string bytes(40, 'x');
      bytes[at] = static_cast<char>(c);
      const bool control = c < 0x20 || c == '"' || c == '\\';
      const auto place = [&](const char* end) {
        return static_cast<std::size_t>(end - bytes.data());
      };
      const char* const begin = bytes.data();
      REQUIRE(place(plain_end<Plain::escaped>(begin, begin + 40)) == (control ? at : 40));
      REQUIRE(place(plain_end<Plain::ascii>(begin, begin + 40)) ==
              (control || c >= 0x80 ? at : 40));
    }
}

TEST_CASE("whole numbers of few digits are read, nothing else") {
  const auto value_of = [](const std::string& number, const std::string& behind) -> std::int64_t {
    const std::string bytes = number + behind;
    const PlainNumber found = plain_number(bytes.data(), bytes.data() + bytes.size());
    if (found.end == nullptr) return -1;
    CHECK(found.end == bytes.data() + number.size());
    return found.value;
  };
  for (const char* behind : {"", ",", "}", ",\"other_tokens\":12345678,", ".", "e",
                             "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"}) {
    CAPTURE(behind);
    for (const char* number :
         {"0", "1", "9", "10", "12", "123", "1234", "12345", "123456", "1234567", "9999999",
          "12345678", "99999999", "100000000", "123456789", "1234567890", "12345678901",
          "999999999999", "100000000000"})
      CHECK(value_of(number, behind) == std::stoll(number));
    for (const char* number : {"", "00", "01", "000000001", "00000000", "0000000", "1234567890123",
                               "-1", "-", "+1", "a", "/", ":", "\"1\"", " 1"})
      CHECK(value_of(number, behind) == -1);
  }
}

TEST_CASE("text of every length and with every escape is written as JSON") {
  for (std::size_t size = 0; size < 60; ++size)
    for (std::size_t at = 0; at <= size; ++at) {
      std::string value(size, 'v'), expected(size, 'v');
      if (at < size) {
        value[at] = '\n';
        expected.replace(at, 1, "\\u000a");
      }
      std::string out = "before";
      append_json_string(out, value);
      REQUIRE(out == "before\"" + expected + "\"");
    }
}

}  // namespace
}  // namespace anthropic_metrics
