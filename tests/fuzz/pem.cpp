// SPDX-License-Identifier: Apache-2.0
// Certificates, keys and pins as a configuration may hold them.
#include "net/pem.hpp"

#include <openssl/ssl.h>

#include "fuzz.hpp"
#include "net/ssl_settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  fuzz::Source source(fuzz::view(data, size));
  const auto pin = net::parse_fingerprint(source.line());
  if (!pin) fuzz::require(pin.error().message.size() < 1000, "a message is bounded");
  const std::string text(source.rest());
  const auto certificates = net::read_certificates("ssl.certificate", {"", text}, nullptr);
  if (certificates) fuzz::require(!certificates->empty(), "success means certificates");
  net::SslSettings settings;
  // Never a path: the fuzzer must not read files.
  if (text.find("-----BEGIN ") == std::string::npos) return 0;
  if (net::parse_private_key(text, settings) && settings.key_path.empty()) {
    const auto key = net::read_private_key(settings, nullptr);
    if (!key) fuzz::require(key.error().message.size() < 1000, "a message is bounded");
  }
  return 0;
}
