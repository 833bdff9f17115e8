// SPDX-License-Identifier: Apache-2.0
#include "decimal.hpp"

#include <algorithm>
#include <cstddef>

namespace anthropic_metrics::host {
namespace {

// Both arguments: digits with the least significant first.
bool less(const std::string& a, const std::string& b) {
  for (std::size_t i = std::max(a.size(), b.size()); i-- > 0;) {
    const char left = i < a.size() ? a[i] : '0';
    const char right = i < b.size() ? b[i] : '0';
    if (left != right) return left < right;
  }
  return false;
}

std::string plus(const std::string& a, const std::string& b) {
  std::string sum;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    const int digit = (i < a.size() ? a[i] - '0' : 0) + (i < b.size() ? b[i] - '0' : 0) + carry;
    sum += static_cast<char>('0' + digit % 10);
    carry = digit / 10;
  }
  return sum;
}

// larger - smaller
std::string minus(const std::string& larger, const std::string& smaller) {
  std::string difference;
  int borrow = 0;
  for (std::size_t i = 0; i < larger.size(); ++i) {
    int digit = larger[i] - '0' - (i < smaller.size() ? smaller[i] - '0' : 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += 10;
    difference += static_cast<char>('0' + digit);
  }
  return difference;
}

}  // namespace

bool DecimalSum::add(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  const std::string fraction(point < text.size() ? text.substr(point + 1) : std::string_view());
  const bool plain = !digits.empty() && (point == text.size() || !fraction.empty()) &&
                     (digits + fraction).find_first_not_of("0123456789") == std::string::npos;
  if (!plain) return false;
  digits += fraction;
  std::reverse(digits.begin(), digits.end());

  const int places = static_cast<int>(fraction.size());
  if (places > fraction_) digits_.insert(0, static_cast<std::size_t>(places - fraction_), '0');
  if (places < fraction_) digits.insert(0, static_cast<std::size_t>(fraction_ - places), '0');
  fraction_ = std::max(fraction_, places);
  const std::size_t length = std::max(digits.size(), digits_.size());
  digits.resize(length, '0');
  digits_.resize(length, '0');
  if (negative == negative_) {
    digits_ = plus(digits_, digits);
  } else if (less(digits_, digits)) {
    digits_ = minus(digits, digits_);
    negative_ = negative;
  } else {
    digits_ = minus(digits_, digits);
  }
  return true;
}

std::string DecimalSum::text(int shift, int least_fraction) const {
  std::string digits = digits_;
  auto places = static_cast<std::size_t>(fraction_ + shift);
  const auto least = static_cast<std::size_t>(least_fraction);
  if (places < least) {
    digits.insert(0, least - places, '0');
    places = least;
  }
  while (places > least && !digits.empty() && digits.front() == '0') {
    digits.erase(0, 1);
    --places;
  }
  while (digits.size() > places + 1 && digits.back() == '0') digits.pop_back();
  if (digits.size() < places + 1) digits.resize(places + 1, '0');
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  std::reverse(digits.begin(), digits.end());
  if (places > 0) digits.insert(digits.size() - places, ".");
  return negative_ && !zero ? "-" + digits : digits;
}

}  // namespace anthropic_metrics::host
