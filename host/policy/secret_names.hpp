// SPDX-License-Identifier: Apache-2.0
// Which values of a policy must never be shown, and which only say where such a value is kept.
// Pure.
#pragma once

#include <string_view>

namespace anthropic_metrics::host {

// True if the value of a setting with this (last) name is a secret itself: a key, a token, a
// password. False for the path of a file or another place: that belongs into messages.
bool is_secret(std::string_view name, std::string_view value);

}  // namespace anthropic_metrics::host
