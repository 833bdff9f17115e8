// SPDX-License-Identifier: Apache-2.0
// Whether a state goes on where it was left. A copy that was put back knows nothing of what was
// handed out since it was made, and would correct wrongly; nobody would notice. So each state has
// an id, its batches have numbers that only grow, and the lock file and the host's outputs remember
// the newest they saw.
#pragma once

#include <optional>
#include <string>

#include "ledger/database.hpp"

namespace anthropic_metrics::ledger {

struct Continuity {
  Seen seen;                             ///< This state, and its newest batch.
  std::optional<std::string> went_back;  ///< What to say as long as nobody acknowledged it.
  std::optional<std::string> another;    ///< What to say of outputs that another state wrote.
};

/// Gives a state that is made just now its name.
Result<void> name_state(Database& database);

/// Names the state if it has no name yet, and compares it with what the lock and the outputs
/// remember. A state that went back goes on behind what they saw, so that no number comes twice,
/// and a file beside it keeps saying so over restarts, until somebody removes that.
Result<Continuity> establish(Database& database, const std::optional<Seen>& outputs);

/// True once the file is gone.
bool acknowledged(Database& database);

}  // namespace anthropic_metrics::ledger
