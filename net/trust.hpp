// SPDX-License-Identifier: Apache-2.0
// Whose certificates are believed: the system's authorities, or those of the settings alone.
// Private to tls.cpp.
#pragma once

#include <openssl/x509.h>

#include <memory>

#include "base/error.hpp"
#include "net/ssl_settings.hpp"

namespace anthropic_metrics::net {

/// One store for all that trust the same, as long as any of them lives: a system's authorities take
/// more than a megabyte. What the files hold now decides, not their names. Nobody changes it but
/// OpenSSL, which locks it. From any thread.
Result<std::shared_ptr<X509_STORE>> trust_of(const SslSettings& settings, OSSL_LIB_CTX* library);

}  // namespace anthropic_metrics::net
