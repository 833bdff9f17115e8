// SPDX-License-Identifier: Apache-2.0
// The manual page, made of the tables that --help prints.
#pragma once

#include <string>

namespace anthropic_metrics::host {

// In the macros of man(7).
std::string manual_page();

}  // namespace anthropic_metrics::host
