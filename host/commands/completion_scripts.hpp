// SPDX-License-Identifier: Apache-2.0
// What shells read to complete our command line, made of the tables that --help prints.
#pragma once

#include <string>

namespace anthropic_metrics::host {

std::string bash_completion();
std::string fish_completion();
std::string zsh_completion();

}  // namespace anthropic_metrics::host
