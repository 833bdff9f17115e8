// SPDX-License-Identifier: Apache-2.0
// What goes into the archive of `elastic-agent diagnostics`. Pure. Control has the log redact what
// it is given; here goes what can be told by its name.
#pragma once

#include <string>

#include "control/actions.hpp"
#include "endpoint/host_status.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// status.json: as /status, of one input if id is that of one.
DiagnosticFile status_file(HostStatus status, const std::string& id);

// configuration.json: what the Agent sent, every value that may be a secret replaced by a mark.
DiagnosticFile configuration_file(const SecretText& source);

}  // namespace anthropic_metrics::host
