// SPDX-License-Identifier: Apache-2.0
// Who lets requests in: the seam between the client and whatever knows where credentials are kept.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace anthropic_metrics::net {

/// The header that lets a request in: name, what precedes the secret ("", "Bearer "), the secret.
struct Authorization {
  std::string_view name;
  std::string_view prefix;
  const Secret* value = nullptr;  ///< Borrowed. Null: nothing is to be sent.
};

/// Used on the loop's thread; not thread-safe. Outlives the transports that ask it.
class Authorizer {
 public:
  virtual ~Authorizer() = default;

  /// What the next request shows; valid until the next call. which: Request::credential; who has
  /// one credential shows it whatever is asked for. Errc::configuration, with the place, the fact
  /// and the remedy, if there is nothing to show.
  virtual Result<Authorization> authorization(std::string_view which) = 0;

  /// Removes every secret it may show, in all its forms, from a text.
  virtual std::string scrub(std::string_view text) const = 0;
};

}  // namespace anthropic_metrics::net
