// SPDX-License-Identifier: Apache-2.0
// Everything that decides what the simulated organization looks like and how its API behaves. All
// data are a pure function of these options and the virtual time, so that another process can
// recompute them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "time.hpp"

namespace anthropic_metrics::simulator {

/// The key that is accepted unless another one is set. It is not a secret: it opens nothing but a
/// simulator. Nor are the other two.
inline constexpr const char* default_admin_key = "sk-ant-admin01-simulator";

inline constexpr const char* default_oauth_token = "sk-ant-oat01-simulator";
inline constexpr const char* default_enterprise_key = "sk-ant-api01-simulator";

/// What an organization is decides which endpoints it is offered; the others are a 400 with
/// `organization_type_not_supported`. `any` is offered everything, as no real one is: for tests
/// that want every stream.
enum class OrganizationKind { console, enterprise, any };

/// Shared by the server, the truth and the check. Two runs with equal `seed`, `groups`,
/// `workspaces`, `keys_per_workspace`, `kind`, `parent`, `activity`, `history_start`, rates and
/// delays hold the same data; the rest changes only how they are served.
struct Options {
  std::uint64_t seed = 1;

  /// Virtual time at the start, and how fast it runs: virtual seconds per real second; 0 stands
  /// still and moves only by `Simulator::advance`. The defaults suit tests; the binary's are "now"
  /// and 1.
  Instant epoch = std::chrono::sys_days{std::chrono::year{2026} / 11 / 4} + std::chrono::hours{12};
  double speed = 0;

  /// Rows of a busy bucket when grouped by model, workspace, tier and geo. Every fourth consists of
  /// two leaves (two keys, two context windows), so that finer groupings have more rows.
  int groups = 24;

  /// Workspaces beside the default one, at least 5, of which one is archived; 0: 5, and one more
  /// for every 40 groups. And API keys in each of them, at least 2, beside those that come and go.
  int workspaces = 0;
  int keys_per_workspace = 2;

  OrganizationKind kind = OrganizationKind::console;
  /// Has child organizations, which analytics reports may be grouped by.
  bool parent = false;
  /// Data of readiness for HIPAA: the analytics reports of usage and cost are refused.
  bool hipaa = false;
  /// Console organizations read spend limits only if the account team let them.
  bool spend_limits = true;

  /// Part of the weeks in which a workspace, key, person or spend limit changes: names, tags,
  /// amounts. Unless it is 0, keys are made and expire, and people come and go.
  double directory_change_rate = 0.05;

  /// How often the analytics reports are refreshed; pages of the state before are then gone (410).
  /// And the part of leaves and hours that they revise up to 29 days later.
  std::chrono::seconds analytics_refresh = std::chrono::hours{1};
  double revision_rate = 0.02;
  /// Whether the analytics watermark is now and then null, stays, or goes back; else it only moves.
  bool odd_watermark = true;

  /// Part of the minutes in which a leaf has usage at all, before daily and weekly cycles scale the
  /// amounts. Now and then the whole organization is quiet for an hour or a day, so that there are
  /// empty buckets; at 1 it never is, and every leaf has usage in every minute.
  double activity = 0.8;

  /// There is no usage before this.
  Instant history_start = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};

  /// Probability, per leaf and minute, that part of the tokens becomes visible only later: from one
  /// minute to `late_within` after the minute ended, the short delays being the more frequent.
  double late_rate = 0.05;
  std::chrono::seconds late_within = std::chrono::hours{6};

  /// Probability, per leaf and hour, that the hour is restated (up or down by up to 20 %) between
  /// one hour and `restate_within` after it ended; and per leaf and day that its price is
  /// corrected.
  double restate_rate = 0.01;
  std::chrono::seconds restate_within = std::chrono::hours{48};

  /// Probability, per leaf and hour, that the row vanishes within `restate_within`: three times out
  /// of four it was reported under the default workspace and moves to its real one, else it
  /// disappears.
  double vanish_rate = 0.005;

  /// Probability, per group of limits and virtual half day, that a rate limit differs from its
  /// usual value.
  double limit_change_rate = 0.1;

  /// Whether the bucket in progress is returned when `ending_at` lies inside or after it, or is
  /// left out. The documentation does not say; a client must live with both.
  bool open_bucket = false;

  /// Whether buckets that begin in the future are returned, empty, when `ending_at` lies after
  /// them, and the one in progress with them.
  bool future_buckets = false;

  /// At most so many buckets of a report come in a page, whatever limit is asked for. 0: as many.
  int page_buckets = 0;

  /// How far back reports are kept; older buckets are left out of answers. 0: for ever.
  std::chrono::seconds kept{0};

  std::string admin_key = default_admin_key;
  /// A bearer token with `org:admin`, and an Enterprise key with the scopes it was made with.
  std::string oauth_token = default_oauth_token;
  std::string enterprise_key = default_enterprise_key;
  std::vector<std::string> enterprise_scopes{"read:analytics", "read:spend_limits", "read:members"};

  /// Probability that a request is answered with a fault chosen by the seed, see faults.hpp.
  double fault_rate = 0;

  /// Real time added to each answer, and how bodies are framed.
  std::chrono::milliseconds latency{0};
  bool chunked = false;
};

}  // namespace anthropic_metrics::simulator
