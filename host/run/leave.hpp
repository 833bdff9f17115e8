// SPDX-License-Identifier: Apache-2.0
// The end of a process in which a call does not return.
#pragma once

#include "failure.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

// Neither a name lookup nor a write to a stalled pipe can be interrupted. All that was acknowledged
// is on disk, so leaving is safe; destructors would wait.
[[noreturn]] void leave(const Result<void>& end, Log& log);

}  // namespace anthropic_metrics::host
