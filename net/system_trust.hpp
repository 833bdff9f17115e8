// SPDX-License-Identifier: Apache-2.0
// Which certificate authorities this machine trusts, wherever its distribution keeps them.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>

namespace anthropic_metrics {

/// Makes the context trust them. False: OpenSSL's queue of errors says why not.
bool trust_the_system(SSL_CTX* context);

/// The bundle of a distribution, below root; empty: there is none. Only for a program that runs on
/// another distribution than the one its OpenSSL was built for: that looks where nothing is.
std::filesystem::path bundle_of_another_distribution(const std::filesystem::path& root = "/");

}  // namespace anthropic_metrics
