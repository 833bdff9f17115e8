// SPDX-License-Identifier: Apache-2.0
// The extension "beat.read/1". The contract is abi/beat_read.h.
#pragma once

#include "beat_read.h"

namespace anthropic_metrics {

/// The same table for the life of the process.
const beat_read_api& read_api() noexcept;

}  // namespace anthropic_metrics
