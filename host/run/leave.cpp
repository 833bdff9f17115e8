// SPDX-License-Identifier: Apache-2.0
#include "run/leave.hpp"

#include <unistd.h>

#include <chrono>

namespace anthropic_metrics::host {

void leave(const Result<void>& end, Log& log) {
  log.show({});
  if (!end) tell(end.error(), log);
  log.warn("the plugin or an output does not stop in time; leaving without it");
  log.drain(std::chrono::milliseconds(50));
  ::_exit(to_int(end ? ExitCode::ok : end.error().code));
}

}  // namespace anthropic_metrics::host
