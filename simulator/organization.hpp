// SPDX-License-Identifier: Apache-2.0
// Who uses Claude in the simulated organization: workspaces, API keys, people, services, and the
// leaves, which are the finest combinations of dimensions that have usage.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace anthropic_metrics::simulator {

/// What `group_by[]` may name, in alphabetical order, which is also the order of rows.
enum class Dimension : std::size_t {
  account_id,
  api_key_id,
  context_window,
  inference_geo,
  model,
  service_account_id,
  service_tier,
  speed,
  workspace_id,
};
inline constexpr std::size_t dimension_count = 9;
inline constexpr std::array<std::string_view, dimension_count> dimension_names{
    "account_id",         "api_key_id",   "context_window", "inference_geo", "model",
    "service_account_id", "service_tier", "speed",          "workspace_id"};

using DimensionSet = std::bitset<dimension_count>;
constexpr std::size_t index(Dimension dimension) {
  return static_cast<std::size_t>(dimension);
}
std::optional<Dimension> dimension_by_name(std::string_view name);

/// One value per dimension, as an index into `Organization::values`; 0 is null.
using Tuple = std::array<std::uint16_t, dimension_count>;

struct Workspace {
  std::string id;
  std::string name;
  Instant created_at;
  std::optional<Instant> archived_at;
};

struct ApiKey {
  std::string id;
  std::string name;
  std::size_t workspace = 0;  ///< into `workspaces`; 0 is the default workspace
  Instant created_at;
  std::string_view status;  ///< active, inactive, archived or expired
};

struct Model {
  std::string_view id;
  std::string_view name;
  std::string_view group;         ///< into which group of rate limits it falls
  std::int64_t input_price = 0;   ///< list price, 10^-9 cents per token
  std::int64_t output_price = 0;  ///< list price, 10^-9 cents per token
  bool geographic = true;         ///< newer than the geo parameter; else its geo is `not_available`
};
const std::vector<Model>& models();

/// A source of usage: where its rows go, and how much it uses.
struct Leaf {
  std::uint64_t key = 0;  ///< its own seed
  Tuple dimensions{};
  Tuple provisional{};  ///< where rows that later vanish are reported first: under the default
                        ///< workspace
  std::array<std::int64_t, 5> tokens_per_minute{};  ///< at the peak of the day
  std::uint32_t web_search_rate = 0;                ///< active minutes with a search, of 16384
  bool nightly = false;                             ///< batches run when people sleep
};

/// Identifiers look like the real ones: a prefix, `01`, then letters and digits.
std::string make_id(std::string_view prefix, std::uint64_t random);
std::string make_uuid(std::uint64_t random);

/// People and service accounts are numbered; the first three of each are those with usage.
std::string person_id(const Options& options, std::uint64_t number);
std::string service_account_id(const Options& options, std::uint64_t number);
inline constexpr std::uint64_t callers = 3;

/// Immutable after construction. Needs only `seed`, `groups`, `workspaces`, `keys_per_workspace`
/// and `history_start` of the options. Workspaces and keys are as they began; directory_data.hpp
/// says what became of them.
struct Organization {
  explicit Organization(const Options& options);

  std::string id;  ///< UUID
  std::string name;
  std::vector<Workspace> workspaces;  ///< [0] is the default one, which reports show as null
  std::vector<ApiKey> api_keys;
  std::vector<Leaf> leaves;
  /// The texts behind a `Tuple`; `values[d][0]` is empty and means null.
  std::array<std::vector<std::string>, dimension_count> values;

  std::string_view value(Dimension dimension, std::uint16_t number) const {
    return values[index(dimension)][number];
  }
};

}  // namespace anthropic_metrics::simulator
