// SPDX-License-Identifier: Apache-2.0
#include "store/http_settings.hpp"

#include <cstdlib>

#include "net/proxy.hpp"

namespace anthropic_metrics::host {
namespace {

const char* from_environment(const char* name) {
  return std::getenv(name);
}

anthropic_metrics::Result<void> read_key(const StoreSettings& settings, net::SslSettings& ssl) {
  if (settings.ssl_passphrase)
    ssl.key_passphrase = settings.ssl_passphrase->expose([](auto text) { return Secret(text); });
  if (!settings.ssl_key) return success();
  return settings.ssl_key->expose(
      [&](std::string_view text) { return net::parse_private_key(text, ssl); });
}

// One setting of ssl.*, whose key was known when the policy was read.
anthropic_metrics::Result<void> read_ssl(const std::string& key,
                                         const std::vector<std::string>& values,
                                         const net::Url& url, net::SslSettings& ssl) {
  if (key == "certificate_authorities") {
    auto sources = net::parse_certificate_authorities(values);
    if (!sources) return sources.error();
    ssl.certificate_authorities = std::move(*sources);
  } else if (key == "supported_protocols") {
    return net::parse_supported_protocols(values, ssl);
  } else if (key == "certificate") {
    auto source = net::parse_certificate_source("ssl.certificate", values.front());
    if (!source) return source.error();
    ssl.certificate = std::move(*source);
  } else if (key == "ca_trusted_fingerprint") {
    const auto fingerprint = net::parse_fingerprint(values.front());
    if (!fingerprint) return fingerprint.error();
    ssl.ca_trusted_fingerprint = *fingerprint;
  } else if (key == "verification_mode") {
    const auto mode = net::parse_verification_mode(values.front(), url);
    if (!mode) return mode.error();
    ssl.verification_mode = *mode;
  }
  return success();
}

anthropic_metrics::Result<void> read_proxy(const StoreSettings& settings, net::HttpSettings& http) {
  if (settings.proxy_disable) return success();
  http.proxy_environment = net::ProxyEnvironment::read(from_environment);
  if (!settings.proxy_url) return success();
  auto proxy =
      settings.proxy_url->expose([](std::string_view url) { return net::parse_proxy(url); });
  if (!proxy) return proxy.error();
  http.proxy = std::move(*proxy);
  return success();
}

}  // namespace

anthropic_metrics::Result<net::Url> parse_store_url(std::string_view text) {
  net::UrlWords words;
  words.setting = "hosts";
  words.example = "https://elasticsearch.example.com:9200";
  words.secret = "username and password";
  words.plain_http = true;
  const std::string whole = text.find("://") == std::string_view::npos
                                ? "http://" + std::string(text)
                                : std::string(text);
  auto url = net::parse_url(whole, words);
  if (!url) return url.error();
  // The port of the scheme only if somebody wrote it.
  const std::string_view authority = std::string_view(whole)
                                         .substr(whole.find("://") + 3)
                                         .substr(0, whole.find('/', 8) - whole.find("://") - 3);
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (!has_port) url->port = 9200;
  return url;
}

anthropic_metrics::Result<net::HttpSettings> http_settings(const StoreSettings& settings,
                                                           const std::string& host) {
  net::HttpSettings http;
  auto url = parse_store_url(host);
  if (!url) return url.error();
  http.url = std::move(*url);
  http.plain_http = true;
  for (const auto& [key, values] : settings.ssl) {
    if (values.empty()) continue;
    if (auto read = read_ssl(key, values, http.url, http.ssl); !read) return read.error();
  }
  if (auto read = read_key(settings, http.ssl); !read) return read.error();
  if (auto read = read_proxy(settings, http); !read) return read.error();
  const net::Deadlines::Duration timeout = settings.timeout;
  http.deadlines.first_byte = http.deadlines.exchange = timeout;
  for (auto* phase : {&http.deadlines.lookup, &http.deadlines.connect, &http.deadlines.handshake})
    *phase = std::min(*phase, timeout);
  http.timeout_setting = "timeout";
  http.user_agent = "anthropic-metrics/" AM_VERSION;
  http.allows = [](std::string_view) { return true; };
  return http;
}

}  // namespace anthropic_metrics::host
