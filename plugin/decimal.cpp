// SPDX-License-Identifier: Apache-2.0
#include "decimal.hpp"

#include <algorithm>

namespace anthropic_metrics {
namespace {

constexpr std::size_t most_digits = 200;

boost::multiprecision::cpp_int power_of_ten(unsigned exponent) {
  return boost::multiprecision::pow(boost::multiprecision::cpp_int(10), exponent);
}

/// "e+12" or nothing; false if text is something else.
bool read_exponent(std::string_view text, int& exponent) {
  exponent = 0;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 3) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    exponent = exponent * 10 + (c - '0');
  }
  if (negative) exponent = -exponent;
  return true;
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
  if (digits.empty() || digits.size() > most_digits) return std::nullopt;
  if (!read_exponent(text.substr(at), exponent) || std::abs(exponent) > 200) return std::nullopt;

  // Leading zeros would make the big integer read the text as octal.
  const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  Decimal value;
  value.digits_ = Digits(digits.substr(first));
  scale -= exponent;
  if (scale < 0) {
    value.digits_ *= power_of_ten(static_cast<unsigned>(-scale));
    scale = 0;
  }
  value.scale_ = static_cast<unsigned>(scale);
  if (negative) value.digits_ = -value.digits_;
  return value;
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

}  // namespace anthropic_metrics
