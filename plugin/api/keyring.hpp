// SPDX-License-Identifier: Apache-2.0
// The credentials of one input, each with the name of what it opens, and which of them a request
// shows. All of them are removed from every text that leaves, whichever was used.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/credential.hpp"
#include "net/authorizer.hpp"

namespace anthropic_metrics::api {

/// A credential as an input was given it. Moves, never copies.
struct GivenCredential {
  /// What it opens: "admin", "oauth" or "enterprise". Also its name in net::Request::credential.
  std::string_view opens;
  std::string_view setting;  ///< "admin_api_key": for messages.
  CredentialPlace place;
  CredentialKind kind = CredentialKind::api_key;
};

/// The setting that gives a credential which opens that, for remedies: "oauth_token". What nobody
/// knows is its own name.
std::string_view setting_of(std::string_view opens) noexcept;

class Keyring final : public net::Authorizer {
 public:
  /// given: at least one; no two that open the same.
  explicit Keyring(std::vector<GivenCredential> given,
                   const CredentialWorld& world = CredentialWorld::process());

  /// The first of `opened_by` that is here, by its name; empty if none is. No list: the first that
  /// is here.
  std::string_view choose(const std::vector<std::string_view>& opened_by) const noexcept;

  /// The credential of that name; the first if there is none.
  CredentialSource& source(std::string_view which);
  const CredentialSource& source(std::string_view which) const;
  /// What a person calls it: its setting.
  std::string_view setting(std::string_view which) const;
  /// Their names, in the order in which they were given.
  std::vector<std::string_view> names() const;

  /// CredentialSource::on_remark of each, with its setting before what is said.
  void on_remark(const std::function<void(std::string)>& say);

  Result<net::Authorization> authorization(std::string_view which) override;
  std::string scrub(std::string_view text) const override;

 private:
  struct Entry {
    std::string_view opens, setting;
    CredentialSource source;
  };
  std::size_t index(std::string_view which) const noexcept;

  std::vector<Entry> entries_;  ///< Never changes: what is lent of it stays where it is.
};

}  // namespace anthropic_metrics::api
