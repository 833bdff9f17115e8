// SPDX-License-Identifier: Apache-2.0
#include "api/keyring.hpp"

#include <algorithm>
#include <utility>

namespace anthropic_metrics::api {

std::string_view setting_of(std::string_view opens) noexcept {
  if (opens == "admin") return "admin_api_key";
  if (opens == "oauth") return "oauth_token";
  if (opens == "enterprise") return "enterprise_api_key";
  return opens;
}

Keyring::Keyring(std::vector<GivenCredential> given, const CredentialWorld& world) {
  entries_.reserve(given.size());
  for (GivenCredential& one : given)
    entries_.push_back(
        {one.opens, one.setting, CredentialSource(std::move(one.place), one.kind, world)});
}

std::string_view Keyring::choose(const std::vector<std::string_view>& opened_by) const noexcept {
  if (opened_by.empty()) return entries_.front().opens;
  for (const std::string_view opens : opened_by)
    for (const Entry& entry : entries_)
      if (entry.opens == opens) return entry.opens;
  return {};
}

std::size_t Keyring::index(std::string_view which) const noexcept {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.opens == which; });
  return found == entries_.end() ? 0 : static_cast<std::size_t>(found - entries_.begin());
}

CredentialSource& Keyring::source(std::string_view which) {
  return entries_[index(which)].source;
}

const CredentialSource& Keyring::source(std::string_view which) const {
  return entries_[index(which)].source;
}

std::string_view Keyring::setting(std::string_view which) const {
  return entries_[index(which)].setting;
}

std::vector<std::string_view> Keyring::names() const {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_) names.push_back(entry.opens);
  return names;
}

void Keyring::on_remark(const std::function<void(std::string)>& say) {
  for (Entry& entry : entries_) {
    if (entries_.size() == 1)
      entry.source.on_remark(say);
    else
      entry.source.on_remark([say, setting = std::string(entry.setting)](const std::string& text) {
        say(setting + ": " + text);
      });
  }
}

Result<net::Authorization> Keyring::authorization(std::string_view which) {
  return source(which).authorization();
}

std::string Keyring::scrub(std::string_view text) const {
  std::string clean(text);
  for (const Entry& entry : entries_) clean = entry.source.scrub(clean);
  return clean;
}

}  // namespace anthropic_metrics::api
