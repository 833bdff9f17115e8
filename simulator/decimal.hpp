// SPDX-License-Identifier: Apache-2.0
// Money without binary floating point: an integer count of 10^-18 cents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::simulator {

__extension__ typedef __int128 Int128;

/// An exact amount of up to some 10^20 cents with 18 fractional digits.
struct Amount {
  Int128 units = 0;  ///< 10^-18 cents

  static constexpr int fraction_digits = 18;

  Amount& operator+=(const Amount& other) {
    units += other.units;
    return *this;
  }
  friend bool operator==(const Amount&, const Amount&) = default;
};

/// The shortest plain decimal text: no exponent, no trailing zeros, no point without digits behind
/// it.
std::string format_amount(Amount amount);

/// Plain decimals with an optional sign and exponent. Nothing when the text is not a number, when
/// it has a non-zero digit beyond the 18th fractional one or when it does not fit.
std::optional<Amount> parse_amount(std::string_view text);

}  // namespace anthropic_metrics::simulator
