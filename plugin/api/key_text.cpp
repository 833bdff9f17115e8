// SPDX-License-Identifier: Apache-2.0
#include "api/key_text.hpp"

#include "base/octets.hpp"

namespace anthropic_metrics::api {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Windows' editors and shells write it; of ASCII every second octet is zero then.
bool is_utf16(std::string_view text) noexcept {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Plain quotes, back ticks, and those that word processors make of them.
bool is_quoted(std::string_view text) noexcept {
  for (const std::string_view quote : {"\"", "'", "`", "\xE2\x80\x98", "\xE2\x80\x99",
                                       "\xE2\x80\x9C", "\xE2\x80\x9D", "\xC2\xAB", "\xC2\xBB"})
    if (text.starts_with(quote) || text.ends_with(quote)) return true;
  return false;
}

bool is_named(std::string_view text) noexcept {
  constexpr std::string_view shell = "export ";
  if (text.starts_with(shell)) text = trimmed(text.substr(shell.size()));
  const std::size_t end = text.find_first_not_of(letters);
  if (end == 0 || end == std::string_view::npos) return false;
  const std::string_view rest = trimmed(text.substr(end));
  if (rest.empty() || (rest[0] != '=' && rest[0] != ':')) return false;
  // Of base64 the '=' are at the end. A ':' may stand in the middle of a gateway's key.
  const std::string_view value = trimmed(rest.substr(1));
  if (rest[0] == '=') return value.find_first_not_of('=') != std::string_view::npos;
  return value.size() + 1 < rest.size() || is_quoted(value) || value.starts_with("sk-ant-");
}

bool names_a_scheme(std::string_view text) noexcept {
  return text.starts_with("Bearer ") || text.starts_with("bearer ");
}

}  // namespace

KeyText read_key(std::string_view text) noexcept {
  const auto fault = [](std::string_view why) { return KeyText{{}, why}; };
  if (is_utf16(text)) return fault("it is UTF-16 text; save it as UTF-8");
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  text = trimmed(text);
  if (text.empty()) return fault("it is empty");
  if (is_quoted(text)) return fault("it stands in quotes; take them off");
  if (is_named(text)) return fault("a name stands before it, as in NAME=KEY; take that off");
  if (names_a_scheme(text)) return fault("the word Bearer stands before it; take that off");
  if (text.find_first_of("\r\n") != std::string_view::npos)
    return fault("there is more than one line; leave the key alone");
  if (text.find_first_of(blanks) != std::string_view::npos)
    return fault("there are blanks in it; leave the key alone");
  if (text.size() > longest_key) return fault("it is longer than 16 KiB");
  if (!is_field_value(text))
    return fault("there are characters in it that no key has; copy it again as plain text");
  return {text, {}};
}

std::string_view odd_key(std::string_view key, CredentialKind kind) noexcept {
  if (kind == CredentialKind::bearer) {
    if (key.starts_with("sk-ant-admin") || key.starts_with("sk-ant-api"))
      return "it begins as an API key does, not as a token; give it as admin_api_key, with "
             "authentication: api_key";
    return {};
  }
  if (key.starts_with("sk-ant-oat"))
    return kind == CredentialKind::enterprise
               ? "it begins as an OAuth token does; give it as oauth_token"
               : "it begins as an OAuth token does; give it as oauth_token, or set "
                 "authentication: bearer";
  if (kind == CredentialKind::enterprise && key.starts_with("sk-ant-admin"))
    return "it begins with sk-ant-admin, as Admin keys do; give it as admin_api_key";
  if (kind == CredentialKind::api_key && key.starts_with("sk-ant-api"))
    return "it begins with sk-ant-api, as keys for messages do; the Admin API takes Admin keys, "
           "which begin with sk-ant-admin, and a key of Claude Enterprise is given as "
           "enterprise_api_key";
  if (!key.starts_with("sk-ant-"))
    return "it does not begin with sk-ant-, as Anthropic's keys do; if it is not for a gateway of "
           "your own, copy it again";
  return {};
}

}  // namespace anthropic_metrics::api
