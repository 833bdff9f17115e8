// SPDX-License-Identifier: Apache-2.0
// Certificates and keys out of PEM texts and files, as OpenSSL objects. Private to tls.cpp.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/ssl_settings.hpp"

namespace anthropic_metrics::net {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

/// OpenSSL's own words for the last failure; empties its queue.
std::string openssl_reason();

/// The text of a source. Errc::configuration names setting, place and reason, here and below.
Result<Secret> read_text(std::string_view setting, const PemSource& source);

/// Every certificate in a source's text, at least one.
Result<std::vector<X509Ptr>> certificates_in(std::string_view setting, const PemSource& source,
                                             const Secret& text, OSSL_LIB_CTX* library);
/// Both at once.
Result<std::vector<X509Ptr>> read_certificates(std::string_view setting, const PemSource& source,
                                               OSSL_LIB_CTX* library);

/// The client's private key, opened with ssl.key_passphrase if it is encrypted. A file others may
/// use is refused.
Result<KeyPtr> read_private_key(const SslSettings& settings, OSSL_LIB_CTX* library);

}  // namespace anthropic_metrics::net
