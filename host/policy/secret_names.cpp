// SPDX-License-Identifier: Apache-2.0
#include "policy/secret_names.hpp"

#include <algorithm>
#include <array>

namespace anthropic_metrics::host {
namespace {

bool names_a_secret(std::string_view name) {
  if (name.ends_with("_file")) return false;
  constexpr std::array<std::string_view, 5> marks{"key", "secret", "password", "token",
                                                  "passphrase"};
  return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
    return name.find(mark) != std::string_view::npos;
  });
}

// A private key (ssl.key) is given as PEM text or as a file's path, with or without a folder.
bool is_private_key(std::string_view value) {
  return value.find("-----") != std::string_view::npos ||
         value.find('\n') != std::string_view::npos;
}

}  // namespace

bool is_secret(std::string_view name, std::string_view value) {
  if (!names_a_secret(name)) return false;
  if (name == "key") return is_private_key(value);
  constexpr std::array<std::string_view, 3> places{"file:", "systemd:", "$secret{"};
  const bool elsewhere = std::any_of(places.begin(), places.end(), [&](std::string_view place) {
    return value.starts_with(place);
  });
  // Of the API's credentials an absolute path says where they are; a password may begin with '/'.
  constexpr std::array<std::string_view, 3> credentials{"admin_api_key", "oauth_token",
                                                        "enterprise_api_key"};
  const bool path = value.starts_with('/') &&
                    std::find(credentials.begin(), credentials.end(), name) != credentials.end();
  return !elsewhere && !path;
}

}  // namespace anthropic_metrics::host
