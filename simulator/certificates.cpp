// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace anthropic_metrics::simulator {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long day = 24 * 60 * 60;

[[noreturn]] void fail(const char* what) {
  const unsigned long code = ERR_get_error();
  const char* const reason = ERR_reason_error_string(code);
  throw std::runtime_error(std::string("certificates: ") + what + ": " +
                           (reason != nullptr ? reason : "unknown reason"));
}

void check(int result, const char* what) {
  if (result <= 0) fail(what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  if (!key) fail("generate key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  if (!extension) fail("make extension");
  check(X509_add_ext(certificate, extension.get(), -1), "add extension");
}

/// A certificate without extensions and signature, valid from `begin` to `end` seconds from now.
Certificate make_certificate(EVP_PKEY* key, const std::string& common_name, long begin, long end) {
  Certificate certificate(X509_new(), &X509_free);
  if (!certificate) fail("make certificate");
  check(X509_set_version(certificate.get(), X509_VERSION_3), "set version");
  std::int64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial), "draw serial number");
  check(ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), serial & INT64_MAX),
        "set serial number");
  if (X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begin) == nullptr)
    fail("set validity");
  if (X509_gmtime_adj(X509_getm_notAfter(certificate.get()), end) == nullptr) fail("set validity");
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                   -1, 0),
        "set subject");
  check(X509_set_pubkey(certificate.get(), key), "set public key");
  return certificate;
}

std::string to_pem(auto write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  if (!memory) fail("make buffer");
  check(write(memory.get()), "write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  if (data == nullptr || size <= 0) fail("read PEM");
  return {data, static_cast<std::size_t>(size)};
}

std::string certificate_pem(X509* certificate) {
  return to_pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    in6_addr address{};
    const bool ip = inet_pton(AF_INET, name.c_str(), &address) == 1 ||
                    inet_pton(AF_INET6, name.c_str(), &address) == 1;
    if (!text.empty()) text += ',';
    text += (ip ? "IP:" : "DNS:") + name;
  }
  return text;
}

void write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  auto fail_here = [&] {
    throw std::system_error(errno, std::generic_category(), "write " + path.string());
  };
  ::unlink(path.c_str());  // an old file would keep its mode
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) fail_here();
  const auto written = ::write(file, text.data(), text.size());
  if (::close(file) != 0 || written != static_cast<ssize_t>(text.size())) fail_here();
}

}  // namespace

struct CertificateAuthority::State {
  Key key = make_key();
  Certificate certificate =
      make_certificate(key.get(), "anthropic-metrics simulator test authority", -day, 3650 * day);
};

CertificateAuthority::CertificateAuthority() : state_(std::make_unique<State>()) {
  X509* const certificate = state_->certificate.get();
  check(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)), "set issuer");
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  check(X509_sign(certificate, state_->key.get(), EVP_sha256()), "sign");
  pem_ = certificate_pem(certificate);
}

CertificateAuthority::~CertificateAuthority() = default;

Identity CertificateAuthority::issue(CertificateKind kind,
                                     const std::vector<std::string>& names) const {
  const Key key = make_key();
  long begin = -day;
  long end = 365 * day;
  if (kind == CertificateKind::expired) begin = -10 * day, end = -day;
  if (kind == CertificateKind::not_yet_valid) begin = day;
  const bool client = kind == CertificateKind::client;
  const bool self_signed = kind == CertificateKind::self_signed;
  const std::string common_name =
      client ? "simulator client"
             : (kind == CertificateKind::wrong_name ? "some.other.host" : "localhost");
  const Certificate certificate = make_certificate(key.get(), common_name, begin, end);
  X509* const issuer = self_signed ? certificate.get() : state_->certificate.get();
  check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)), "set issuer");
  add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), issuer, NID_ext_key_usage, client ? "clientAuth" : "serverAuth");
  add_extension(certificate.get(), issuer, NID_subject_key_identifier, "hash");
  if (!self_signed) add_extension(certificate.get(), issuer, NID_authority_key_identifier, "keyid");
  if (!client) {
    const std::vector<std::string> wrong{"some.other.host"};
    add_extension(certificate.get(), issuer, NID_subject_alt_name,
                  alternative_names(kind == CertificateKind::wrong_name ? wrong : names));
  }
  check(X509_sign(certificate.get(), self_signed ? key.get() : state_->key.get(), EVP_sha256()),
        "sign");
  return {certificate_pem(certificate.get()), to_pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

void write_authority(const CertificateAuthority& authority,
                     const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  write_file(directory / "ca.pem", authority.certificate(), 0644);
}

void write_identity(const Identity& identity, const std::filesystem::path& directory,
                    const std::string& name) {
  std::filesystem::create_directories(directory);
  write_file(directory / (name + ".pem"), identity.certificate, 0644);
  write_file(directory / (name + "-key.pem"), identity.key, 0600);
}

}  // namespace anthropic_metrics::simulator
