// SPDX-License-Identifier: Apache-2.0
// The key of personal hashes (personal_data: hashed): who has it can tell whether a hash is of a
// name that he knows, and nobody else can.
#pragma once

#include <string>

#include "base/error.hpp"

namespace anthropic_metrics::ledger {

/// File in the state directory, 64 hexadecimal digits.
inline constexpr const char* personal_key_file = "personal.key";

/// 32 octets: of the file, which is made once with mode 0600 and never written again; of an empty
/// directory's name new ones. Errc::state if the file is no key, or nobody may read or make it; the
/// message says what to do.
Result<std::string> personal_key(const std::string& directory);

}  // namespace anthropic_metrics::ledger
