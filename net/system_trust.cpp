// SPDX-License-Identifier: Apache-2.0
#include "net/system_trust.hpp"

#include <openssl/x509.h>

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

namespace anthropic_metrics {
namespace {

namespace fs = std::filesystem;

enum class Directory { nothing, some, hashed };

/// What lies in OpenSSL's directory. By hash it finds there the one authority that it needs;
/// reading the bundle of all of them instead costs 25 ms at every start.
Directory default_directory() {
  constexpr int whole_set = 50;  // fewer may be one administrator's addition to the bundle
  int found = 0;
  int any = 0;
  std::error_code ec;
  fs::directory_iterator entry(X509_get_default_cert_dir(), ec);
  for (; !ec && entry != fs::directory_iterator(); entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    ++any;
    if (name.size() == 10 && name.compare(8, 2, ".0") == 0) ++found;
  }
  return found >= whole_set ? Directory::hashed : any > 0 ? Directory::some : Directory::nothing;
}

}  // namespace

fs::path bundle_of_another_distribution(const fs::path& root) {
  constexpr std::array<const char*, 4> places{
      "etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Wolfi
      "etc/pki/tls/certs/ca-bundle.crt",    // Fedora, Red Hat and its rebuilds
      "etc/ssl/ca-bundle.pem",              // SUSE
      "etc/ssl/cert.pem"};                  // the rest
  std::error_code ec;
  for (const char* place : places)
    if (fs::is_regular_file(root / place, ec)) return root / place;
  return {};
}

bool trust_the_system(SSL_CTX* context) {
  // The environment's own choice (SSL_CERT_FILE, SSL_CERT_DIR) is left to OpenSSL.
  if (std::getenv(X509_get_default_cert_file_env()) || std::getenv(X509_get_default_cert_dir_env()))
    return SSL_CTX_set_default_verify_paths(context) == 1;
  const Directory directory = default_directory();
  if (directory == Directory::hashed) return SSL_CTX_set_default_verify_dir(context) == 1;
  std::error_code ec;
  if (directory == Directory::nothing && !fs::exists(X509_get_default_cert_file(), ec)) {
    const fs::path bundle = bundle_of_another_distribution();
    if (!bundle.empty()) return SSL_CTX_load_verify_file(context, bundle.c_str()) == 1;
  }
  return SSL_CTX_set_default_verify_paths(context) == 1;
}

}  // namespace anthropic_metrics
