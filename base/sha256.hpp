// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104), for names that only who has the key can make.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anthropic_metrics {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view octets);
Sha256 hmac_sha256(std::string_view key, std::string_view octets);

}  // namespace anthropic_metrics
