// SPDX-License-Identifier: Apache-2.0
// The body of a POST made smaller. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace anthropic_metrics::net {

/// The text as one gzip member, for RequestBody::octets with the encoding "gzip". level: 1 (fast)
/// to 9 (small). Errc::transient if memory is refused.
Result<std::string> gzip(std::string_view text, int level);

}  // namespace anthropic_metrics::net
