// SPDX-License-Identifier: Apache-2.0
#include "store/store_settings.hpp"

#include <tuple>

namespace anthropic_metrics::host {

bool StoreCredential::operator==(const StoreCredential& other) const {
  return kind == other.kind && username == other.username && same_secret(secret, other.secret);
}

bool StoreSettings::operator==(const StoreSettings& other) const {
  return std::tie(hosts, credential, headers, ssl, proxy_disable, timeout) ==
             std::tie(other.hosts, other.credential, other.headers, other.ssl, other.proxy_disable,
                      other.timeout) &&
         same_secret(ssl_key, other.ssl_key) && same_secret(ssl_passphrase, other.ssl_passphrase) &&
         same_secret(proxy_url, other.proxy_url);
}

}  // namespace anthropic_metrics::host
