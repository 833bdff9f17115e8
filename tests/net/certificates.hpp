// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot, good and bad in every way a test needs.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace anthropic_metrics::net::test {

struct CertificateSpec {
  std::string common_name = "test";
  std::vector<std::string> dns;        ///< subjectAltName names, as written.
  std::vector<std::string> addresses;  ///< subjectAltName addresses.
  int begins_in_days = -2;
  int ends_in_days = 2;
  bool authority = false;  ///< basicConstraints CA:TRUE.
  std::string extended_usage = "serverAuth";
  int rsa_bits = 0;  ///< 0: a P-256 key.
  const char* digest = "SHA256";
  std::string permitted_names;  ///< nameConstraints, e.g. "permitted;DNS:other.test".
};

struct Identity {
  std::string certificate;  ///< PEM; a chain if issued by an intermediate.
  std::string key;          ///< PEM.
  std::array<unsigned char, 32> fingerprint{};
  std::string fingerprint_hex;
};

/// Signed by itself.
Identity self_signed(const CertificateSpec& spec);

/// Signed by `issuer`. `with_chain` appends the issuer's certificate.
Identity issue(const Identity& issuer, const CertificateSpec& spec, bool with_chain = false);

/// The authority most tests trust; made once per process.
const Identity& authority();

/// The same private key, encrypted: as PKCS #8, or in the `old` form with a header of its own.
std::string encrypted(const std::string& key, const std::string& passphrase, bool old = false);

/// A good server certificate for `name`, signed by authority().
Identity server_for(const std::string& dns);

/// What a server of those names and addresses asks a certificate for.
CertificateSpec leaf(std::vector<std::string> dns, std::vector<std::string> addresses = {});
/// One that nobody trusts.
Identity other_authority();

}  // namespace anthropic_metrics::net::test
