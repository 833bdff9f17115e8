// SPDX-License-Identifier: Apache-2.0
// Gives the streams that hash persons the instance's key.
#pragma once

#include "collect/host.hpp"
#include "ledger/ledger.hpp"
#include "settings/settings.hpp"

namespace anthropic_metrics {

/// Of the state directory, where it is made if it is not there; without one a key of this run, and
/// a warning. Nothing is made where no stream hashes.
Result<void> give_personal_keys(Settings& settings, ledger::Ledger& ledger, const Host& host);

}  // namespace anthropic_metrics
