// SPDX-License-Identifier: Apache-2.0
// The tables of the state: made in a new database, brought forward in one of an older version,
// checked in every one, refused when they are damaged, newer or not ours.
#pragma once

#include <string_view>

#include "ledger/database.hpp"

namespace anthropic_metrics::ledger {

/// Makes the database ready for use. Errc::state with the remedy if it cannot be; then nothing was
/// changed.
Result<void> prepare_schema(Database& database);

/// The sentence for a database in which `what` is wrong.
Error damaged(const Database& database, std::string_view what);

}  // namespace anthropic_metrics::ledger
