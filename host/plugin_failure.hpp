// SPDX-License-Identifier: Apache-2.0
// What a plugin answers when it refuses a configuration, as a failure of the host.
#pragma once

#include <beat_plugin.h>

#include <string>

#include "failure.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

// text: the plugin's words, a fault per line; each becomes a line of its own that names the input.
// What the log keeps secret is replaced, since the lines may outlive the secrets.
Failure plugin_failure(beat_status status, const std::string& input, const std::string& text,
                       const Log& log);

}  // namespace anthropic_metrics::host
