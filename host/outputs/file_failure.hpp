// SPDX-License-Identifier: Apache-2.0
// Why an output file does not take documents now.
#pragma once

#include <string>

#include "failure.hpp"

namespace anthropic_metrics::host {

// Two lines: the fact with its place, and what a person can do.
Failure file_failure(std::string fact, std::string remedy);

// What errno says: "<what>: No space left on device", and the remedy for that.
Failure errno_failure(const std::string& what);

}  // namespace anthropic_metrics::host
