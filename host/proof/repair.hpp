// SPDX-License-Identifier: Apache-2.0
// Makes what is held of a stream equal to what the API says: the plugin is told what is held of the
// buckets with differences, reads them again, and what differs comes out as corrections.
#pragma once

#include <beat_plugin.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proof/audit_stream.hpp"

namespace anthropic_metrics::host {

// Takes corrections for good before it returns, or fails. Of documents refused for good the
// indexes.
using Ship = std::function<Result<std::vector<std::uint32_t>>(const beat_batch&)>;

// The instance that fills the store by itself: its ledger is told, so that later readings agree.
class LiveInstance {
 public:
  LiveInstance() = default;
  LiveInstance(const LiveInstance&) = delete;
  LiveInstance& operator=(const LiveInstance&) = delete;
  virtual ~LiveInstance() = default;

  // Waits until all that it has is delivered, and keeps it from reading more.
  virtual Result<void> hold() = 0;
  virtual void go_on() = 0;
  // While it is held: tells it what is held of the window, lets it go on and read that again, and
  // waits until the corrections are delivered. How many there were; nothing: it does not know the
  // window, and another must do it. A failure that passes: it is at work on the window.
  virtual Result<std::optional<std::uint64_t>> read_again(const std::string& stream,
                                                          std::int64_t from, std::int64_t to,
                                                          const std::string& known) = 0;
};

struct RepairTask {
  const AuditTask& audit;
  std::string organization;
  Ship ship;                     // empty: corrections are only counted
  LiveInstance* live = nullptr;  // for the configured grain; null: nobody keeps a ledger of it
};

// What a repair did, also one that ended early.
struct Repaired {
  std::uint64_t corrections = 0;
  std::vector<std::string> problems;  // what was left as it was, and why; none: nothing was
};

// Spans: of the audit. A window whose documents the plugin refuses is left; others go on.
Repaired repair(const RepairTask& task, const std::vector<Span>& spans);

}  // namespace anthropic_metrics::host
