// SPDX-License-Identifier: Apache-2.0
#include "commands/print.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace anthropic_metrics::host {

Result<void> print_whole(std::string_view text, std::string_view what) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return {};
  return Failure{
      ExitCode::sink_failed,
      {fmt::format("the {} could not be written to standard output; check the space there", what)}};
}

}  // namespace anthropic_metrics::host
