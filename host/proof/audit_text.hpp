// SPDX-License-Identifier: Apache-2.0
// An audit as a page for a person. Pure.
#pragma once

#include <string>
#include <vector>

#include "proof/audit_report.hpp"

namespace anthropic_metrics::host {

// fields: of each stream of the report, in its order.
std::string text_of(const AuditReport& report, const std::vector<RowFields>& fields);

}  // namespace anthropic_metrics::host
