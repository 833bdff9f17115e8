// SPDX-License-Identifier: Apache-2.0
#include "organization.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

int keys_per_workspace(const Options& options) {
  return std::max(options.keys_per_workspace, 2);
}

}  // namespace

std::string make_id(std::string_view prefix, std::uint64_t random) {
  static constexpr std::string_view alphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::string id(prefix);
  id += "01";
  std::uint64_t state = random;
  for (int i = 0; i < 22; ++i) {
    id.push_back(alphabet[pick(state, alphabet.size())]);
    state = mix(state);
  }
  return id;
}

std::string make_uuid(std::uint64_t random) {
  const std::uint64_t high = random;
  const std::uint64_t low = mix(random);
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%08llx-%04llx-4%03llx-8%03llx-%012llx",
                                 static_cast<unsigned long long>(high >> 32),
                                 static_cast<unsigned long long>((high >> 16) & 0xffff),
                                 static_cast<unsigned long long>(high & 0xfff),
                                 static_cast<unsigned long long>(low >> 52),
                                 static_cast<unsigned long long>(low & 0xffffffffffff));
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string person_id(const Options& options, std::uint64_t number) {
  return make_id("user_", hash(options.seed, Purpose::account, number));
}

std::string service_account_id(const Options& options, std::uint64_t number) {
  return make_id("svac_", hash(options.seed, Purpose::service_account, number));
}

namespace {

std::vector<Workspace> make_workspaces(const Options& options) {
  static constexpr std::array names{"Default", "Production",    "Research",
                                    "Support", "Data Platform", "Sandbox"};
  const std::size_t count =
      options.workspaces > 0
          ? std::max(static_cast<std::size_t>(options.workspaces) + 1, names.size())
          : names.size() + static_cast<std::size_t>(std::max(options.groups, 0)) / 40;
  std::vector<Workspace> workspaces;
  for (std::size_t i = 0; i < count; ++i) {
    Workspace workspace;
    workspace.id = make_id("wrkspc_", hash(options.seed, Purpose::workspace, i));
    workspace.name = i < names.size() ? names.at(i) : "Team " + std::to_string(i);
    workspace.created_at = options.history_start + std::chrono::days{i};
    if (workspace.name == "Sandbox")
      workspace.archived_at = options.history_start + std::chrono::days{500};
    workspaces.push_back(std::move(workspace));
  }
  return workspaces;
}

/// Two keys for each workspace, or more; the second of one workspace is no longer active.
std::vector<ApiKey> make_keys(const Options& options, const std::vector<Workspace>& workspaces) {
  std::vector<ApiKey> keys;
  for (std::size_t w = 0; w < workspaces.size(); ++w) {
    for (int n = 1; n <= keys_per_workspace(options); ++n) {
      ApiKey key;
      key.id = make_id("apikey_", hash(options.seed, Purpose::api_key, w, n));
      key.name = workspaces[w].name + (n == 1   ? " service"
                                       : n == 2 ? " jobs"
                                                : " job " + std::to_string(n));
      key.workspace = w;
      key.created_at = workspaces[w].created_at + std::chrono::hours{n};
      key.status =
          workspaces[w].archived_at ? "archived" : (n == 2 && w == 2 ? "inactive" : "active");
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

/// Chooses leaves: distinct combinations of model, workspace, tier and geo, in an order given by
/// the seed.
class Planter {
 public:
  Planter(const Options& options, Organization& organization)
      : options_(options), organization_(organization) {}

  void plant() {
    for (std::size_t d = 0; d < dimension_count; ++d) organization_.values[d].assign(1, "");
    const int wanted = std::max(options_.groups, 1);
    std::set<Tuple> taken;
    for (std::uint64_t attempt = 0; std::cmp_less(taken.size(), wanted) && attempt < 1'000'000;
         ++attempt) {
      Tuple group = choose_group(taken.size(), hash(options_.seed, Purpose::leaf, attempt));
      if (!taken.insert(group).second) continue;
      add_leaf(group, 0);
      if (taken.size() % 4 == 0) add_leaf(group, 1);
    }
  }

 private:
  const ApiKey& key_of(std::size_t workspace, std::uint64_t variant) const {
    return organization_
        .api_keys[workspace * static_cast<std::size_t>(keys_per_workspace(options_)) + variant];
  }

  std::uint16_t number(Dimension dimension, std::string_view value) {
    auto& values = organization_.values[index(dimension)];
    if (value.empty()) return 0;
    const auto found = std::find(values.begin(), values.end(), value);
    if (found != values.end()) return static_cast<std::uint16_t>(found - values.begin());
    values.emplace_back(value);
    return static_cast<std::uint16_t>(values.size() - 1);
  }

  /// The first few are fixed, so that even a small organization has a null workspace, an archived
  /// one, batches, priority tier and a model older than geos.
  Tuple choose_group(std::size_t position, std::uint64_t random) {
    struct Fixed {
      std::size_t model, workspace;
      std::string_view tier, geo;
    };
    static constexpr std::array fixed{
        Fixed{1, 1, "standard", "global"}, Fixed{0, 0, "standard", "global"},
        Fixed{1, 1, "batch", "us"},        Fixed{2, 3, "standard", "global"},
        Fixed{0, 2, "priority", "us"},     Fixed{4, 5, "standard", "not_available"}};
    static constexpr std::array<std::string_view, 3> tiers{"standard", "batch", "priority"};
    std::size_t model = pick(random, models().size());
    std::size_t workspace = pick(mix(random + 1), organization_.workspaces.size());
    std::string_view tier = tiers.at(pick(mix(random + 2), tiers.size()));
    std::string_view geo = pick(mix(random + 3), 2) == 0 ? "global" : "us";
    if (position < fixed.size()) {
      const Fixed& choice = fixed.at(position);
      model = choice.model, workspace = choice.workspace, tier = choice.tier, geo = choice.geo;
    }
    if (!models()[model].geographic) geo = "not_available";
    Tuple group{};
    group[index(Dimension::model)] = number(Dimension::model, models()[model].id);
    group[index(Dimension::service_tier)] = number(Dimension::service_tier, tier);
    group[index(Dimension::inference_geo)] = number(Dimension::inference_geo, geo);
    // Workspaces keep their own numbers: all of them exist, used or not.
    auto& values = organization_.values[index(Dimension::workspace_id)];
    while (values.size() < organization_.workspaces.size())
      values.push_back(organization_.workspaces[values.size()].id);
    group[index(Dimension::workspace_id)] = static_cast<std::uint16_t>(workspace);
    return group;
  }

  void add_leaf(const Tuple& group, std::uint64_t variant) {
    const std::size_t position = organization_.leaves.size();
    Leaf leaf;
    leaf.key = hash(options_.seed, Purpose::leaf, position, variant, 77);
    leaf.dimensions = group;
    const std::size_t workspace = group[index(Dimension::workspace_id)];
    const bool batch = organization_.value(Dimension::service_tier,
                                           group[index(Dimension::service_tier)]) == "batch";
    // The second leaf is the Console; service accounts and people alternate among the rest.
    const bool console = position == 1;
    auto set = [&](Dimension dimension, std::string_view value) {
      leaf.dimensions[index(dimension)] = number(dimension, value);
    };
    if (!console) set(Dimension::api_key_id, key_of(workspace, variant).id);
    set(Dimension::context_window, variant == 1 || position == 4 ? "200k-1M" : "0-200k");
    set(Dimension::speed, !batch && pick(mix(leaf.key + 1), 8) == 0 ? "fast" : "standard");
    const std::uint64_t caller = pick(mix(leaf.key + 2), 4);
    const std::uint64_t who = pick(mix(leaf.key + 3), 3);
    if (console || caller == 0) set(Dimension::account_id, person_id(options_, who));
    if (!console && caller == 1) {
      set(Dimension::service_account_id, service_account_id(options_, who));
    }
    leaf.provisional = leaf.dimensions;
    leaf.provisional[index(Dimension::workspace_id)] = 0;
    // Sizes spread over three orders of magnitude; the first leaf passes 2^31 cached tokens a day.
    const std::int64_t scale = position == 0 ? 40'000 : 60 << pick(mix(leaf.key + 4), 9);
    leaf.tokens_per_minute = {scale * 6, scale * 190, scale * 2,
                              pick(mix(leaf.key + 5), 3) == 0 ? scale : 0, scale * 2};
    leaf.web_search_rate = pick(mix(leaf.key + 6), 2) == 0 ? 0 : 1500;
    leaf.nightly = batch;
    organization_.leaves.push_back(leaf);
  }

  const Options& options_;
  Organization& organization_;
};

}  // namespace

std::optional<Dimension> dimension_by_name(std::string_view name) {
  const auto found = std::find(dimension_names.begin(), dimension_names.end(), name);
  if (found == dimension_names.end()) return std::nullopt;
  return static_cast<Dimension>(found - dimension_names.begin());
}

const std::vector<Model>& models() {
  // 300000 is $3 per million tokens: 0.0003 cents, in 10^-9 cents.
  static const std::vector<Model> table{
      {"claude-opus-5", "Claude Opus 5", "Claude Opus 5.x", 500'000, 2'500'000, true},
      {"claude-sonnet-5", "Claude Sonnet 5", "Claude Sonnet 5.x", 300'000, 1'500'000, true},
      {"claude-haiku-5", "Claude Haiku 5", "Claude Haiku 5.x", 100'000, 500'000, true},
      {"claude-sonnet-4-6", "Claude Sonnet 4.6", "Claude Sonnet 4.x", 300'000, 1'500'000, true},
      {"claude-haiku-4-5-20251001", "Claude Haiku 4.5", "Claude Haiku 4.5", 100'000, 500'000,
       false},
      {"claude-opus-4-6", "Claude Opus 4.6", "Claude Opus 4.x", 500'000, 2'500'000, true},
      {"claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "Claude Sonnet 4.x", 300'000, 1'500'000,
       false},
  };
  return table;
}

Organization::Organization(const Options& options)
    : id(make_uuid(hash(options.seed, Purpose::organization))),
      name("Simulated Organization " + std::to_string(options.seed)),
      workspaces(make_workspaces(options)),
      api_keys(make_keys(options, workspaces)) {
  Planter(options, *this).plant();
}

}  // namespace anthropic_metrics::simulator
