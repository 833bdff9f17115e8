// SPDX-License-Identifier: Apache-2.0
// Whom we talk to: from SslSettings to a verified TLS session. Knows OpenSSL, not Asio; the
// transport drives the handshake and asks here before a byte of the key leaves.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/ssl_settings.hpp"
#include "net/url.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct ossl_lib_ctx_st;
struct x509_store_st;

namespace anthropic_metrics::net {

/// One shared context per transport, in an OpenSSL library context of its own: a host's OpenSSL
/// configuration changes nothing here, and the other way round.
///
/// TLS 1.2 at least, security level 2, no renegotiation, no compression, no session resumption
/// (every connection verifies). Trust is the system's, or the configured authorities alone.
class TlsContext {
 public:
  /// Reads the files named in the settings. Fails with Errc::configuration, naming setting, file
  /// and reason: missing, not PEM, empty, key readable by others, key and certificate of different
  /// pairs.
  static Result<TlsContext> make(const SslSettings& settings);

  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  /// Borrowed; lives as long as this object.
  ssl_ctx_st* native() const noexcept { return context_; }

  /// Before the handshake: sets the expected name (or address) and SNI. Names only: an address has
  /// no SNI. Fails if OpenSSL refuses, or the host is empty, which would switch the check off.
  Result<void> prepare(ssl_st* session, const Url& origin) const;

  /// After the handshake: success only if the chain and the name were verified, and the fingerprint
  /// is in the chain if one is configured. Under VerificationMode::none always success.
  Result<void> check_peer(ssl_st* session, const Url& origin) const;

  /// Why a handshake failed: what the certificate lacks, or what the peer said. `reason` is the
  /// network's or the library's own word for it. Errc::configuration if waiting cannot help.
  Error explain(ssl_st* session, const Url& origin, std::string_view reason) const;

  /// The peer's alert in `reason`, if it is one that a person must act on: about a client
  /// certificate above all. It may come after the handshake.
  std::optional<Error> refusal(const Url& origin, std::string_view reason) const;

 private:
  TlsContext() = default;
  Result<void> load_client_certificate(const SslSettings& settings);

  ossl_lib_ctx_st* library_ = nullptr;
  std::shared_ptr<x509_store_st> trust_;  // shared with others that trust the same
  ssl_ctx_st* context_ = nullptr;
  bool verify_ = true;
  bool has_certificate_ = false;  // one of ours, to show
  std::optional<std::array<unsigned char, 32>> fingerprint_;
};

}  // namespace anthropic_metrics::net
