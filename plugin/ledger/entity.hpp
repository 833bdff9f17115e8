// SPDX-License-Identifier: Apache-2.0
// A thing that stays (a workspace, a key, a person), as it was told last.
#pragma once

#include <cstdint>
#include <string>

namespace anthropic_metrics::ledger {

struct Entity {
  std::string stream;
  std::string id;            ///< Of all that the stream has, however often it was renamed.
  std::string content;       ///< Stands for all that its document said; empty: it was removed.
  std::int64_t day = 0;      ///< Since 1970, in server time: when it was told last.
  std::int64_t changes = 0;  ///< How often it was told because it differed.
  std::string name;
  std::string tags;   ///< A JSON array, empty if there are none.
  std::string state;  ///< As its document says it: live, archived, active, ...

  friend bool operator==(const Entity&, const Entity&) = default;
};

/// The state of what the API does not list any more.
inline constexpr const char* removed_state = "removed";

}  // namespace anthropic_metrics::ledger
