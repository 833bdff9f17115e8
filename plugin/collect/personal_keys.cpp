// SPDX-License-Identifier: Apache-2.0
#include "collect/personal_keys.hpp"

#include "ledger/personal_key.hpp"

namespace anthropic_metrics {

using streams::Personal;
using streams::PersonalData;

Result<void> give_personal_keys(Settings& settings, ledger::Ledger& ledger, const Host& host) {
  std::string key;
  for (StreamChoice& choice : settings.streams) {
    Personal& personal = choice.settings.personal;
    if (!choice.stream->personal || personal.mode() != PersonalData::hashed) continue;
    if (key.empty()) {
      auto known = ledger::personal_key(ledger.directory());
      if (!known) return known.error();
      key = std::move(*known);
      if (!ledger.durable())
        host.log(LogLevel::warn, "state",
                 "personal_data is hashed and state.path is not set: the hashes are of this run "
                 "only, and another one has others for the same persons");
    }
    personal = Personal(PersonalData::hashed, key);
  }
  return success();
}

}  // namespace anthropic_metrics
