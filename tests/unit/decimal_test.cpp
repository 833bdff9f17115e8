// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

Decimal decimal(std::string_view text) {
  const auto value = Decimal::parse(text);
  if (!value) FAIL("not a decimal: " << text);
  return *value;
}

TEST_CASE("a decimal prints without exponent and without trailing zeros") {
  struct Case {
    std::string_view text;
    std::string_view printed;
  };
  const auto [text, printed] = GENERATE(
      Case{"0", "0"}, Case{"-0", "0"}, Case{"0.00", "0"}, Case{"-0.000", "0"}, Case{"12", "12"},
      Case{"12.50", "12.5"}, Case{"-12.50", "-12.5"}, Case{"123.78912", "123.78912"},
      Case{"100", "100"}, Case{"100.0", "100"}, Case{"1e3", "1000"}, Case{"1E+3", "1000"},
      Case{"1e-3", "0.001"}, Case{"-1.5e-3", "-0.0015"}, Case{"12.5e1", "125"}, Case{"0e200", "0"},
      Case{"0.1", "0.1"}, Case{"9007199254740993", "9007199254740993"},
      Case{"1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890"},
      Case{"0.1234567890123456789012345678901234567891",
           "0.1234567890123456789012345678901234567891"});
  CAPTURE(text);

  CHECK(decimal(text).text() == printed);
}

TEST_CASE("leading zeros do not make a decimal octal") {
  struct Case {
    std::string_view text;
    std::string_view printed;
  };
  const auto [text, printed] =
      GENERATE(Case{"010", "10"}, Case{"0777", "777"}, Case{"0089.10", "89.1"}, Case{"00", "0"},
               Case{"-010", "-10"}, Case{"0.010", "0.01"});

  CHECK(decimal(text).text() == printed);
}

TEST_CASE("text that is not a decimal is refused") {
  const auto text = GENERATE(
      as<std::string>{}, "", "-", "+1", ".5", "5.", "-.5", "1.2.3", "1,5", " 1", "1 ", "1e", "1e+",
      "1e--1", "1e0.5", "e5", "0x10", "nan", "inf", "1e200", "1e-201", "12e199", "1e99999999999",
      "0." + std::string(201, '1'), "1e9999", "--1", "12abc", "1_000", std::string(201, '9'));
  CAPTURE(text);

  CHECK_FALSE(Decimal::parse(text).has_value());
}

TEST_CASE("whatever is read can be read back, at whatever length") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  const auto digits = [&](std::size_t most) {
    std::string out;
    for (std::size_t left = random() % (most + 1); left > 0; --left)
      out += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    return out;
  };
  std::size_t readable = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t most = random() % 4 == 0 ? 220 : 12;
    std::string text = (random() % 2 != 0 ? "-" : "") + digits(most);
    if (random() % 2 != 0) text += "." + digits(most);
    if (random() % 3 == 0)
      text += (random() % 2 != 0 ? "e-" : "E") + std::to_string(random() % 230);
    CAPTURE(text);
    const auto value = Decimal::parse(text);
    if (!value) continue;
    ++readable;
    const std::string canonical = value->text();
    const auto again = Decimal::parse(canonical);
    REQUIRE(again);
    REQUIRE(*again == *value);
    REQUIRE(again->text() == canonical);
  }
  CHECK(readable > 5000);
}

TEST_CASE("a decimal knows whether it is a whole number of 64 bits") {
  CHECK(decimal("9007199254740993.0").whole() == 9007199254740993);
  CHECK(decimal("1.5e1").whole() == 15);
  CHECK(decimal("-9223372036854775808").whole() == std::numeric_limits<std::int64_t>::min());
  CHECK(decimal("9223372036854775807").whole() == std::numeric_limits<std::int64_t>::max());
  CHECK_FALSE(decimal("9223372036854775808").whole());
  CHECK_FALSE(decimal("-9223372036854775809").whole());
  CHECK_FALSE(decimal("0.5").whole());
  CHECK_FALSE(decimal("1e190").whole());
}

TEST_CASE("amounts that binary floating point gets wrong add up exactly") {
  CHECK((decimal("0.1") + decimal("0.2")).text() == "0.3");
  CHECK(
      (decimal("1000000000000000000000000000000000000000") + decimal("0.0000000000000000000000001"))
          .text() == "1000000000000000000000000000000000000000.0000000000000000000000001");
  CHECK((decimal("5") - decimal("5.00")).zero());
  CHECK((decimal("1") - decimal("1.001")).text() == "-0.001");
}

TEST_CASE("decimals that differ in notation only are equal and print alike") {
  CHECK(decimal("1.50") == decimal("15e-1"));
  CHECK(decimal("1.50").text() == decimal("15e-1").text());
  CHECK_FALSE(decimal("1.5") == decimal("1.51"));
  CHECK(Decimal() == decimal("0.0"));
}

/// hundredths as decimal text with a random number of trailing zeros.
std::string written(std::int64_t hundredths, test::Random& random) {
  const bool negative = hundredths < 0;
  const std::int64_t size = negative ? -hundredths : hundredths;
  std::string cents = std::to_string(size % 100);
  if (cents.size() < 2) cents.insert(0, "0");
  return (negative ? "-" : "") + std::to_string(size / 100) + "." + cents +
         std::string(static_cast<std::size_t>(test::pick(random, 0, 5)), '0');
}

TEST_CASE("sums and differences of decimals equal those of integers") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t most = std::int64_t{1} << test::pick(random, 1, 60);
    const std::int64_t a = test::pick(random, -most, most), b = test::pick(random, -most, most);
    const Decimal x = decimal(written(a, random)), y = decimal(written(b, random));

    CAPTURE(a, b);
    REQUIRE(x + y == decimal(written(a + b, random)));
    REQUIRE((x - y).text() == decimal(written(a - b, random)).text());
    REQUIRE(x + y - y == x);
    REQUIRE(decimal(x.text()) == x);
  }
}

TEST_CASE("decimals are multiplied exactly") {
  CHECK((decimal("0.1") * decimal("0.2")).text() == "0.02");
  CHECK((decimal("-1.5") * decimal("4")).text() == "-6");
  CHECK((decimal("12345678901234567890.5") * decimal("0")).text() == "0");
  CHECK((decimal("123456789012345678901234567890") * decimal("0.00000000000000000001")).text() ==
        "1234567890.1234567890123456789");
}

TEST_CASE("decimals are in order of their value, whatever their notation") {
  CHECK(decimal("-1") < decimal("0"));
  CHECK(decimal("0.10") < decimal("0.2"));
  CHECK(decimal("1.50") <= decimal("1.5"));
  CHECK(decimal("10") > decimal("9.999"));
  CHECK(decimal("-0.001").negative());
  CHECK_FALSE(decimal("0").negative());
  CHECK((-decimal("2.5")).text() == "-2.5");
  CHECK((-decimal("0")).text() == "0");
}

TEST_CASE("a decimal is shifted by powers of ten") {
  CHECK(decimal("12345").shifted(-2).text() == "123.45");
  CHECK(decimal("-0.5").shifted(-2).text() == "-0.005");
  CHECK(decimal("1.25").shifted(1).text() == "12.5");
  CHECK(decimal("1.25").shifted(2).text() == "125");
  CHECK(decimal("1.25").shifted(5).text() == "125000");
  CHECK(decimal("0").shifted(-6).text() == "0");
}

TEST_CASE("a decimal is rounded to places, halves to the even neighbour") {
  struct Case {
    std::string_view text;
    unsigned places;
    std::string_view rounded;
  };
  const auto [text, places, rounded] = GENERATE(
      Case{"0.125", 2, "0.12"}, Case{"0.135", 2, "0.14"}, Case{"-0.125", 2, "-0.12"},
      Case{"-0.135", 2, "-0.14"}, Case{"0.1250001", 2, "0.13"}, Case{"0.5", 0, "0"},
      Case{"1.5", 0, "2"}, Case{"2.5", 0, "2"}, Case{"-2.5", 0, "-2"}, Case{"2.51", 0, "3"},
      Case{"0.004", 2, "0"}, Case{"-0.004", 2, "0"}, Case{"9.995", 2, "10"}, Case{"7", 2, "7"},
      Case{"12345678901234567890.12345", 3, "12345678901234567890.123"});
  CAPTURE(text, places);

  CHECK(decimal(text).rounded(places).text() == rounded);
}

TEST_CASE("a quotient has the digits that were asked for") {
  const auto divided = [](std::string_view a, std::string_view b, unsigned places) {
    const auto result = Decimal::quotient(decimal(a), decimal(b), places);
    return result ? result->text() : "none";
  };
  CHECK(divided("1", "3", 5) == "0.33333");
  CHECK(divided("2", "3", 5) == "0.66667");
  CHECK(divided("-2", "3", 5) == "-0.66667");
  CHECK(divided("2", "-3", 2) == "-0.67");
  CHECK(divided("-2", "-3", 2) == "0.67");
  CHECK(divided("1", "8", 2) == "0.12");
  CHECK(divided("3", "8", 2) == "0.38");
  CHECK(divided("-1", "8", 2) == "-0.12");
  CHECK(divided("1.5", "0.003", 0) == "500");
  CHECK(divided("300", "1000000", 6) == "0.0003");
  CHECK(divided("0", "7", 3) == "0");
  CHECK(divided("7", "0", 3) == "none");
}

TEST_CASE("products, roundings and quotients keep the laws of arithmetic") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  const Decimal half = decimal("0.5");
  const auto size_of = [](const Decimal& value) { return value.negative() ? -value : value; };
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t most = std::int64_t{1} << test::pick(random, 1, 60);
    const Decimal a = decimal(written(test::pick(random, -most, most), random));
    const Decimal b = decimal(written(test::pick(random, -most, most), random));
    const Decimal c = decimal(written(test::pick(random, -most, most), random));
    const auto places = static_cast<unsigned>(test::pick(random, 0, 6));
    CAPTURE(a.text(), b.text(), c.text(), places);

    REQUIRE(a * b == b * a);
    REQUIRE((a + b) * c == a * c + b * c);
    REQUIRE(a.shifted(3).shifted(-3) == a);
    REQUIRE(a.shifted(-2) == a * decimal("0.01"));
    REQUIRE((a < b) == (a - b).negative());

    const Decimal rounded = a.rounded(places);
    const Decimal step = decimal("1").shifted(-static_cast<int>(places));
    REQUIRE(size_of(a - rounded) <= half * step);
    REQUIRE(rounded.rounded(places) == rounded);
    REQUIRE((-a).rounded(places) == -rounded);
    REQUIRE(rounded.shifted(static_cast<int>(places)).text().find('.') == std::string::npos);

    const auto quotient = Decimal::quotient(a, b, places);
    REQUIRE(quotient.has_value() == !b.zero());
    if (!quotient) continue;
    REQUIRE(size_of(a - *quotient * b) <= half * step * size_of(b));
    REQUIRE(Decimal::quotient(a * b, b, 4) == a);
  }
}

}  // namespace
}  // namespace anthropic_metrics
