// SPDX-License-Identifier: Apache-2.0
#include "cost_data.hpp"

#include <algorithm>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

constexpr std::int64_t billion = 1'000'000'000;

struct TokenType {
  Counter counter;
  std::string_view type;
  std::string_view label;
  bool is_output;
  std::int64_t percent;  ///< of the input or output price
};

constexpr std::array<TokenType, 5> token_types{
    TokenType{uncached_input, "uncached_input_tokens", "Input Tokens", false, 100},
    TokenType{cache_read, "cache_read_input_tokens", "Input Tokens, Cache Read", false, 10},
    TokenType{cache_write_5m, "cache_creation.ephemeral_5m_input_tokens",
              "Input Tokens, Cache Write 5m", false, 125},
    TokenType{cache_write_1h, "cache_creation.ephemeral_1h_input_tokens",
              "Input Tokens, Cache Write 1h", false, 200},
    TokenType{output, "output_tokens", "Output Tokens", true, 100}};

/// 10^-9 cents per token, before the organization's discount. Always a whole number.
std::int64_t list_price(const Model& model, const TokenType& type, bool batch, bool long_context,
                        bool us) {
  std::int64_t price =
      (type.is_output ? model.output_price : model.input_price) * type.percent / 100;
  if (long_context) price *= 2;
  if (batch) price /= 2;
  if (us) price = price * 11 / 10;
  return price;
}

/// Services that usage does not show: 1.25 cents a quarter hour, 8 cents a session hour.
constexpr Int128 cent = Int128{billion} * billion;
constexpr Int128 code_execution_quarter = cent * 5 / 4;
constexpr Int128 session_hour = cent * 8;

}  // namespace

CostData::CostData(const Options& options, const Organization& organization, const UsageData& usage)
    : options_(options), organization_(organization), usage_(usage) {}

/// What the organization pays of the list price, in billionths: a discount with many digits, which
/// makes amounts longer than a double can hold, and which is corrected after the fact for some
/// leaves and days.
std::int64_t CostData::paid_share(const Leaf& leaf, Instant day, Instant as_of) const {
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  std::int64_t share = 960'000'001 + static_cast<std::int64_t>(
                                         pick(hash(options_.seed, Purpose::discount), 39'999'999));
  const std::uint64_t random = hash(leaf.key, Purpose::price_correction, number);
  if (random < threshold(options_.restate_rate)) {
    const auto within =
        static_cast<std::uint64_t>(std::max<std::int64_t>(options_.restate_within.count(), 1));
    const Instant corrected_at =
        day + days{1} + seconds{static_cast<std::int64_t>(pick(mix(random), within))};
    if (as_of >= corrected_at)
      share += static_cast<std::int64_t>(pick(mix(random + 1), 20'000'001)) - 10'000'000;
  }
  return share;
}

void CostData::add_tokens(std::size_t leaf_number, Instant day, Instant as_of,
                          CostRows& rows) const {
  const Leaf& leaf = organization_.leaves[leaf_number];
  auto text = [&](Dimension dimension) {
    return std::string(organization_.value(dimension, leaf.dimensions[index(dimension)]));
  };
  CostKey key;
  key.service_tier = text(Dimension::service_tier);
  if (key.service_tier == "priority") return;  // billed by commitment, never reported here
  key.model = text(Dimension::model);
  key.context_window = text(Dimension::context_window);
  key.inference_geo = text(Dimension::inference_geo);
  const auto model = std::find_if(models().begin(), models().end(),
                                  [&](const Model& m) { return m.id == key.model; });
  if (model == models().end()) return;

  const LeafUsage usage = usage_.leaf_usage(leaf_number, day, day + days{1}, as_of);
  const std::int64_t share = paid_share(leaf, day, as_of);
  auto add_rows = [&](const Counters& counters, const std::string& workspace) {
    key.workspace_id = workspace;
    for (const TokenType& type : token_types) {
      if (counters[type.counter] == 0) continue;
      key.cost_type = "tokens";
      key.token_type = type.type;
      key.description = std::string(model->name) + " Usage - " + std::string(type.label);
      const std::int64_t price =
          list_price(*model, type, key.service_tier == "batch", key.context_window == "200k-1M",
                     key.inference_geo == "us");
      rows[key] += Amount{Int128{counters[type.counter]} * price * share};
    }
    if (counters[web_searches] != 0) {
      CostKey search;
      search.workspace_id = workspace;
      search.description = "Web Search Usage";
      search.cost_type = "web_search";
      rows[search] += Amount{cent * counters[web_searches]};
    }
  };
  add_rows(usage.settled, text(Dimension::workspace_id));
  add_rows(usage.provisional, "");
}

void CostData::add_services(Instant day, Instant as_of, CostRows& rows) const {
  if (as_of < day + days{1} || day < options_.history_start || rows.empty()) return;
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  for (std::size_t w = 0; w < organization_.workspaces.size(); ++w) {
    CostKey key;
    key.workspace_id = organization_.values[index(Dimension::workspace_id)][w];
    if (const auto random = hash(options_.seed, Purpose::code_execution, w, number);
        random % 3 != 0) {
      key.description = "Code Execution Usage";
      key.cost_type = "code_execution";
      rows[key] +=
          Amount{code_execution_quarter * static_cast<std::int64_t>(1 + pick(mix(random), 40))};
    }
    if (const auto random = hash(options_.seed, Purpose::session, w, number); random % 4 == 0) {
      key.description = "Session Runtime Usage";
      key.cost_type = "session_usage";
      rows[key] += Amount{session_hour * static_cast<std::int64_t>(1 + pick(mix(random), 30))};
    }
  }
}

CostRows CostData::day(const CostQuery& query, Instant day, Instant as_of) const {
  CostRows rows;
  for (std::size_t leaf = 0; leaf < organization_.leaves.size(); ++leaf)
    add_tokens(leaf, day, as_of, rows);
  add_services(day, as_of, rows);
  if (query.by_workspace && query.by_description) return rows;
  CostRows merged;
  for (const auto& [key, amount] : rows) {
    CostKey coarse = query.by_description ? key : CostKey{};
    coarse.workspace_id = query.by_workspace ? key.workspace_id : std::string{};
    merged[coarse] += amount;
  }
  return merged;
}

}  // namespace anthropic_metrics::simulator
