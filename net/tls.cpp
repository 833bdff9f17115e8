// SPDX-License-Identifier: Apache-2.0
#include "net/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/host_name.hpp"
#include "base/octets.hpp"
#include "net/pem.hpp"
#include "net/trust.hpp"

namespace anthropic_metrics::net {
namespace {

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

std::string names_of(X509* certificate) {
  std::string out;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  const int count = names ? sk_GENERAL_NAME_num(names) : 0;
  for (int i = 0; i < count && i < 8; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string text;
    if (name->type == GEN_DNS) {
      text = excerpt({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                      static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))},
                     100);
    } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
      const unsigned char* b = ASN1_STRING_get0_data(name->d.iPAddress);
      text = fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
    } else if (name->type == GEN_IPADD) {
      text = "an IPv6 address";
    }
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  if (count > 8) out += ", ...";
  GENERAL_NAMES_free(names);
  return out.empty() ? "no host" : out;
}

std::string date_of(const ASN1_TIME* time) {
  tm when{};
  if (!time || ASN1_TIME_to_tm(time, &when) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday);
}

/// Where a session keeps the certificate that failed, for explain(): OpenSSL forgets it.
int culprit_index() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                           [](void*, void* certificate, CRYPTO_EX_DATA*, int, long, void*) {
                             X509_free(static_cast<X509*>(certificate));
                           });
  return index;
}

using Fingerprint = std::array<unsigned char, 32>;

bool has_fingerprint(X509* certificate, const Fingerprint& fingerprint) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  return X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1 &&
         size == fingerprint.size() && CRYPTO_memcmp(digest.data(), fingerprint.data(), size) == 0;
}

/// Where a context keeps the fingerprint that is trusted; the context frees it.
int trusted_index() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr,
                               [](void*, void* fingerprint, CRYPTO_EX_DATA*, int, long, void*) {
                                 delete static_cast<Fingerprint*>(fingerprint);
                               });
  return index;
}

/// True if all that is wrong is that nobody vouches for the chain's root, and it is the one that
/// the settings trust.
bool is_trusted_root(X509_STORE_CTX* verification, const SSL* session, X509* certificate) {
  if (X509_STORE_CTX_get_error(verification) != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) return false;
  const auto* trusted = static_cast<const Fingerprint*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), trusted_index()));
  return trusted && has_fingerprint(certificate, *trusted);
}

/// Takes note. The verdict is OpenSSL's, but for a root that the settings trust.
int judge(int verdict, X509_STORE_CTX* verification) {
  if (verdict == 1) return verdict;
  auto* session = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  if (session && certificate && is_trusted_root(verification, session, certificate)) {
    X509_STORE_CTX_set_error(verification, X509_V_OK);
    return 1;
  }
  if (session && certificate && !SSL_get_ex_data(session, culprit_index())) {
    X509_up_ref(certificate);
    SSL_set_ex_data(session, culprit_index(), certificate);
  }
  return verdict;
}

/// A library context of our own, so that a host's OpenSSL configuration does not reach us. One for
/// the process and never freed: OpenSSL keeps per-thread state that points into it until the thread
/// or the process ends, which may be long after an instance.
OSSL_LIB_CTX* own_library() {
  static OSSL_LIB_CTX* const library = OSSL_LIB_CTX_new();
  return library;
}

}  // namespace

Result<TlsContext> TlsContext::make(const SslSettings& settings) {
  ERR_clear_error();
  TlsContext tls;
  tls.verify_ = !settings.unverified();
  tls.fingerprint_ = settings.ca_trusted_fingerprint;
  tls.library_ = own_library();
  if (tls.library_) tls.context_ = SSL_CTX_new_ex(tls.library_, nullptr, TLS_client_method());
  if (!tls.context_) return fault("TLS cannot be set up: " + openssl_reason());

  SSL_CTX* const context = tls.context_;
  SSL_CTX_set_security_level(context, 2);
  const int lowest = settings.tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const int highest = settings.tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context, lowest) != 1 ||
      SSL_CTX_set_max_proto_version(context, highest) != 1) {
    return fault("ssl.supported_protocols: not offered by this OpenSSL: " + openssl_reason());
  }
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (tls.verify_) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, judge);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }

  if (tls.fingerprint_) {
    auto trusted = std::make_unique<Fingerprint>(*tls.fingerprint_);
    if (SSL_CTX_set_ex_data(context, trusted_index(), trusted.get()) != 1)
      return fault("TLS cannot be set up: " + openssl_reason());
    trusted.release();
  }
  auto trust = trust_of(settings, tls.library_);
  if (!trust) return trust.error();
  tls.trust_ = std::move(*trust);
  SSL_CTX_set1_cert_store(context, tls.trust_.get());
  if (auto ok = tls.load_client_certificate(settings); !ok) return ok.error();
  ERR_clear_error();
  return tls;
}

TlsContext::TlsContext(TlsContext&& other) noexcept
    : library_(std::exchange(other.library_, nullptr)),
      trust_(std::move(other.trust_)),
      context_(std::exchange(other.context_, nullptr)),
      verify_(other.verify_),
      has_certificate_(other.has_certificate_),
      fingerprint_(other.fingerprint_) {}

TlsContext& TlsContext::operator=(TlsContext&& other) noexcept {
  std::swap(library_, other.library_);
  std::swap(trust_, other.trust_);
  std::swap(context_, other.context_);
  std::swap(verify_, other.verify_);
  std::swap(has_certificate_, other.has_certificate_);
  std::swap(fingerprint_, other.fingerprint_);
  return *this;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<void> TlsContext::load_client_certificate(const SslSettings& settings) {
  if (!settings.certificate) return success();
  has_certificate_ = true;
  auto chain = read_certificates("ssl.certificate", *settings.certificate, library_);
  if (!chain) return chain.error();

  const std::string place = settings.key_path.empty() ? "inline PEM" : "file " + settings.key_path;
  auto key = read_private_key(settings, library_);
  if (!key) return key.error();
  if (SSL_CTX_use_certificate(context_, chain->front().get()) != 1) {
    return fault("ssl.certificate: OpenSSL refuses it: " + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey(context_, key->get()) != 1 ||
      SSL_CTX_check_private_key(context_) != 1) {
    ERR_clear_error();
    return fault(fmt::format("ssl.key: {}: it does not belong to ssl.certificate", place));
  }
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_, (*chain)[i].get()) != 1) {
      return fault("ssl.certificate: its chain is refused: " + openssl_reason());
    }
  }
  return success();
}

Result<void> TlsContext::prepare(ssl_st* session, const Url& origin) const {
  if (origin.host.empty()) return Error{Errc::internal, "TLS without a host name to verify"};
  X509_VERIFY_PARAM* const expected = SSL_get0_param(session);
  X509_VERIFY_PARAM_set_hostflags(
      expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool ok = true;
  if (is_ip_literal(origin.host)) {
    ok = X509_VERIFY_PARAM_set1_ip_asc(expected, origin.host.c_str()) == 1;
  } else {
    ok = X509_VERIFY_PARAM_set1_host(expected, origin.host.c_str(), origin.host.size()) == 1 &&
         // SSL_set_tlsext_host_name, whose macro casts in a way our warnings refuse.
         SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(origin.host.c_str())) == 1;
  }
  if (ok) return success();
  return fault("TLS cannot be told to expect " + origin.host + ": " + openssl_reason());
}

Result<void> TlsContext::check_peer(ssl_st* session, const Url& origin) const {
  if (!verify_) return success();
  if ((SSL_get_verify_mode(session) & SSL_VERIFY_PEER) == 0 || SSL_is_init_finished(session) == 0 ||
      !SSL_get0_peer_certificate(session) || SSL_get_verify_result(session) != X509_V_OK) {
    return explain(session, origin, "the session is not verified");
  }
  if (!fingerprint_) return success();
  STACK_OF(X509)* const chain = SSL_get0_verified_chain(session);
  for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
    if (has_fingerprint(sk_X509_value(chain, i), *fingerprint_)) return success();
  }
  ERR_clear_error();
  return fault(
      fmt::format("the certificate chain of {} does not hold the one of "
                  "ssl.ca_trusted_fingerprint; check whether its CA was changed",
                  origin.host_and_port()));
}

Error TlsContext::explain(ssl_st* session, const Url& origin, std::string_view reason) const {
  const std::string peer = origin.host_and_port();
  const long result = SSL_get_verify_result(session);
  X509* const culprit = static_cast<X509*>(SSL_get_ex_data(session, culprit_index()));
  ERR_clear_error();
  switch (result) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fault(
          fmt::format("the certificate of {} is not valid for that name: it names {}; check "
                      "url or ssl.certificate_authorities",
                      peer, culprit ? names_of(culprit) : "no host"));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fault(fmt::format(
          "a certificate of {} has expired ({}); check this machine's clock or renew it", peer,
          culprit ? date_of(X509_get0_notAfter(culprit)) : "date unknown"));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fault(
          fmt::format("a certificate of {} is not valid yet ({}); check this machine's clock", peer,
                      culprit ? date_of(X509_get0_notBefore(culprit)) : "date unknown"));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fault(
          fmt::format("the certificate of {} is signed by nobody we trust ({}); if the "
                      "server or a proxy uses its own CA, name it in "
                      "ssl.certificate_authorities",
                      peer, X509_verify_cert_error_string(result)));
    default:
      return fault(fmt::format("the certificate of {} is refused: {}", peer,
                               X509_verify_cert_error_string(result)));
  }
  if (auto refused = refusal(origin, reason)) return *std::move(refused);
  // Otherwise the network failed.
  return Error{Errc::transient, fmt::format("TLS with {} fails: {}", peer, excerpt(reason, 120))};
}

std::optional<Error> TlsContext::refusal(const Url& origin, std::string_view reason) const {
  const std::string lower = to_lower(reason);
  const auto says = [&](std::span<const std::string_view> marks) {
    return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
      return lower.find(mark) != std::string::npos;
    });
  };
  constexpr std::string_view wants_ours[] = {"alert certificate required", "alert no certificate"};
  constexpr std::string_view refuses_ours[] = {
      "alert certificate", "alert bad certificate", "alert unsupported certificate",
      "alert unknown ca",  "alert access denied",   "alert decrypt error"};
  constexpr std::string_view speaks_otherwise[] = {"alert handshake failure",
                                                   "alert protocol",
                                                   "unsupported protocol",
                                                   "wrong version number",
                                                   "alert insufficient",
                                                   "no protocols",
                                                   "http request",
                                                   "ssl choose client version",
                                                   "alert unsupported"};
  const std::string peer = origin.host_and_port();
  const std::string said = excerpt(reason, 120);
  if (!has_certificate_ && says(wants_ours)) {
    return fault(fmt::format(
        "{}: the server wants a client certificate: set ssl.certificate and ssl.key ({})", peer,
        said));
  }
  if (says(wants_ours) || says(refuses_ours)) {
    return fault(has_certificate_
                     ? fmt::format("{}: the server refuses the client certificate ({}); check "
                                   "ssl.certificate and ssl.key",
                                   peer, said)
                     : fmt::format("{}: the server refuses this client ({}); it may want a client "
                                   "certificate: set ssl.certificate and ssl.key",
                                   peer, said));
  }
  if (says(speaks_otherwise)) {
    // With TLS 1.2 this is also how a server says that it misses a certificate of ours.
    return fault(fmt::format("TLS with {} fails: {}; check url and ssl.supported_protocols, and {}",
                             peer, said,
                             has_certificate_ ? "ssl.certificate"
                                              : "whether the server wants a client certificate "
                                                "(set ssl.certificate and ssl.key)"));
  }
  return std::nullopt;
}

}  // namespace anthropic_metrics::net
