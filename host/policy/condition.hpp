// SPDX-License-Identifier: Apache-2.0
// The `condition` of an input or stream, in the part of the Agent's dialect that packages write:
// == != and or not ( ) 'text' "text" numbers true false ${variable}. Anything else is refused with
// a sentence, never guessed.
#pragma once

#include <string>
#include <string_view>

#include "policy/variables.hpp"

namespace anthropic_metrics::host {

struct ConditionResult {
  bool holds = false;
  std::string error;  // not empty: the condition could not be understood
};

// A variable that nobody knows is null: unequal to everything but another unknown one, and false.
ConditionResult evaluate_condition(std::string_view condition, const Variables& variables);

}  // namespace anthropic_metrics::host
