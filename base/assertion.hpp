// SPDX-License-Identifier: Apache-2.0
// What an assertion of Boost becomes inside of this library when it fails, in builds that have
// them: an exception, which a poll survives. A plugin must not end the process that it lives in.
#pragma once

#include <stdexcept>

namespace anthropic_metrics {

/// Thrown where a library's assertion does not hold: a bug, of ours or of the library.
class BrokenAssertion : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace anthropic_metrics
