// SPDX-License-Identifier: Apache-2.0
#include "rate_limit_data.hpp"

#include <algorithm>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

/// Groups that do not belong to a model. `batch` has neither `id` nor `group`, as older answers had
/// it.
std::vector<RateLimit> category_groups() {
  return {
      {"",
       "batch",
       "",
       "",
       {},
       {{"requests_per_minute", 2000, {}, false}, {"enqueued_batch_requests", 250000, {}, false}}},
      {"rl_token_count",
       "token_count",
       "rlg_01SimulatedTokenCount00001",
       "",
       {},
       {{"requests_per_minute", 4000, {}, false}}},
      {"rl_files",
       "files",
       "rlg_01SimulatedFiles0000000001",
       "",
       {},
       {{"requests_per_minute", 1000, {}, false}}},
      {"rl_web_search",
       "web_search",
       "rlg_01SimulatedWebSearch000001",
       "",
       {},
       {{"tool_uses_per_second", 25, {}, false}, {"simulated_future_limiter", 7, {}, false}}},
  };
}

RateLimit model_group(std::string_view name, std::size_t position) {
  RateLimit group;
  group.group_type = "model_group";
  // The last model group omits what newer answers added.
  for (const Model& model : models()) {
    if (model.group != name) continue;
    group.models.emplace_back(model.id);
    if (model.id.find("-20") == std::string_view::npos)
      group.models.push_back(std::string(model.id) + "-latest");
  }
  if (name != "Claude Opus 4.x") {
    group.id = "rl_model_group_" + std::to_string(position);
    group.group_id = "rlg_01SimulatedModelGroup00000" + std::to_string(position);
    group.display_name = name;
  }
  const std::int64_t size = name.find("Haiku") != std::string_view::npos ? 2 : 1;
  group.limits = {
      {"requests_per_minute", 4000 * size, {}, false},
      {position % 2 == 0 ? "input_tokens_per_minute_cache_aware" : "input_tokens_per_minute",
       2'000'000 * size,
       {},
       false},
      {"output_tokens_per_minute", 400'000 * size, {}, false}};
  return group;
}

/// A different value for this half day, with the configured probability.
void vary(const Options& options, std::size_t group, Instant as_of, RateLimit& limit) {
  const auto half_day = static_cast<std::uint64_t>(as_of.time_since_epoch() / hours{12});
  const std::uint64_t random = hash(options.seed, Purpose::limit, group, half_day);
  if (random >= threshold(options.limit_change_rate)) return;
  Limiter& limiter = limit.limits[pick(mix(random), limit.limits.size())];
  limiter.value = pick(mix(random + 1), 2) == 0 ? limiter.value * 2 : limiter.value / 2;
}

}  // namespace

std::vector<RateLimit> organization_rate_limits(const Options& options, Instant as_of) {
  std::vector<std::string_view> names;
  for (const Model& model : models()) {
    if (std::find(names.begin(), names.end(), model.group) == names.end())
      names.push_back(model.group);
  }
  std::vector<RateLimit> limits;
  for (std::size_t i = 0; i < names.size(); ++i) limits.push_back(model_group(names[i], i));
  for (RateLimit& group : category_groups()) limits.push_back(std::move(group));
  for (std::size_t i = 0; i < limits.size(); ++i) vary(options, i, as_of, limits[i]);
  return limits;
}

std::vector<RateLimit> workspace_rate_limits(const Options& options, std::size_t workspace,
                                             Instant as_of, bool include_inherited) {
  std::vector<RateLimit> result;
  std::size_t position = 0;
  for (RateLimit& group : organization_rate_limits(options, as_of)) {
    const std::uint64_t random = hash(options.seed, Purpose::override_limit, workspace, position++);
    const bool overridden = workspace != 0 && pick(random, 3) == 0;
    for (Limiter& limiter : group.limits) {
      limiter.organization_value = limiter.value;
      limiter.inherited = !(overridden && limiter.type == "requests_per_minute");
      if (limiter.inherited) continue;
      const bool without_effect = pick(mix(random), 4) == 0;
      limiter.value =
          without_effect ? limiter.value * 2 : std::max<std::int64_t>(limiter.value / 8, 1);
    }
    // Applies beside the organization's limit that is aware of the cache.
    if (overridden && group.group_type == "model_group" && pick(mix(random + 1), 2) == 0 &&
        std::none_of(group.limits.begin(), group.limits.end(),
                     [](const Limiter& l) { return l.type == "input_tokens_per_minute"; })) {
      group.limits.push_back({"input_tokens_per_minute", 900'000, std::nullopt, false});
    }
    if (overridden && group.group_type == "token_count") {
      group.limits.push_back({"tokens_per_day", 5'000'000, std::nullopt, false});
    }
    if (!include_inherited)
      std::erase_if(group.limits, [](const Limiter& l) { return l.inherited; });
    if (!group.limits.empty()) result.push_back(std::move(group));
  }
  return result;
}

}  // namespace anthropic_metrics::simulator
