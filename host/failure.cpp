// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "base/printable.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

void tell(const Failure& failure, Log& log) {
  for (const std::string& line : failure.lines) {
    if (failure.code == ExitCode::usage)
      fmt::print(stderr, "{}\n", printable(line));
    else
      log.write(LogLevel::error, failure.part, {}, line);
  }
}

}  // namespace anthropic_metrics::host
