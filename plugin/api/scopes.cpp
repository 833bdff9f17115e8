// SPDX-License-Identifier: Apache-2.0
#include "api/scopes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/octets.hpp"

namespace anthropic_metrics::api {
namespace {

constexpr std::size_t most_scopes = 16;

bool in_scope(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/// The scope that begins at `at`, empty if none does: read:..., write:..., org:..., user:....
std::string_view scope_at(std::string_view text, std::size_t at) {
  if (at > 0 && (in_scope(text[at - 1]) || text[at - 1] == '/')) return {};
  std::size_t end = at;
  while (end < text.size() && in_scope(text[end])) ++end;
  std::string_view word = text.substr(at, end - at);
  while (word.ends_with(':')) word.remove_suffix(1);
  constexpr std::array<std::string_view, 4> families{"read:", "write:", "org:", "user:"};
  const bool known = std::any_of(families.begin(), families.end(), [&](std::string_view family) {
    return word.starts_with(family) && word.size() > family.size();
  });
  return known ? word : std::string_view{};
}

/// Whether the words that end nearest before `at`, or begin nearest behind it, say that a scope is
/// held; nothing if none of them says anything.
std::optional<bool> held_at(std::string_view text, std::size_t at) {
  struct Mark {
    std::string_view word;
    bool held;
  };
  constexpr std::array<Mark, 11> marks{{{"requir", false},
                                        {"need", false},
                                        {"missing", false},
                                        {"lack", false},
                                        {"held", true},
                                        {"hold", true},
                                        {"has scope", true},
                                        {"have", true},
                                        {"grant", true},
                                        {"only has", true},
                                        {"key has", true}}};
  std::optional<bool> before, behind;
  std::size_t nearest_before = 0, nearest_behind = text.size();
  for (const Mark& mark : marks) {
    if (const auto found = text.rfind(mark.word, at); found != text.npos && found < at)
      if (!before || found >= nearest_before) nearest_before = found, before = mark.held;
    if (const auto found = text.find(mark.word, at); found < nearest_behind)
      nearest_behind = found, behind = mark.held;
  }
  return before ? before : behind;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

NamedScopes scopes_in(std::string_view text) {
  const std::string lower = to_lower(text);
  NamedScopes named;
  std::vector<std::string> needed;
  for (std::size_t at = 0; at < lower.size() && needed.size() < most_scopes; ++at) {
    const std::string_view scope = scope_at(lower, at);
    if (scope.empty()) continue;
    auto& list = held_at(lower, at).value_or(false) ? named.held : needed;
    if (!contains(list, scope)) list.emplace_back(scope);
    at += scope.size();
  }
  for (const std::string& scope : needed)
    if (!contains(named.held, scope)) named.missing.push_back(scope);
  return named;
}

}  // namespace anthropic_metrics::api
