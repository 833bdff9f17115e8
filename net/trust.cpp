// SPDX-License-Identifier: Apache-2.0
#include "net/trust.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/sha256.hpp"
#include "net/pem.hpp"
#include "net/system_trust.hpp"

namespace anthropic_metrics::net {
namespace {

constexpr std::string_view setting = "ssl.certificate_authorities";

struct Known {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<X509_STORE>> stores;  // by what they trust
};

// Never destroyed: threads may end after it would be.
Known& known() {
  static Known* const all = new Known;
  return *all;
}

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

Result<void> fill(X509_STORE* store, const std::vector<PemSource>& sources,
                  const std::vector<Secret>& texts, OSSL_LIB_CTX* library) {
  if (sources.empty()) {
    if (trust_the_system(store, library)) return success();
    return fault("the system's certificate authorities cannot be read (" + openssl_reason() +
                 "); install ca-certificates or set ssl.certificate_authorities");
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto certificates = certificates_in(setting, sources[i], texts[i], library);
    if (!certificates) return certificates.error();
    for (const X509Ptr& certificate : *certificates)
      if (X509_STORE_add_cert(store, certificate.get()) != 1)
        return fault("ssl.certificate_authorities: " + sources[i].describe() + ": " +
                     openssl_reason());
  }
  return success();
}

}  // namespace

Result<std::shared_ptr<X509_STORE>> trust_of(const SslSettings& settings, OSSL_LIB_CTX* library) {
  std::vector<Secret> texts;
  std::string name = settings.certificate_authorities.empty() ? system_trust_version() : "";
  for (const PemSource& source : settings.certificate_authorities) {
    auto text = read_text(setting, source);
    if (!text) return text.error();
    const Sha256 sum = text->expose([](std::string_view octets) { return sha256(octets); });
    name.append(sum.begin(), sum.end());
    texts.push_back(std::move(*text));
  }
  const std::lock_guard lock(known().mutex);
  auto& stores = known().stores;
  std::erase_if(stores, [](const auto& one) { return one.second.expired(); });
  if (const auto found = stores.find(name); found != stores.end())
    if (auto store = found->second.lock()) return store;
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  if (!store) return fault("TLS cannot be set up: " + openssl_reason());
  if (auto filled = fill(store.get(), settings.certificate_authorities, texts, library); !filled)
    return filled.error();
  stores[name] = store;
  return store;
}

}  // namespace anthropic_metrics::net
