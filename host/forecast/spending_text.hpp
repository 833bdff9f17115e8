// SPDX-License-Identifier: Apache-2.0
// What is billed and what is estimated, for people and for programs. The two are never one number.
#pragma once

#include <string>
#include <vector>

#include "forecast/spending.hpp"

namespace anthropic_metrics::host {

std::string text_of(const std::vector<Spending>& inputs);
std::string json_of(const std::vector<Spending>& inputs);

}  // namespace anthropic_metrics::host
