// SPDX-License-Identifier: Apache-2.0
// Standard output of commands whose text must be whole: a part of it would look like one to a
// shell.
#pragma once

#include <string_view>

#include "failure.hpp"

namespace anthropic_metrics::host {

// Writes all of it and flushes. what: for the failure, "page".
Result<void> print_whole(std::string_view text, std::string_view what);

}  // namespace anthropic_metrics::host
