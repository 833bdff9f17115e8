// SPDX-License-Identifier: Apache-2.0
// The extension "beat.wait/1". The contract is abi/beat_wait.h.
#pragma once

#include "beat_wait.h"

namespace anthropic_metrics {

/// The same table for the life of the process.
const beat_wait_api& wait_api() noexcept;

}  // namespace anthropic_metrics
