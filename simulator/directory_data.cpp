// SPDX-License-Identifier: Apache-2.0
#include "directory_data.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

constexpr Instant keys_got_principals = sys_days{year{2026} / 8 / 27};
constexpr days key_every{9};
constexpr days person_every{40};
constexpr std::uint64_t first_people = 8;

/// The half day that `random` chooses within a span of so many days.
Instant half_day(Instant begin, std::uint64_t random, std::uint64_t span_days) {
  return floor<days>(begin) + hours{12} * static_cast<int>(pick(random, 2 * span_days));
}

std::string changed_name(const std::string& name, std::uint64_t key, const Changes& changes) {
  static constexpr std::array suffixes{"EU",   "Two",          "Legacy",       "Next",
                                       "Blue", "O'Hara \"Q\"", "Z\xc3\xbcrich"};
  if (changes.count == 0) return name;
  return name + " " + suffixes.at(pick(hash(key, Purpose::change, changes.count), suffixes.size()));
}

std::vector<std::pair<std::string, std::string>> tags_of(std::uint64_t key, std::uint64_t count) {
  static constexpr std::array teams{"payments", "search", "support", "growth"};
  const std::uint64_t random = hash(key, Purpose::tags);
  if (pick(random, 4) == 0) return {};
  // Every second change moves the team to another cost centre.
  return {{"cost_center", std::to_string(4000 + pick(hash(random, count / 2), 900))},
          {"team", teams.at(pick(mix(random), teams.size()))}};
}

WorkspaceEntry workspace_at(const Options& options, const Workspace& workspace, std::size_t number,
                            Instant now) {
  static constexpr std::array colors{"#6C5BB9", "#336699", "#AA5500", "#227744"};
  const std::uint64_t key = hash(options.seed, Purpose::workspace, number, 1);
  WorkspaceEntry entry;
  entry.id = workspace.id;
  entry.created_at = workspace.created_at;
  entry.is_default = number == 0;
  if (workspace.archived_at && *workspace.archived_at <= now)
    entry.archived_at = workspace.archived_at;
  // What is archived no longer changes, and the default workspace keeps its name.
  const Changes changes = changes_of(options, key, entry.archived_at.value_or(now));
  entry.name = number == 0 ? workspace.name : changed_name(workspace.name, key, changes);
  entry.display_color = colors.at(pick(key, colors.size()));
  entry.default_inference_geo = pick(mix(key), 4) == 0 ? "us" : "global";
  if (pick(mix(key + 1), 3) == 0) {
    entry.allowed_inference_geos = {"us"};
    if (entry.default_inference_geo == "global") entry.allowed_inference_geos = {"global", "us"};
  }
  entry.tags = tags_of(key, changes.count);
  return entry;
}

/// Who made a key: a person, a service account, or nobody known.
void set_creator(const Options& options, std::uint64_t key, KeyEntry& entry) {
  const std::uint64_t random = hash(key, Purpose::creator);
  const std::uint64_t who = pick(mix(random), callers);
  if (pick(random, 3) == 0) return;
  const bool user = pick(random, 3) == 1;
  entry.created_by_id = user ? person_id(options, who) : service_account_id(options, who);
  entry.created_by_type = user ? "user" : "service_account";
}

/// A key that is made in the course of time, and ends: expired, archived or deactivated.
std::optional<KeyEntry> dated_key(const Options& options, const Organization& organization,
                                  std::uint64_t number, Instant now) {
  const std::uint64_t key = hash(options.seed, Purpose::dated_key, number);
  KeyEntry entry;
  entry.created_at = half_day(options.history_start + key_every * static_cast<int>(number), key, 9);
  if (entry.created_at > now) return std::nullopt;
  entry.id = make_id("apikey_", key);
  entry.name = "temporary " + std::to_string(number);
  entry.status = "active";
  entry.workspace = pick(mix(key), organization.workspaces.size());
  if (pick(mix(key + 1), 3) != 0) {
    entry.expires_at = half_day(entry.created_at, mix(key + 2), 60) + days{7};
    if (*entry.expires_at <= now) entry.status = "expired";
  } else if (half_day(entry.created_at, mix(key + 3), 90) + days{7} <= now) {
    entry.status = pick(mix(key + 4), 2) == 0 ? "archived" : "inactive";
  }
  if (entry.created_at >= keys_got_principals && pick(mix(key + 5), 3) != 0) {
    const bool user = pick(mix(key + 6), 2) == 0;
    const std::uint64_t who = pick(mix(key + 7), callers);
    entry.principal_id = user ? person_id(options, who) : service_account_id(options, who);
    entry.principal_type = user ? "user_actor" : "service_account_actor";
    if (pick(mix(key + 8), 2) == 0) entry.workspace.reset();
  }
  set_creator(options, key, entry);
  return entry;
}

/// When somebody of the later ones comes, and goes.
Instant comes_at(const Options& options, std::uint64_t number) {
  if (number < first_people) return options.history_start;
  const auto turn = static_cast<int>(number - first_people);
  return half_day(options.history_start + person_every * turn,
                  hash(options.seed, Purpose::person, number), 30);
}

bool gone(const Options& options, std::uint64_t number, Instant now) {
  if (options.directory_change_rate <= 0 || number < first_people - 1) return false;
  const Instant comes = comes_at(options, number);
  return half_day(comes, hash(options.seed, Purpose::person, number, 1), 200) + days{30} <= now;
}

}  // namespace

Changes changes_of(const Options& options, std::uint64_t key, Instant now) {
  Changes changes{0, options.history_start};
  const std::uint64_t limit = threshold(options.directory_change_rate);
  if (limit == 0) return changes;
  for (Instant week = floor<days>(options.history_start); week <= now; week += days{7}) {
    const auto number = static_cast<std::uint64_t>(week.time_since_epoch().count());
    const std::uint64_t random = hash(key, Purpose::change, number);
    if (random >= limit) continue;
    const Instant at = half_day(week, mix(random), 7);
    if (at > now) continue;
    ++changes.count;
    changes.last = at;
  }
  return changes;
}

std::vector<WorkspaceEntry> workspaces_at(const Options& options, const Organization& organization,
                                          Instant now) {
  std::vector<WorkspaceEntry> entries;
  for (std::size_t i = 0; i < organization.workspaces.size(); ++i) {
    if (organization.workspaces[i].created_at <= now || i == 0)
      entries.push_back(workspace_at(options, organization.workspaces[i], i, now));
  }
  return entries;
}

std::vector<KeyEntry> keys_at(const Options& options, const Organization& organization,
                              Instant now) {
  std::vector<KeyEntry> entries;
  for (std::size_t i = 0; i < organization.api_keys.size(); ++i) {
    const ApiKey& base = organization.api_keys[i];
    if (base.created_at > now) continue;
    const std::uint64_t key = hash(options.seed, Purpose::api_key, i, 1, 1);
    KeyEntry entry;
    entry.id = base.id;
    entry.name = changed_name(base.name, key, changes_of(options, key, now));
    const auto& archived_at = organization.workspaces[base.workspace].archived_at;
    const bool still_live = base.status == "archived" && archived_at && *archived_at > now;
    entry.status = still_live ? std::string_view("active") : base.status;
    entry.created_at = base.created_at;
    entry.workspace = base.workspace;
    set_creator(options, key, entry);
    entries.push_back(std::move(entry));
  }
  if (options.directory_change_rate <= 0) return entries;
  const auto turns = static_cast<std::uint64_t>(
      std::max<std::int64_t>((now - options.history_start) / key_every + 1, 0));
  for (std::uint64_t number = 0; number < turns; ++number) {
    if (auto entry = dated_key(options, organization, number, now))
      entries.push_back(std::move(*entry));
  }
  return entries;
}

UserEntry person(const Options& options, std::uint64_t number, Instant now) {
  static constexpr std::array first{"Ann", "Bob", "Cleo", "Dora", "Emil", "Frida", "Gus", "Hana"};
  static constexpr std::array last{"Example", "Sample", "Muster"};
  static constexpr std::array<std::string_view, 5> roles{"developer", "admin", "billing",
                                                         "claude_code_user", "user"};
  static constexpr std::array<std::string_view, 4> enterprise_roles{"managed", "membership_admin",
                                                                    "owner", "primary_owner"};
  const std::uint64_t key = hash(options.seed, Purpose::person, number, 2);
  const Changes changes = changes_of(options, key, now);
  UserEntry entry;
  entry.id = person_id(options, number);
  std::string given = first.at(number % first.size());
  if (number >= first.size()) given += std::to_string(number);
  // A change is a new family name; the e-mail stays.
  entry.name = given + " " + last.at(pick(key + changes.count, last.size()));
  for (char& letter : given) letter = static_cast<char>(std::tolower(letter));
  entry.email = given + "@example.org";
  entry.role = options.kind == OrganizationKind::enterprise
                   ? enterprise_roles.at(pick(mix(key), enterprise_roles.size()))
                   : roles.at(number % roles.size());
  entry.added_at = comes_at(options, number);
  return entry;
}

std::vector<UserEntry> users_at(const Options& options, Instant now) {
  std::vector<UserEntry> entries;
  std::uint64_t count = first_people;
  if (options.directory_change_rate > 0 && now > options.history_start)
    count += static_cast<std::uint64_t>((now - options.history_start) / person_every) + 1;
  for (std::uint64_t number = 0; number < count; ++number) {
    UserEntry entry = person(options, number, now);
    if (entry.added_at <= now && !gone(options, number, now)) entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<ServiceAccountEntry> service_accounts_at(const Options& options, Instant now) {
  static constexpr std::array names{"deploy-bot", "nightly-evals", "data-sync", "old-importer"};
  std::vector<ServiceAccountEntry> entries;
  for (std::uint64_t number = 0; number < names.size(); ++number) {
    const Instant created = options.history_start + days{2 * number};
    if (created > now) continue;
    ServiceAccountEntry entry;
    entry.id = service_account_id(options, number);
    entry.name = names.at(number);
    if (number % 2 == 0) entry.description = "Runs " + entry.name;
    entry.role = number == 1 ? "admin" : "developer";
    entry.created_at = created;
    if (const Instant end = created + days{300}; number + 1 == names.size() && end <= now)
      entry.archived_at = end;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace anthropic_metrics::simulator
