// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace anthropic_metrics::net::test {
namespace {

using KeyPtr = std::shared_ptr<EVP_PKEY>;
using CertificatePtr = std::shared_ptr<X509>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

KeyPtr read_key(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  KeyPtr key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr), EVP_PKEY_free);
  BIO_free(bio);
  return key;
}

CertificatePtr read_certificate(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  CertificatePtr certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension) throw std::runtime_error("bad extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity make(const CertificateSpec& spec, const Identity* issuer, bool with_chain) {
  const KeyPtr key(
      spec.rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(spec.rsa_bits)) : EVP_EC_gen("P-256"),
      EVP_PKEY_free);
  const CertificatePtr certificate(X509_new(), X509_free);
  static std::atomic<long> serial{1000};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), spec.begins_in_days * 86400L);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.ends_in_days * 86400L);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1,
                             -1, 0);
  X509_set_pubkey(certificate.get(), key.get());

  const CertificatePtr parent = issuer ? read_certificate(issuer->certificate) : certificate;
  const KeyPtr signer = issuer ? read_key(issuer->key) : key;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent.get()));
  add_extension(certificate.get(), parent.get(), NID_subject_key_identifier, "hash");
  if (spec.authority) {
    add_extension(certificate.get(), parent.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), parent.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  } else if (!spec.extended_usage.empty()) {
    add_extension(certificate.get(), parent.get(), NID_ext_key_usage, spec.extended_usage);
  }
  if (!spec.permitted_names.empty()) {
    add_extension(certificate.get(), parent.get(), NID_name_constraints, spec.permitted_names);
  }
  std::string names;
  for (const auto& dns : spec.dns) names += (names.empty() ? "" : ",") + ("DNS:" + dns);
  for (const auto& address : spec.addresses)
    names += (names.empty() ? "" : ",") + ("IP:" + address);
  if (!names.empty()) add_extension(certificate.get(), parent.get(), NID_subject_alt_name, names);
  if (X509_sign(certificate.get(), signer.get(), EVP_get_digestbyname(spec.digest)) == 0) {
    throw std::runtime_error("signing failed");
  }

  Identity identity;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate.get());
  identity.certificate = text_of(bio);
  if (with_chain && issuer) identity.certificate += issuer->certificate;
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  identity.key = text_of(bio);
  unsigned size = 0;
  X509_digest(certificate.get(), EVP_sha256(), identity.fingerprint.data(), &size);
  for (const unsigned char octet : identity.fingerprint) {
    identity.fingerprint_hex += fmt::format("{:02x}", octet);
  }
  return identity;
}

}  // namespace

Identity self_signed(const CertificateSpec& spec) {
  return make(spec, nullptr, false);
}

Identity issue(const Identity& issuer, const CertificateSpec& spec, bool with_chain) {
  return make(spec, &issuer, with_chain);
}

const Identity& authority() {
  static const Identity identity = [] {
    CertificateSpec spec;
    spec.common_name = "test authority";
    spec.authority = true;
    return self_signed(spec);
  }();
  return identity;
}

Identity server_for(const std::string& dns) {
  CertificateSpec spec;
  spec.dns = {dns};
  return issue(authority(), spec);
}

std::string encrypted(const std::string& key, const std::string& passphrase, bool old) {
  const KeyPtr plain = read_key(key);
  BIO* bio = BIO_new(BIO_s_mem());
  const auto* words = reinterpret_cast<const unsigned char*>(passphrase.data());
  const int size = static_cast<int>(passphrase.size());
  const int written =
      old ? PEM_write_bio_PrivateKey_traditional(bio, plain.get(), EVP_aes_256_cbc(), words, size,
                                                 nullptr, nullptr)
          : PEM_write_bio_PKCS8PrivateKey(bio, plain.get(), EVP_aes_256_cbc(), passphrase.data(),
                                          size, nullptr, nullptr);
  if (written != 1) throw std::runtime_error("a key cannot be encrypted");
  return text_of(bio);
}

CertificateSpec leaf(std::vector<std::string> dns, std::vector<std::string> addresses) {
  CertificateSpec spec;
  spec.dns = std::move(dns);
  spec.addresses = std::move(addresses);
  return spec;
}

Identity other_authority() {
  CertificateSpec spec;
  spec.common_name = "another authority";
  spec.authority = true;
  return self_signed(spec);
}

}  // namespace anthropic_metrics::net::test
