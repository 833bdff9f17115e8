// SPDX-License-Identifier: Apache-2.0
// What a policy says about the audit that a running host makes by itself.
#pragma once

#include <chrono>

namespace anthropic_metrics::host {

struct AuditSettings {
  std::chrono::seconds every{0};
  bool repair = false;

  bool operator==(const AuditSettings&) const = default;
};

}  // namespace anthropic_metrics::host
