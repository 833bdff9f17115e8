// SPDX-License-Identifier: Apache-2.0
// The page /status of a running host, for a person at a terminal. Pure.
#pragma once

#include <string>
#include <string_view>

#include "failure.hpp"

namespace anthropic_metrics::host {

struct StatusText {
  std::string text;     // several lines
  bool failed = false;  // the host says that it is failed
};

// A failure if the text is not what a host of this kind answers.
Result<StatusText> status_table(std::string_view status_json);

// "23 min", "5 h 10 min", "3 d 4 h": two units at most.
std::string spoken(double seconds);

}  // namespace anthropic_metrics::host
