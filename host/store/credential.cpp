// SPDX-License-Identifier: Apache-2.0
#include "store/credential.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/base64.hpp"
#include "base/octets.hpp"
#include "log.hpp"
#include "net/key_file.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::size_t longest_secret = 16 * 1024;

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

const char* name_of(StoreCredential::Kind kind) {
  switch (kind) {
    case StoreCredential::Kind::basic:
      return "password";
    case StoreCredential::Kind::bearer:
      return "bearer_token";
    default:
      return "api_key";
  }
}

anthropic_metrics::Result<Secret> read_file(const std::string& path, const char* setting) {
  const auto in_place = [&](std::string_view what) {
    return fault(fmt::format("{}: file {}: {}", setting, path, what));
  };
  const auto file = net::open_key_file(path);
  if (!file) return in_place(file.error().message);
  const net::Judgement judgement = net::judge_access(net::access_of(file->get()), path);
  if (!judgement.fault.empty()) return in_place(judgement.fault);
  std::array<char, longest_secret + 1> octets{};
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < octets.size() &&
         ((got = ::read(file->get(), octets.data() + size, octets.size() - size)) > 0 ||
          (got < 0 && errno == EINTR)))
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  std::string_view text(octets.data(), size);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  Secret secret(trim(text));
  wipe(octets.data(), octets.size());
  if (got < 0) return in_place("it cannot be read");
  if (size > longest_secret)
    return in_place("it is larger than 16 KiB; name the file of the secret");
  if (secret.empty()) return in_place("it is empty; write the secret into it");
  return secret;
}

// What stands behind the scheme in the header.
Secret shown(const StoreCredential& credential, const Secret& secret) {
  return secret.expose([&](std::string_view text) {
    if (credential.kind == StoreCredential::Kind::basic) {
      std::string pair;
      pair.reserve(credential.username.size() + 1 + text.size());
      pair += credential.username;
      pair += ':';
      pair += text;
      Secret made = Secret::take(base64(pair));
      wipe(pair);
      return made;
    }
    const bool pair = credential.kind == StoreCredential::Kind::api_key &&
                      text.find(':') != std::string_view::npos;
    return pair ? Secret::take(base64(text)) : Secret(text);
  });
}

std::string_view scheme(StoreCredential::Kind kind) {
  switch (kind) {
    case StoreCredential::Kind::basic:
      return "Basic ";
    case StoreCredential::Kind::bearer:
      return "Bearer ";
    default:
      return "ApiKey ";
  }
}

}  // namespace

anthropic_metrics::Result<std::string> secret_file_of(std::string_view text) {
  if (text.starts_with("file:")) {
    if (text.size() == 5) return fault("behind file: there is no path");
    return std::string(text.substr(5));
  }
  if (!text.starts_with("systemd:")) return std::string();
  const std::string_view name = text.substr(8);
  if (!is_token(name) || name[0] == '.')
    return fault("behind systemd: there must be the name given to LoadCredential=");
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/')
    return fault(
        fmt::format("CREDENTIALS_DIRECTORY is not set; run the service under systemd with "
                    "LoadCredential={}:PATH",
                    name));
  return fmt::format("{}/{}", folder, name);
}

StoreAuthorizer::StoreAuthorizer(StoreCredential credential, Log& log)
    : credential_(std::move(credential)), log_(log) {}

anthropic_metrics::Result<Secret> StoreAuthorizer::read() const {
  return credential_.secret->expose(
      [&](std::string_view text) -> anthropic_metrics::Result<Secret> {
        const auto path = secret_file_of(text);
        if (!path)
          return fault(fmt::format("{}: {}", name_of(credential_.kind), path.error().message));
        return path->empty() ? Secret(text) : read_file(*path, name_of(credential_.kind));
      });
}

anthropic_metrics::Result<net::Authorization> StoreAuthorizer::authorization(std::string_view) {
  if (credential_.kind == StoreCredential::Kind::none) return net::Authorization{};
  auto fresh = read();
  if (!fresh && text_.empty()) return fresh.error();
  if (fresh && !fresh->same_as(text_)) {
    text_ = std::move(*fresh);
    shown_ = shown(credential_, text_);
    kept_[0] = text_.expose([&](std::string_view text) { return log_.keep_secret(text); });
    kept_[1] = shown_.expose([&](std::string_view text) { return log_.keep_secret(text); });
  }
  return net::Authorization{"authorization", scheme(credential_.kind), &shown_};
}

std::string StoreAuthorizer::scrub(std::string_view text) const {
  return log_.redacted(text);
}

}  // namespace anthropic_metrics::host
