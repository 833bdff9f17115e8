// SPDX-License-Identifier: Apache-2.0
// Throw-away certificates for tests on loopback: an authority and leaves, good ones and each kind
// of bad one. Never for anything that leaves the machine.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace anthropic_metrics::simulator {

enum class CertificateKind {
  valid,          ///< for `names`, signed by the authority
  wrong_name,     ///< for some.other.host, signed by the authority
  expired,        ///< ended yesterday
  not_yet_valid,  ///< begins tomorrow
  self_signed,    ///< for `names`, signed by itself
  client,         ///< for client authentication, signed by the authority
};

/// A certificate and its ECDSA P-256 key, both PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// A certificate authority with its own key. Throws std::runtime_error, with OpenSSL's reason, when
/// a step fails.
class CertificateAuthority {
 public:
  CertificateAuthority();
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  /// The authority's own certificate, PEM: what clients are told to trust.
  const std::string& certificate() const { return pem_; }

  /// A new leaf. Names that are IP addresses become address entries, others DNS entries.
  Identity issue(CertificateKind kind,
                 const std::vector<std::string>& names = {"localhost", "127.0.0.1", "::1"}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string pem_;
};

/// Writes ca.pem, <name>.pem and <name>-key.pem into `directory`, which is made if missing. Keys
/// get mode 0600 before anything is in them. Throws std::system_error.
void write_authority(const CertificateAuthority& authority, const std::filesystem::path& directory);
void write_identity(const Identity& identity, const std::filesystem::path& directory,
                    const std::string& name);

}  // namespace anthropic_metrics::simulator
