// SPDX-License-Identifier: Apache-2.0
// Repairs what the audit of one input found, by the input's own output; where the input has a
// state, its ledger is told.
#pragma once

#include <stop_token>
#include <vector>

#include "log.hpp"
#include "outputs/sink.hpp"
#include "proof/audit_report.hpp"
#include "proof/repair.hpp"
#include "run/audit_work.hpp"

namespace anthropic_metrics::host {

// A stream of the input that was audited whole.
struct AuditedStream {
  const AuditTask* task = nullptr;
  const StreamOutcome* outcome = nullptr;
};

// Corrections go to the sink, which outlives what comes back, as do the targets.
Ship ship_to(Sink& sink, const std::vector<StreamTarget>& targets, const std::stop_token& stop);

// write: otherwise corrections are only counted. Compares what was touched again after writing. A
// failure leaves what was written; the next run goes on from there.
Result<RepairReport> repair_input(const InstanceSpec& spec, const PluginLibrary& plugin,
                                  const std::vector<AuditedStream>& streams, bool write,
                                  const std::stop_token& stop, Log& log);

}  // namespace anthropic_metrics::host
