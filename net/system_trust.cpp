// SPDX-License-Identifier: Apache-2.0
#include "net/system_trust.hpp"

#include <fmt/format.h>
#include <openssl/x509.h>
#include <sys/stat.h>

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

bool trust_the_system(X509_STORE* store, OSSL_LIB_CTX* library) {
  // The environment's own choice (SSL_CERT_FILE, SSL_CERT_DIR) is left to OpenSSL.
  if (std::getenv(X509_get_default_cert_file_env()) || std::getenv(X509_get_default_cert_dir_env()))
    return X509_STORE_set_default_paths_ex(store, library, nullptr) == 1;
  const Directory directory = default_directory();
  if (directory == Directory::hashed) {
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    return lookup != nullptr && X509_LOOKUP_add_dir(lookup, nullptr, X509_FILETYPE_DEFAULT) == 1;
  }
  std::error_code ec;
  if (directory == Directory::nothing && !fs::exists(X509_get_default_cert_file(), ec)) {
    const fs::path bundle = bundle_of_another_distribution();
    if (!bundle.empty())
      return X509_STORE_load_file_ex(store, bundle.c_str(), library, nullptr) == 1;
  }
  return X509_STORE_set_default_paths_ex(store, library, nullptr) == 1;
}

std::string system_trust_version() {
  std::string version;
  const auto add = [&](const char* path) {
    struct stat there {};
    if (path == nullptr || ::stat(path, &there) != 0) there = {};
    version +=
        fmt::format("{} {} {} {} {} {};", path == nullptr ? "" : path, there.st_dev, there.st_ino,
                    there.st_size, there.st_mtim.tv_sec, there.st_mtim.tv_nsec);
  };
  add(std::getenv(X509_get_default_cert_file_env()));
  add(std::getenv(X509_get_default_cert_dir_env()));
  add(X509_get_default_cert_file());
  add(X509_get_default_cert_dir());
  add(bundle_of_another_distribution().c_str());
  return version;
}

}  // namespace anthropic_metrics
