// SPDX-License-Identifier: Apache-2.0
#include "plugin_failure.hpp"

#include <fmt/format.h>

#include <sstream>

namespace anthropic_metrics::host {
namespace {

ExitCode exit_code_for(beat_status status) {
  switch (status) {
    case BEAT_E_CONFIG:
      return ExitCode::configuration;
    case BEAT_E_BUSY:
    case BEAT_E_STATE:
      return ExitCode::state_unavailable;
    case BEAT_E_VERSION:
    case BEAT_E_UNSUPPORTED:
      return ExitCode::wrong_abi;
    default:
      return ExitCode::internal;
  }
}

}  // namespace

Failure plugin_failure(beat_status status, const std::string& input, const std::string& text,
                       const Log& log) {
  Failure failure{exit_code_for(status)};
  std::istringstream stream(text.empty() ? "the plugin gave no reason" : text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty())
      failure.lines.push_back(log.redacted(fmt::format("input '{}': {}", input, line)));
  return failure;
}

}  // namespace anthropic_metrics::host
