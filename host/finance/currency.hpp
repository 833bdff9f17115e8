// SPDX-License-Identifier: Apache-2.0
// The API tells amounts in the minor unit of their currency, cents of the dollar. How many of them
// are one unit is said by ISO 4217.
#pragma once

#include <string>
#include <string_view>

#include "base/decimal.hpp"

namespace anthropic_metrics::host {

// Digits of the currency's minor unit: 2 of USD, 0 of JPY, 3 of KWD. 2 of one that is not known.
int minor_digits(std::string_view currency);

// Minor units as units, every digit kept.
Decimal units_of(const Decimal& minor, std::string_view currency);

// Rounded to the minor unit, written with all its digits: "12.50". A half goes to the even one.
std::string to_the_cent(const Decimal& units, std::string_view currency);

}  // namespace anthropic_metrics::host
