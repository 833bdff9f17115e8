// SPDX-License-Identifier: Apache-2.0
// Whole numbers as decimal digits, for where many of them are written: header only, since a call
// would cost as much as the digits.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace anthropic_metrics {

/// Decimal digits of a number.
inline int digits_of(std::uint64_t number) {
  static constexpr std::uint64_t powers[] = {
      0,
      10,
      100,
      1000,
      10000,
      100000,
      1000000,
      10000000,
      100000000,
      1000000000,
      10000000000,
      100000000000,
      1000000000000,
      10000000000000,
      100000000000000,
      1000000000000000,
      10000000000000000,
      100000000000000000,
      1000000000000000000,
      10000000000000000000u,
  };
  // 1233 / 4096 is a little more than the decimal digits of a bit.
  const int about = static_cast<int>(std::bit_width(number | 1)) * 1233 >> 12;
  return about + (number >= powers[about] ? 1 : 0);
}

inline constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// A number of at most eight digits, without branches: halves, pairs and digits of it side by side.
inline char* put_small_number(char* out, std::uint64_t number) {
  const std::uint64_t half = number / 10'000;
  std::uint64_t lanes = half | (number - half * 10'000) << 32;
  std::uint64_t upper = lanes * 10'486 >> 20 & 0x0000'007f'0000'007f;
  lanes = upper | (lanes - upper * 100) << 16;
  upper = lanes * 103 >> 10 & 0x000f'000f'000f'000f;
  lanes = upper | (lanes - upper * 10) << 8;
  // The first digit is the lowest byte. One remains, be it a zero.
  const int zeros = std::countr_zero(lanes | std::uint64_t{1} << 56) / 8;
  const std::uint64_t digits = (lanes | '0' * std::uint64_t{0x0101'0101'0101'0101}) >> 8 * zeros;
  std::memcpy(out, &digits, sizeof digits);
  return out + 8 - zeros;
}

inline char* put_large_number(char* out, std::uint64_t number) {
  char* const end = out + digits_of(number);
  char* at = end;
  for (; number >= 100; number /= 100) std::memcpy(at -= 2, &digit_pairs[2 * (number % 100)], 2);
  if (number >= 10)
    std::memcpy(at - 2, &digit_pairs[2 * number], 2);
  else
    at[-1] = static_cast<char>('0' + number);
  return end;
}

/// A number as JSON has it, without a look at the room: 20 bytes at most, of which eight may be
/// written in any case. Says where the next byte goes.
inline char* put_number(char* out, std::int64_t signed_number) {
  auto number = static_cast<std::uint64_t>(signed_number);
  if (signed_number < 0) {
    *out++ = '-';
    number = 0 - number;
  }
  if (std::endian::native == std::endian::little && number < 100'000'000)
    return put_small_number(out, number);
  return put_large_number(out, number);
}

}  // namespace anthropic_metrics
