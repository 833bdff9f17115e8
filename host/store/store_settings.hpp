// SPDX-License-Identifier: Apache-2.0
// Where a store is and how it is talked to: the settings that an Elasticsearch or OpenSearch output
// of a policy shares with `setup`, `test output` and the client of Kibana. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/proxy.hpp"
#include "net/ssl_settings.hpp"
#include "net/url.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// What lets requests in. The text is as the policy has it: a secret, or where one is kept
// ("file:PATH", "systemd:NAME").
struct StoreCredential {
  enum class Kind { none, api_key, basic, bearer };
  Kind kind = Kind::none;
  std::string username;  // basic
  SecretText secret;     // the key ("id:key" or its base64), password or token

  bool operator==(const StoreCredential& other) const;
};

struct StoreSettings {
  std::vector<std::string> hosts;  // "https://es:9200/prefix", checked; the first is tried first
  StoreCredential credential;
  std::vector<std::pair<std::string, std::string>> headers;
  // ssl.*, with the words of the policy; read when a client is made.
  std::vector<std::pair<std::string, std::vector<std::string>>> ssl;
  SecretText ssl_key;         // ssl.key, if it is given inline
  SecretText ssl_passphrase;  // ssl.key_passphrase
  SecretText proxy_url;       // may hold a login; null: as the environment says
  bool proxy_disable = false;
  std::chrono::milliseconds timeout{90'000};

  bool operator==(const StoreSettings& other) const;
};

}  // namespace anthropic_metrics::host
