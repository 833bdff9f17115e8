// SPDX-License-Identifier: Apache-2.0
// Who and what is in the organization at a given time, as the lists name it: workspaces that are
// renamed, tagged anew and archived, keys that are made and expire, people who come and go.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "organization.hpp"

namespace anthropic_metrics::simulator {

struct WorkspaceEntry {
  std::string id;
  std::string name;
  Instant created_at;
  std::optional<Instant> archived_at;  ///< never later than the time of the list
  std::string display_color;
  std::string default_inference_geo;
  std::vector<std::string> allowed_inference_geos;  ///< empty: the text `unrestricted`
  std::vector<std::pair<std::string, std::string>> tags;
  bool is_default = false;
};

struct KeyEntry {
  std::string id;
  std::string name;
  std::string_view status;
  Instant created_at;
  std::optional<Instant> expires_at;
  std::string created_by_id;  ///< empty: null
  std::string_view created_by_type;
  std::string principal_id;  ///< empty: null
  std::string_view principal_type;
  std::optional<std::size_t> workspace;  ///< nothing: the whole organization
};

struct UserEntry {
  std::string id;
  std::string email;
  std::string name;
  std::string_view role;
  Instant added_at;
};

struct ServiceAccountEntry {
  std::string id;
  std::string name;
  std::string description;  ///< empty: null
  std::string_view role;
  Instant created_at;
  std::optional<Instant> archived_at;
};

/// Changes happen at midnight and noon UTC only, so that a list says the same for half a day. All
/// four need the data options only. Entries come in the order in which they were made; the default
/// workspace is the first.
std::vector<WorkspaceEntry> workspaces_at(const Options& options, const Organization& organization,
                                          Instant now);
std::vector<KeyEntry> keys_at(const Options& options, const Organization& organization,
                              Instant now);
std::vector<UserEntry> users_at(const Options& options, Instant now);
std::vector<ServiceAccountEntry> service_accounts_at(const Options& options, Instant now);

/// Of anybody who ever was a member, as reports still name them.
UserEntry person(const Options& options, std::uint64_t number, Instant now);

/// How often something that is known by `key` has changed up to `now`; the time of the last change.
struct Changes {
  std::uint64_t count = 0;
  Instant last;
};
Changes changes_of(const Options& options, std::uint64_t key, Instant now);

}  // namespace anthropic_metrics::simulator
