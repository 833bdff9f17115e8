// SPDX-License-Identifier: Apache-2.0
// What leaves for the Agent goes through the log's list of secrets, like its lines: whoever wrote a
// message may have quoted one.
#pragma once

#include "control/actions.hpp"
#include "control/units.hpp"
#include "log.hpp"

namespace anthropic_metrics::host::control {

void clean(SeenUnit& unit, const Log& log);
void clean(ActionAnswer& answer, const Log& log);

}  // namespace anthropic_metrics::host::control
