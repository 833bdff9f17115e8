// SPDX-License-Identifier: Apache-2.0
// Asks the host that runs a policy for one of its pages.
#pragma once

#include <string>

#include "failure.hpp"
#include "log.hpp"
#include "run/run_settings.hpp"

namespace anthropic_metrics::host {

// url: where it answers; empty: as its policy says, or at the usual place if none is named. The
// page's body; a failure of the code not_running if there is none.
Result<std::string> answer_of_host(const RunSettings& settings, const std::string& url,
                                   const std::string& page, Log& log);

}  // namespace anthropic_metrics::host
