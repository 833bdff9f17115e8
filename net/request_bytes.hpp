// SPDX-License-Identifier: Apache-2.0
// A request as it travels. The one place where the key meets a message: it goes from its Secret
// into another Secret and never through a header map. Pure; checks every octet again.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/authorizer.hpp"
#include "net/http_settings.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::net {

/// "GET <prefix><target> HTTP/1.1" with host, user-agent, accept, accept-encoding, the request's
/// own headers, those of its body and the credential; the body's octets are not in it. Fails with
/// Errc::configuration if the target may not be asked for, an octet is illegal, or a header of the
/// request is one the transport or the connection owns. The message names the header, never its
/// value.
Result<Secret> serialise(const Request& request, const HttpSettings& settings,
                         const Authorization& credential);

}  // namespace anthropic_metrics::net
