// SPDX-License-Identifier: Apache-2.0
// Where a store is, as an output of a policy says it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/host_name.hpp"
#include "base/octets.hpp"
#include "outputs/elasticsearch.hpp"
#include "policy/duration.hpp"
#include "policy/policy_context.hpp"
#include "store/http_settings.hpp"

namespace anthropic_metrics::host {
namespace {

// A list of texts, or one text in place of it.
std::vector<std::string> texts(PolicyContext& context, const Node& map, std::string_view key,
                               const std::string& path) {
  const Node* node = map.find(key);
  if (node == nullptr || node->is_null()) return {};
  if (node->kind == Node::Kind::scalar) return {node->text};
  std::vector<std::string> list;
  for (const Node& item : node->items) {
    if (item.kind == Node::Kind::scalar && !item.is_null()) {
      list.push_back(item.text);
      continue;
    }
    context.fault(item.place, fmt::format("{}.{}", path, key),
                  fmt::format("this is {}", kind_of(item)), "a text", "");
  }
  if (node->kind == Node::Kind::map)
    context.fault(node->place, fmt::format("{}.{}", path, key), "this is a map",
                  "a text or a list of texts", "");
  return list;
}

void read_hosts(PolicyContext& context, const OutputSection& section, StoreSettings& settings) {
  const auto& [name, node, path, complete] = section;
  const std::string protocol = context.text(node, "protocol", path).value_or("http");
  const std::string prefix = context.text(node, "path", path).value_or("");
  const Node* hosts = node.find("hosts");
  for (std::string host : texts(context, node, "hosts", path)) {
    if (host.find("://") == std::string::npos) host = protocol + "://" + host;
    if (!prefix.empty() && host.find('/', host.find("://") + 3) == std::string::npos)
      host += (prefix.front() == '/' ? "" : "/") + prefix;
    const auto url = parse_store_url(host);
    if (!url) {
      if (complete)
        context.fault(hosts->place, path + ".hosts", url.error().message,
                      "addresses such as https://es:9200", "");
      continue;
    }
    if (!url->tls() && !is_loopback_host(url->host)) {
      context.note(LogLevel::warn,
                   fmt::format("{}: {}.hosts: {} is plain http: documents and the credential can "
                               "be read on the way; use https",
                               to_string(hosts->place), path, url->text()));
    }
    settings.hosts.push_back(host);  // its text would lose a port that is the scheme's own
  }
  if (settings.hosts.empty() && complete && hosts == nullptr)
    context.fault(node.place, path + ".hosts", "the output names no host",
                  "a list of addresses such as https://es:9200", "add 'hosts: [\"https://...\"]'");
  else if (settings.hosts.empty() && complete && context.faults.empty())
    context.fault(hosts->place, path + ".hosts", "the list is empty",
                  "addresses such as https://es:9200", "");
}

void read_credential(PolicyContext& context, const OutputSection& section,
                     StoreSettings& settings) {
  using Kind = StoreCredential::Kind;
  const auto& [name, node, path, complete] = section;
  struct Way {
    const char* key;
    Kind kind;
  };
  std::string both;
  for (const Way way : {Way{"api_key", Kind::api_key}, Way{"password", Kind::basic},
                        Way{"bearer_token", Kind::bearer}}) {
    const auto secret = context.text(node, way.key, path);
    if (!secret || secret->empty()) continue;
    if (settings.credential.kind != Kind::none) both = way.key;
    settings.credential.kind = way.kind;
    settings.credential.secret = secret_text(*secret);
  }
  const auto username = context.text(node, "username", path);
  settings.credential.username = username.value_or("");
  if (!both.empty())
    context.fault(node.find(both)->place, path + "." + both,
                  "the output has more than one credential",
                  "api_key, or username and password, or bearer_token", "remove the others");
  if (complete && (username.has_value() != (settings.credential.kind == Kind::basic)))
    context.fault(username ? node.find("username")->place : node.find("password")->place,
                  path + (username ? ".username" : ".password"),
                  username ? "a username without a password" : "a password without a username",
                  "username and password", "add the other one");
  if (settings.credential.username.find(':') != std::string::npos)
    context.fault(node.find("username")->place, path + ".username", "it holds a colon",
                  "a name without ':'", "");
}

void read_headers(PolicyContext& context, const OutputSection& section, StoreSettings& settings) {
  const Node* headers = section.node.find("headers");
  if (headers == nullptr || headers->is_null()) return;
  const std::string path = section.path + ".headers";
  if (headers->kind != Node::Kind::map) {
    context.fault(headers->place, path, "this is " + kind_of(*headers), "a map of names and values",
                  "");
    return;
  }
  constexpr std::array<std::string_view, 8> ours{
      "authorization",    "host",       "connection",     "content-length", "content-type",
      "content-encoding", "user-agent", "accept-encoding"};
  for (const auto& [key, value] : headers->members) {
    const bool owned = std::find(ours.begin(), ours.end(), to_lower(key)) != ours.end();
    if (!is_token(key) || owned || !is_field_value(value.text))
      context.fault(value.place, path + "." + key,
                    owned ? "this header is the client's own" : "this is no header",
                    "a name and a value of visible ASCII",
                    owned ? "leave it out; a credential belongs in api_key" : "");
    settings.headers.emplace_back(key, value.text);
  }
}

void read_ssl(PolicyContext& context, const OutputSection& section, StoreSettings& settings) {
  const Node* ssl = section.node.find("ssl");
  if (ssl == nullptr || ssl->is_null()) return;
  const std::string path = section.path + ".ssl";
  constexpr std::array<std::string_view, 5> kept{"certificate_authorities", "certificate",
                                                 "ca_trusted_fingerprint", "verification_mode",
                                                 "supported_protocols"};
  // Those that would make a connection less or otherwise trusted than somebody believes.
  constexpr std::array<std::string_view, 3> refused{"ca_sha256", "curve_types", "cipher_suites"};
  for (const auto& [key, value] : ssl->members) {
    if (value.is_null()) continue;
    if (std::find(kept.begin(), kept.end(), key) != kept.end()) {
      settings.ssl.emplace_back(key, texts(context, *ssl, key, path));
    } else if (key == "key") {
      settings.ssl_key = secret_text(value.text);
    } else if (key == "key_passphrase") {
      settings.ssl_passphrase = secret_text(value.text);
    } else if (std::find(refused.begin(), refused.end(), key) != refused.end()) {
      context.fault(value.place, path + "." + key, "this setting is not supported by this host",
                    "ssl.certificate_authorities or ssl.ca_trusted_fingerprint", "remove it");
    } else if (key != "enabled") {
      context.note(LogLevel::warn, fmt::format("{}: {}.{} has no effect in this host",
                                               to_string(value.place), path, key));
    }
  }
}

}  // namespace

StoreSettings read_store(PolicyContext& context, const OutputSection& section) {
  StoreSettings settings;
  const auto& [name, node, path, complete] = section;
  const std::size_t faults = context.faults.size();
  if (const Node* secrets = node.find("secrets"); secrets != nullptr)
    context.fault(secrets->place, path + ".secrets",
                  "Fleet keeps these values, and a file has only their ids",
                  "api_key or password in the output itself",
                  "fill in the values and remove 'secrets'");
  for (const char* key : {"kerberos", "pipeline", "index"}) {
    const Node* unsupported = node.find(key);
    if (unsupported == nullptr || unsupported->is_null()) continue;
    context.fault(unsupported->place, path + "." + key,
                  "this setting is not supported by this host",
                  key == std::string_view("kerberos")
                      ? "api_key, username and password, or bearer_token"
                      : "data streams with their own index template and pipeline",
                  "remove it");
  }
  read_hosts(context, section, settings);
  read_credential(context, section, settings);
  read_headers(context, section, settings);
  read_ssl(context, section, settings);
  if (const auto proxy = context.text(node, "proxy_url", path); proxy && !proxy->empty())
    settings.proxy_url = secret_text(*proxy);
  settings.proxy_disable = context.boolean(node, "proxy_disable", path).value_or(false);
  if (const auto timeout = context.text(node, "timeout", path)) {
    const auto time = parse_duration(*timeout);
    if (!time || time->count() < 1 || *time > std::chrono::hours(1))
      context.fault(node.find("timeout")->place, path + ".timeout",
                    fmt::format("'{}' is not a timeout", *timeout),
                    "a duration from 1s to 1h, such as 90s", "");
    settings.timeout = time.value_or(std::chrono::seconds(90));
  }
  // The rest is read again when a client is made; a fault shall be known before.
  if (complete && context.faults.size() == faults && !settings.hosts.empty()) {
    for (const std::string& host : settings.hosts) {
      const auto http = http_settings(settings, host);
      if (http) continue;
      context.fault(node.place, path, http.error().message, "a setting that can be used", "");
      break;
    }
  }
  return settings;
}

}  // namespace anthropic_metrics::host
