// SPDX-License-Identifier: Apache-2.0
#include "net/ssl_settings.hpp"

#include <fmt/format.h>

#include "base/host_name.hpp"
#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

bool is_path(std::string_view text) noexcept {
  return !text.empty() && text.size() < 4096 &&
         text.find_first_of(std::string_view("\0\n\r", 3)) == std::string_view::npos;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<PemSource> parse_certificate_source(std::string_view key, std::string_view value) {
  if (value.find("PRIVATE KEY-----") != std::string_view::npos) {
    return fault(fmt::format("{}: this is a private key; it belongs in ssl.key", key));
  }
  if (value.find("-----BEGIN ") != std::string_view::npos) {
    if (value.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos ||
        value.find("-----END CERTIFICATE-----") == std::string_view::npos) {
      return fault(fmt::format("{}: the PEM text holds no whole certificate", key));
    }
    return PemSource{{}, std::string(value)};
  }
  if (!is_path(value)) {
    return fault(
        fmt::format("{}: expected a file path or PEM text, got \"{}\"", key, excerpt(value, 60)));
  }
  return PemSource{std::string(value), {}};
}

Result<std::vector<PemSource>> parse_certificate_authorities(std::span<const std::string> values) {
  std::vector<PemSource> sources;
  for (const std::string& value : values) {
    auto source = parse_certificate_source("ssl.certificate_authorities", value);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  return sources;
}

Result<void> parse_private_key(std::string_view value, SslSettings& settings) {
  if (value.find("-----BEGIN ") != std::string_view::npos) {
    if (value.find("PRIVATE KEY-----") == std::string_view::npos) {
      return fault("ssl.key: the PEM text holds no private key");
    }
    settings.key_text = Secret(value);
    settings.key_path.clear();
    return success();
  }
  // What is not a path may be a key somebody pasted: never repeat it.
  if (!is_path(value)) return fault("ssl.key: expected a file path or PEM text");
  settings.key_path = std::string(value);
  settings.key_text = Secret();
  return success();
}

Result<std::array<unsigned char, 32>> parse_fingerprint(std::string_view value) {
  const auto refuse = [&] {
    return fault(
        fmt::format("ssl.ca_trusted_fingerprint: expected 64 hex digits (SHA-256 of the "
                    "certificate), got \"{}\"",
                    excerpt(value, 100)));
  };
  std::array<unsigned char, 32> digest{};
  std::size_t used = 0;
  for (std::size_t i = 0; i < value.size();) {
    if (value[i] == ':' && used > 0 && used < digest.size()) {
      ++i;
      continue;
    }
    if (i + 1 >= value.size() || used == digest.size()) return refuse();
    const int high = hex_digit(value[i]);
    const int low = hex_digit(value[i + 1]);
    if (high < 0 || low < 0) return refuse();
    digest[used++] = static_cast<unsigned char>(high * 16 + low);
    i += 2;
  }
  if (used != digest.size()) return refuse();
  return digest;
}

Result<void> parse_supported_protocols(std::span<const std::string> values, SslSettings& settings) {
  bool two = false;
  bool three = false;
  for (const std::string& value : values) {
    if (value == "TLSv1.2") {
      two = true;
    } else if (value == "TLSv1.3") {
      three = true;
    } else {
      return fault(
          fmt::format("ssl.supported_protocols: \"{}\" is not offered; TLSv1.2 and TLSv1.3 are",
                      excerpt(value, 40)));
    }
  }
  if (!two && !three) return fault("ssl.supported_protocols: name TLSv1.2, TLSv1.3 or both");
  settings.tls_1_2 = two;
  settings.tls_1_3 = three;
  return success();
}

Result<VerificationMode> parse_verification_mode(std::string_view value, const Url& url) {
  if (value == "full" || value == "strict") return VerificationMode::full;
  if (value == "none") {
    if (is_loopback_host(url.host)) return VerificationMode::none;
    return fault(
        fmt::format("ssl.verification_mode: none is accepted for a loopback url only, not for "
                    "{}; give the CA in ssl.certificate_authorities instead",
                    url.host));
  }
  if (value == "certificate") {
    return fault(
        "ssl.verification_mode: certificate skips the host name, so anyone with any valid "
        "certificate could take the key; use full");
  }
  return fault(
      fmt::format("ssl.verification_mode: \"{}\" is unknown; use full", excerpt(value, 40)));
}

Result<void> check(const SslSettings& settings) {
  const bool has_key = !settings.key_path.empty() || !settings.key_text.empty();
  if (settings.certificate && !has_key) return fault("ssl.certificate needs ssl.key");
  if (has_key && !settings.certificate) return fault("ssl.key needs ssl.certificate");
  if (!has_key && !settings.key_passphrase.empty()) {
    return fault("ssl.key_passphrase needs ssl.key");
  }
  return success();
}

}  // namespace anthropic_metrics::net
