// SPDX-License-Identifier: Apache-2.0
// From the path a person wrote to the one that has no links in it.
#pragma once

#include <string>

#include "base/error.hpp"

namespace anthropic_metrics::ledger {

/// The real place of a directory, which is made with mode 0700 if it is missing, and its parents as
/// the umask says. A link is followed if root or this user made it: system administrators put links
/// in paths, and systemd does for DynamicUser=. Errc::state with the place and the remedy
/// otherwise.
Result<std::string> resolve_directory(const std::string& path);

}  // namespace anthropic_metrics::ledger
