// SPDX-License-Identifier: Apache-2.0
// Why a call to the Agent ended, as a sentence for a person with what to do. Pure.
#pragma once

#include <string_view>

#include "control/http2.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host::control {

// Failure::passes says that it is ordinary (the Agent stops or restarts) and nobody need act.
// call: "check-ins" or "actions".
Failure explain(const CallEnd& end, std::string_view call);

// grpc-message as it was meant: %XX is an octet. One line, of a length fit for a log.
std::string readable(std::string_view grpc_message);

}  // namespace anthropic_metrics::host::control
