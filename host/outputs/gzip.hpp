// SPDX-License-Identifier: Apache-2.0
// The body of a request made smaller. Pure; from any thread.
#pragma once

#include <string>
#include <string_view>

#include "failure.hpp"

namespace anthropic_metrics::host {

// A text that lies in one place, as one gzip member. level: 1 (fast) to 9 (small); what is beyond
// is the nearest of them. Needs 0.2 MB beside what it returns at level 1, 0.7 MB above. Fails, and
// another attempt may not, if memory is refused.
Result<std::string> gzip(std::string_view text, int level);

}  // namespace anthropic_metrics::host
