// SPDX-License-Identifier: Apache-2.0
// A request as it travels. The one place where the key meets a message: it goes from its Secret
// into another Secret and never through a header map. Pure; checks every octet again.
#pragma once

#include <string_view>

#include "error.hpp"
#include "http/http_settings.hpp"
#include "http/message.hpp"
#include "http/secret.hpp"

namespace anthropic_metrics::http {

/// The credential as it goes into the header: name, "" or "Bearer ", and the key.
struct CredentialHeader {
  std::string_view name;
  std::string_view prefix;
  const Secret& value;
};

/// "GET <prefix><target> HTTP/1.1" with host, user-agent, accept, accept-encoding, the request's
/// own headers and the credential. Fails with Errc::configuration if the target is not on the
/// allow-list, an octet is illegal, or a header of the request is one the transport or the
/// connection owns. The message names the header, never its value.
Result<Secret> serialise(const Request& request, const HttpSettings& settings,
                         const CredentialHeader& credential);

}  // namespace anthropic_metrics::http
