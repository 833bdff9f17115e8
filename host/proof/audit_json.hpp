// SPDX-License-Identifier: Apache-2.0
// An audit as JSON, for machines; docs/audit.md describes it. Pure.
#pragma once

#include <string>

#include "proof/audit_report.hpp"

namespace anthropic_metrics::host {

// One object and a newline. fields: of each stream of the report, in its order.
std::string json_of(const AuditReport& report, const std::vector<RowFields>& fields);

}  // namespace anthropic_metrics::host
