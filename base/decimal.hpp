// SPDX-License-Identifier: Apache-2.0
// Money: decimal numbers of any length, added, subtracted and multiplied exactly. The API sends
// cents as text such as "123.78912"; no value passes through binary floating point on its way to a
// document.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics {

class Decimal {
 public:
  Decimal() = default;

  /// "-12.50", "0", "1e-3". Nothing on any other text, and where text() would be longer than
  /// most_digits, which no amount of money is. So whatever is read can be read back:
  /// parse(parse(x)->text()) is parse(x).
  static std::optional<Decimal> parse(std::string_view text);
  static constexpr std::size_t most_digits = 200;

  /// Plain digits without an exponent: "12.5", "-0.003", "0". Trailing zeros of the fraction are
  /// cut, so equal values have equal text. Also a JSON number.
  std::string text() const;

  bool zero() const { return digits_ == 0; }
  bool negative() const { return digits_ < 0; }
  /// The value, if it is a whole number of 64 bits.
  std::optional<std::int64_t> whole() const;

  friend Decimal operator+(const Decimal& a, const Decimal& b) { return combine(a, b, +1); }
  friend Decimal operator-(const Decimal& a, const Decimal& b) { return combine(a, b, -1); }
  friend Decimal operator-(const Decimal& a) { return Decimal() - a; }
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a - b).zero(); }
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

  /// Times 10^places, exactly: cents shifted by -2 are dollars.
  Decimal shifted(int places) const;
  /// With at most that many digits behind the point. A half goes to the even neighbour, as banks
  /// do, so that halves do not add up to one side.
  Decimal rounded(unsigned places) const;
  /// dividend / divisor with that many digits behind the point, the last one rounded likewise.
  /// Nothing if the divisor is zero.
  static std::optional<Decimal> quotient(const Decimal& dividend, const Decimal& divisor,
                                         unsigned places);

 private:
  using Digits = boost::multiprecision::cpp_int;

  static Decimal combine(const Decimal& a, const Decimal& b, int sign);

  Digits digits_ = 0;  ///< The value is digits_ / 10^scale_.
  unsigned scale_ = 0;
};

}  // namespace anthropic_metrics
