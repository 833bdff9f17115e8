// SPDX-License-Identifier: Apache-2.0
// Which certificate authorities this machine trusts, wherever its distribution keeps them.
#pragma once

#include <openssl/x509.h>

#include <filesystem>
#include <string>

namespace anthropic_metrics {

/// Makes the store trust them. False: OpenSSL's queue of errors says why not.
bool trust_the_system(X509_STORE* store, OSSL_LIB_CTX* library);

/// Another text as soon as any of the files has changed.
std::string system_trust_version();

/// The bundle of a distribution, below root; empty: there is none. Only for a program that runs on
/// another distribution than the one its OpenSSL was built for: that looks where nothing is.
std::filesystem::path bundle_of_another_distribution(const std::filesystem::path& root = "/");

}  // namespace anthropic_metrics
