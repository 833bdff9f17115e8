// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.hpp"

#include <algorithm>
#include <limits>

namespace anthropic_metrics {
namespace {

/// Of a text as it comes: zeros that say nothing may stand before and behind.
constexpr std::size_t most_characters = 1000;

boost::multiprecision::cpp_int power_of_ten(unsigned exponent) {
  return boost::multiprecision::pow(boost::multiprecision::cpp_int(10), exponent);
}

/// "e+12" or nothing; false if text is something else, or beyond what any amount can need.
bool read_exponent(std::string_view text, int& exponent) {
  exponent = 0;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    exponent = exponent * 10 + (c - '0');
    if (exponent > static_cast<int>(2 * most_characters)) return false;
  }
  if (negative) exponent = -exponent;
  return true;
}

/// The whole number nearest to dividend / divisor; of two the even one.
boost::multiprecision::cpp_int nearest(const boost::multiprecision::cpp_int& dividend,
                                       const boost::multiprecision::cpp_int& divisor) {
  boost::multiprecision::cpp_int whole, rest;
  boost::multiprecision::divide_qr(dividend, divisor, whole, rest);
  const boost::multiprecision::cpp_int twice = 2 * boost::multiprecision::abs(rest),
                                       one = boost::multiprecision::abs(divisor);
  if (twice > one || (twice == one && whole % 2 != 0))
    whole += (dividend < 0) == (divisor < 0) ? 1 : -1;
  return whole;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);

  std::string digits;
  int scale = 0;
  std::size_t at = 0;
  bool fraction = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !fraction && at > 0) {
      fraction = true;
      if (at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9') return std::nullopt;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      if (fraction) ++scale;
    } else {
      break;
    }
  }
  int exponent = 0;
  if (digits.empty() || text.size() > most_characters) return std::nullopt;
  if (!read_exponent(text.substr(at), exponent)) return std::nullopt;
  scale -= exponent;

  // Zeros that say nothing: leading ones would make the big integer read the text as octal.
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal();
  const std::size_t last = digits.find_last_not_of('0');
  scale -= static_cast<int>(digits.size() - 1 - last);
  digits = digits.substr(first, last + 1 - first);
  const auto size = static_cast<int>(digits.size());
  // What text() would write: digits with zeros behind or before them.
  if (std::max({size, size - scale, scale}) > static_cast<int>(most_digits)) return std::nullopt;

  Decimal value;
  value.digits_ = Digits(digits);
  if (scale < 0) {
    value.digits_ *= power_of_ten(static_cast<unsigned>(-scale));
    scale = 0;
  }
  value.scale_ = static_cast<unsigned>(scale);
  if (negative) value.digits_ = -value.digits_;
  return value;
}

std::optional<std::int64_t> Decimal::whole() const {
  const Digits one = power_of_ten(scale_);
  const Digits value = digits_ / one;
  if (value * one != digits_) return std::nullopt;
  if (value < std::numeric_limits<std::int64_t>::min() ||
      value > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return value.convert_to<std::int64_t>();
}

std::string Decimal::text() const {
  const bool negative = digits_ < 0;
  std::string digits = Digits(boost::multiprecision::abs(digits_)).str();
  if (scale_ > 0) {
    if (digits.size() <= scale_) digits.insert(0, scale_ + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale_, 1, '.');
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return negative ? "-" + digits : digits;
}

Decimal Decimal::combine(const Decimal& a, const Decimal& b, int sign) {
  Decimal sum;
  sum.scale_ = std::max(a.scale_, b.scale_);
  const Digits left = a.digits_ * power_of_ten(sum.scale_ - a.scale_);
  const Digits right = b.digits_ * power_of_ten(sum.scale_ - b.scale_);
  sum.digits_ = sign > 0 ? Digits(left + right) : Digits(left - right);
  return sum;
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  Decimal product;
  product.digits_ = a.digits_ * b.digits_;
  product.scale_ = a.scale_ + b.scale_;
  return product;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const int compared = (a - b).digits_.compare(0);
  return compared < 0   ? std::strong_ordering::less
         : compared > 0 ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

Decimal Decimal::shifted(int places) const {
  Decimal result = *this;
  const auto size = static_cast<unsigned>(places < 0 ? -places : places);
  if (places < 0) {
    result.scale_ += size;
  } else if (size <= result.scale_) {
    result.scale_ -= size;
  } else {
    result.digits_ *= power_of_ten(size - result.scale_);
    result.scale_ = 0;
  }
  return result;
}

Decimal Decimal::rounded(unsigned places) const {
  if (scale_ <= places) return *this;
  Decimal result;
  result.digits_ = nearest(digits_, power_of_ten(scale_ - places));
  result.scale_ = places;
  return result;
}

std::optional<Decimal> Decimal::quotient(const Decimal& dividend, const Decimal& divisor,
                                         unsigned places) {
  if (divisor.zero()) return std::nullopt;
  Decimal result;
  result.digits_ = nearest(dividend.digits_ * power_of_ten(divisor.scale_ + places),
                           divisor.digits_ * power_of_ten(dividend.scale_));
  result.scale_ = places;
  return result;
}

}  // namespace anthropic_metrics
