// SPDX-License-Identifier: Apache-2.0
#include "net/pem.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/key_file.hpp"

namespace anthropic_metrics::net {
namespace {

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

/// A file's whole text, at most 8 MiB. `secret` demands that nobody else may read it.
Result<Secret> read_pem_file(std::string_view setting, const std::string& path, bool secret) {
  const auto refuse = [&](std::string_view why) {
    return fault(fmt::format("{}: file {}: {}", setting, path, why));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int reason = errno;
    Error error = refuse(fmt::format("cannot be opened ({})", std::strerror(reason)));
    error.code = code_of(reason, error.code);
    return error;
  }
  const std::unique_ptr<const int, void (*)(const int*)> closer(&fd,
                                                                [](const int* f) { ::close(*f); });
  struct stat info {};
  constexpr off_t most = 8 << 20;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return refuse("is not a regular file");
  if (info.st_size > most) return refuse("is larger than 8 MiB");
  if (secret) {
    // Whose it is was never asked, only who may use it.
    FileAccess access = access_of(fd);
    if (access.owner != access.self) access.owner = 0;
    if (const Judgement judged = judge_access(access, path); !judged.fault.empty())
      return refuse(judged.fault);
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  Secret content(std::string_view(text).substr(0, size));
  wipe(text);
  return content;
}

/// For OpenSSL, which without it would ask on the terminal. `passphrase` is a Secret.
int give_passphrase(char* buffer, int size, int, void* passphrase) {
  return static_cast<const Secret*>(passphrase)->expose([&](std::string_view octets) {
    if (octets.size() > static_cast<std::size_t>(size)) return 0;
    std::copy(octets.begin(), octets.end(), buffer);
    return static_cast<int>(octets.size());
  });
}

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "no detail from OpenSSL";
}

Result<Secret> read_text(std::string_view setting, const PemSource& source) {
  if (!source.path.empty()) return read_pem_file(setting, source.path, false);
  return Secret(std::string_view(source.text));
}

Result<std::vector<X509Ptr>> read_certificates(std::string_view setting, const PemSource& source,
                                               OSSL_LIB_CTX* library) {
  auto text = read_text(setting, source);
  if (!text) return text.error();
  return certificates_in(setting, source, *text, library);
}

Result<std::vector<X509Ptr>> certificates_in(std::string_view setting, const PemSource& source,
                                             const Secret& text, OSSL_LIB_CTX* library) {
  return text.expose([&](std::string_view octets) -> Result<std::vector<X509Ptr>> {
    const std::string_view some = octets.empty() ? " " : octets;  // no empty BIO
    const BioPtr bio(BIO_new_mem_buf(some.data(), static_cast<int>(some.size())));
    std::vector<X509Ptr> certificates;
    while (bio) {
      X509* slot = X509_new_ex(library, nullptr);
      if (!slot) break;
      if (!PEM_read_bio_X509(bio.get(), &slot, nullptr, nullptr)) {
        X509_free(slot);
        break;
      }
      certificates.emplace_back(slot);
    }
    const unsigned long code = ERR_peek_last_error();
    const bool end =
        ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    const std::string reason = openssl_reason();
    if (certificates.empty() || !end) {
      return fault(fmt::format(
          "{}: {}: {}", setting, source.describe(),
          end ? "holds no certificate in PEM form" : "a certificate is damaged (" + reason + ")"));
    }
    return certificates;
  });
}

Result<KeyPtr> read_private_key(const SslSettings& settings, OSSL_LIB_CTX* library) {
  Secret file;
  if (!settings.key_path.empty()) {
    auto content = read_pem_file("ssl.key", settings.key_path, true);
    if (!content) return content.error();
    file = std::move(*content);
  }
  const Secret& source = settings.key_path.empty() ? settings.key_text : file;
  bool encrypted = false;
  KeyPtr key(source.expose([&](std::string_view text) -> EVP_PKEY* {
    const std::string_view some = text.empty() ? " " : text;
    encrypted = some.find("ENCRYPTED") != std::string_view::npos;
    const BioPtr bio(BIO_new_mem_buf(some.data(), static_cast<int>(some.size())));
    return bio ? PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, give_passphrase,
                                            const_cast<Secret*>(&settings.key_passphrase), library,
                                            nullptr)
               : nullptr;
  }));
  if (key) return key;
  const std::string place = settings.key_path.empty() ? "inline PEM" : "file " + settings.key_path;
  const std::string reason = openssl_reason();
  if (encrypted && settings.key_passphrase.empty()) {
    return fault(fmt::format("ssl.key: {}: it is encrypted; set ssl.key_passphrase", place));
  }
  if (encrypted) {
    return fault(
        fmt::format("ssl.key: {}: ssl.key_passphrase does not open it ({})", place, reason));
  }
  return fault(fmt::format("ssl.key: {}: not a private key in PEM form ({})", place, reason));
}

}  // namespace anthropic_metrics::net
