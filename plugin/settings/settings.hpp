// SPDX-License-Identifier: Apache-2.0
// The configuration as typed, defaulted, checked values. Reading it finds every fault at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/keyring.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "ledger/seen.hpp"
#include "net/http_settings.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {

struct StreamChoice {
  const streams::Descriptor* stream = nullptr;
  streams::StreamSettings settings;
};

struct TracerChoice {
  bool enabled = false;
  std::string path;  ///< File; empty: beside the state.
};

struct Settings {
  net::HttpSettings http;
  std::vector<api::GivenCredential> credentials;  ///< At least one; no two that open the same.
  std::string api_version;
  bool acknowledge_at_handover = false;
  Milliseconds
      re_emit{};  ///< With handover: how long what was handed over is sent again after a start.
  std::string state_path;                    ///< Directory; empty: memory only.
  std::optional<ledger::Seen> state_seen{};  ///< What the host's outputs remember of it.
  std::size_t batch_documents = 0;
  std::size_t batch_bytes = 0;
  std::size_t most_in_flight = 0;
  int history_in_flight = 0;  ///< Requests for history under way at once, at most.
  int history_burst = 0;      ///< Requests at once after a quiet time, those of history included.
  TracerChoice tracer;
  std::vector<StreamChoice> streams;  ///< The enabled ones, sorted by name.

  /// How long the outbox keeps what was handed over: not at all if no later run will find it.
  Milliseconds kept_after_handover() const {
    return state_path.empty() ? Milliseconds(0) : re_emit;
  }
};

/// Reads a configuration. Errc::configuration with every fault, a line each: JSON pointer, value,
/// expectation, remedy. Secrets are never repeated. Touches neither network nor disk.
Result<Settings> read_settings(std::string_view config_json);

}  // namespace anthropic_metrics
