// SPDX-License-Identifier: Apache-2.0
// What of a policy is audited: of each input the streams whose documents add up, where they are
// held, and how the API is asked for the same.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "log.hpp"
#include "proof/audit_stream.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

struct AuditWish {
  std::optional<Instant> from;
  std::optional<Instant> to;
  std::vector<std::string> streams;          // none: all that can be audited
  std::vector<std::filesystem::path> files;  // none: where the input's output writes to
  bool newest_day = false;                   // that is settled; in place of from and to
  bool held = true;                          // false: only the API is asked; no holdings
  std::optional<Instant> now{};              // in place of the API's time, which is not asked then
};

// Of one input. The tasks refer to the client.
struct InputAudit {
  std::unique_ptr<StoreClient> client;
  std::vector<AuditTask> tasks;
  std::vector<std::string> problems;  // why something is left out
};

// status: what the running host says at /status; empty: none runs. plugin and log outlive what
// comes back. A failure is of the wish: it asks for something that cannot be.
Result<InputAudit> audit_of(const InstanceSpec& spec, const PluginLibrary& plugin,
                            const AuditWish& wish, std::string_view status,
                            const std::stop_token& stop, Log& log);

// Whether streams of these names can be audited at all.
Result<void> check_streams(const PluginLibrary& plugin, const std::vector<std::string>& names);

}  // namespace anthropic_metrics::host
