// SPDX-License-Identifier: Apache-2.0
// A text to a descriptor, whole.
#pragma once

#include <string_view>

namespace anthropic_metrics::host {

// Whatever interrupts it; false: errno says why.
bool write_all(int fd, std::string_view text);

}  // namespace anthropic_metrics::host
