// SPDX-License-Identifier: Apache-2.0
// Exact addition of decimal texts, for the sums that the demo shows. Binary fractions never take
// part.
#pragma once

#include <string>
#include <string_view>

namespace anthropic_metrics::host {

// A sum of decimals with any number of digits.
class DecimalSum {
 public:
  // text: "-12.340". False, and nothing added, if it is not a plain decimal.
  bool add(std::string_view text);

  // The value divided by 10^shift, with at least least_fraction digits after the point and no
  // further trailing zeros: 12340 by shift 2 is "123.40".
  std::string text(int shift, int least_fraction) const;

 private:
  // Digits of the absolute value, least significant first; the first fraction_ of them stand after
  // the point.
  std::string digits_;
  int fraction_ = 0;
  bool negative_ = false;
};

}  // namespace anthropic_metrics::host
