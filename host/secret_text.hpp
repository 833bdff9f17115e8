// SPDX-License-Identifier: Apache-2.0
// Text that must not lie about: a configuration with a key in it, a secret the log replaces. Who
// needs it holds a pointer, so that there is one copy however many need it.
#pragma once

#include <memory>
#include <string_view>

#include "base/secret.hpp"

namespace anthropic_metrics::host {

using SecretText = std::shared_ptr<const Secret>;

// Copies the text; wiping the original is the caller's duty, see WipingFrees.
inline SecretText secret_text(std::string_view text) {
  return std::make_shared<const Secret>(text);
}

inline bool same_secret(const SecretText& a, const SecretText& b) {
  return a == b || (a != nullptr && b != nullptr && a->same_as(*b));
}

}  // namespace anthropic_metrics::host
