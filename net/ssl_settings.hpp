// SPDX-License-Identifier: Apache-2.0
// The `ssl.*` settings, with the names and meanings Beats users know, as typed values. Pure:
// files are read when tls.cpp builds the context. Unknown keys are the caller's to refuse.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::net {

/// A certificate or certificates: a path, or PEM text given inline.
struct PemSource {
  std::string path;  ///< Empty if inline.
  std::string text;  ///< Empty if a path.
  std::string describe() const { return path.empty() ? "inline PEM" : "file " + path; }
};

enum class VerificationMode {
  full,  ///< Chain and name. "strict" means the same: the subject's common name never counts here.
  none,  ///< Nothing. Loopback only, and status says so.
};

struct SslSettings {
  std::vector<PemSource> certificate_authorities;  ///< Replaces the system's trust if not empty.
  std::optional<PemSource> certificate;            ///< Client certificate, chain included.
  std::string key_path;                            ///< Its private key: a path,
  Secret key_text;                                 ///< or PEM text given inline.
  Secret key_passphrase;                           ///< That it is encrypted with; may be empty.
  std::optional<std::array<unsigned char, 32>> ca_trusted_fingerprint;  ///< SHA-256 of DER.
  ///< A self-signed certificate with it in the peer's chain is trusted, and must be in it.
  bool tls_1_2 = true;
  bool tls_1_3 = true;
  VerificationMode verification_mode = VerificationMode::full;

  /// True if the peer is not verified: for status.
  bool unverified() const noexcept { return verification_mode == VerificationMode::none; }
};

/// `ssl.certificate_authorities`, `ssl.certificate`: a path, or text with "-----BEGIN
/// CERTIFICATE-----".
Result<PemSource> parse_certificate_source(std::string_view key, std::string_view value);
Result<std::vector<PemSource>> parse_certificate_authorities(std::span<const std::string> values);

/// `ssl.key`: a path, or PEM text with a private key, into `settings`. The message never repeats
/// it.
Result<void> parse_private_key(std::string_view value, SslSettings& settings);

/// `ssl.ca_trusted_fingerprint`: 64 hex digits, colons allowed between octets.
Result<std::array<unsigned char, 32>> parse_fingerprint(std::string_view value);

/// `ssl.supported_protocols`: TLSv1.2 and TLSv1.3, at least one, into `settings`. Older ones are
/// refused by name.
Result<void> parse_supported_protocols(std::span<const std::string> values, SslSettings& settings);

/// `ssl.verification_mode`: full or strict; none for a loopback `url` only; certificate (chain
/// without name) never, with the reason.
Result<VerificationMode> parse_verification_mode(std::string_view value, const Url& url);

/// Faults between settings: a certificate without key, a key without certificate, a passphrase
/// without key.
Result<void> check(const SslSettings& settings);

}  // namespace anthropic_metrics::net
