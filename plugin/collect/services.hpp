// SPDX-License-Identifier: Apache-2.0
// What the drivers of one instance share. Owned by the runtime, borrowed by everybody else, all on
// one event loop.
#pragma once

#include <random>
#include <string>

#include "api/keyring.hpp"
#include "api/pace.hpp"
#include "collect/history.hpp"
#include "collect/hold.hpp"
#include "collect/host.hpp"
#include "collect/server_clock.hpp"
#include "collect/status.hpp"
#include "collect/waiting.hpp"
#include "ledger/delivery.hpp"
#include "ledger/ledger.hpp"
#include "net/transport.hpp"
#include "settings/settings.hpp"

namespace anthropic_metrics {

class Asked;
class Directory;
class Organization;

struct Services {
  const Settings& settings;
  const Host& host;
  Status& status;
  ServerClock& server_clock;
  Sleeper& sleeper;
  Gate& room;        ///< Opens when a batch was taken or acknowledged.
  Turnstile& turns;  ///< Of requests: one at a time per organization.
  api::Pace& pace;
  net::Transport& transport;
  api::Keyring& credential;
  ledger::Ledger& ledger;
  Delivery& delivery;
  std::string& organization_id;  ///< Empty until the API named it.
  std::mt19937_64& random;
  Hold& hold;                      ///< For how long the API asked to be left alone.
  Organization& organization;      ///< Asks which one it is, once for all.
  const std::string& instance_id;  ///< As the host named it; may be empty.
  Directory& directory;            ///< What ids are called.
  Asked& asked;                    ///< Windows that the host asked for.
  History& history;                ///< Places and pace of requests for history.

  /// A log line, scrubbed of the keys.
  void log(LogLevel level, std::string_view component, std::string_view text) const {
    if (host.wants(level)) host.log(level, component, credential.scrub(text));
  }
};

}  // namespace anthropic_metrics
