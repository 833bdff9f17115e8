// SPDX-License-Identifier: Apache-2.0
// Octets as text, as credentials of Basic travel.
#pragma once

#include <string>
#include <string_view>

namespace anthropic_metrics {

/// Standard alphabet, padded. Reserves all it needs, so that a secret leaves no copy behind.
std::string base64(std::string_view text);

}  // namespace anthropic_metrics
