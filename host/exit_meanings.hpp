// SPDX-License-Identifier: Apache-2.0
// What the exit codes mean, for the help and the manual page.
#pragma once

#include <span>
#include <string_view>

#include "exit_codes.hpp"

namespace anthropic_metrics::host {

struct ExitMeaning {
  ExitCode code;
  std::string_view words;
};

// Every code, in the order of their numbers.
std::span<const ExitMeaning> exit_meanings();

}  // namespace anthropic_metrics::host
