// SPDX-License-Identifier: Apache-2.0
// The scopes of keys that a refusal speaks of: "read:spend_limits". Its sentence is not documented
// word by word, so what is needed and what is held is told by the words around. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::api {

struct NamedScopes {
  std::vector<std::string> missing;  ///< Needed, and not held.
  std::vector<std::string> held;
};

/// In the order of the text, each once. A scope of which the text does not say whether it is held
/// is missing.
NamedScopes scopes_in(std::string_view text);

}  // namespace anthropic_metrics::api
