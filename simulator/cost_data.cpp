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

std::string describe(std::string_view model_id, std::string_view token_type) {
  const auto model = std::find_if(models().begin(), models().end(),
                                  [&](const Model& m) { return m.id == model_id; });
  const auto type = std::find_if(token_types.begin(), token_types.end(),
                                 [&](const TokenType& t) { return t.type == token_type; });
  return std::string(model->name) + " Usage - " + std::string(type->label);
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

std::vector<Charge> CostData::charges(std::size_t leaf_number, const Counters& counters,
                                      Instant day, Instant as_of) const {
  const Leaf& leaf = organization_.leaves[leaf_number];
  auto text = [&](Dimension dimension) {
    return organization_.value(dimension, leaf.dimensions[index(dimension)]);
  };
  std::vector<Charge> charges;
  const auto model = std::find_if(models().begin(), models().end(),
                                  [&](const Model& m) { return m.id == text(Dimension::model); });
  if (model == models().end() || text(Dimension::service_tier) == "priority") return charges;
  const std::int64_t share = paid_share(leaf, day, as_of);
  for (const TokenType& type : token_types) {
    if (counters[type.counter] == 0) continue;
    const std::int64_t price = list_price(*model, type, text(Dimension::service_tier) == "batch",
                                          text(Dimension::context_window) == "200k-1M",
                                          text(Dimension::inference_geo) == "us");
    const Int128 list = Int128{counters[type.counter]} * price;
    charges.push_back({"tokens", type.type, Amount{list * share}, Amount{list * billion}});
  }
  if (const Amount searches{cent * counters[web_searches]}; searches.units != 0)
    charges.push_back({"web_search", "", searches, searches});
  return charges;
}

void CostData::add_tokens(std::size_t leaf_number, Instant day, Instant as_of,
                          CostRows& rows) const {
  const Leaf& leaf = organization_.leaves[leaf_number];
  auto text = [&](Dimension dimension) {
    return std::string(organization_.value(dimension, leaf.dimensions[index(dimension)]));
  };
  const LeafUsage usage = usage_.leaf_usage(leaf_number, day, day + days{1}, as_of);
  auto add_rows = [&](const Counters& counters, const std::string& workspace) {
    for (const Charge& charge : charges(leaf_number, counters, day, as_of)) {
      CostKey key;
      key.workspace_id = workspace;
      key.cost_type = charge.cost_type;
      if (charge.token_type.empty()) {
        key.description = "Web Search Usage";
      } else {
        key.service_tier = text(Dimension::service_tier);
        key.model = text(Dimension::model);
        key.context_window = text(Dimension::context_window);
        key.inference_geo = text(Dimension::inference_geo);
        key.token_type = charge.token_type;
        key.description = describe(key.model, key.token_type);
      }
      rows[key] += charge.amount;
    }
  };
  add_rows(usage.settled, text(Dimension::workspace_id));
  add_rows(usage.provisional, "");
}

std::vector<Service> CostData::services(Instant day) const {
  std::vector<Service> services;
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  for (std::size_t w = 0; w < organization_.workspaces.size(); ++w) {
    if (const auto random = hash(options_.seed, Purpose::code_execution, w, number);
        random % 3 != 0) {
      const auto count = static_cast<std::int64_t>(1 + pick(mix(random), 40));
      services.push_back({w, "code_execution", count, Amount{code_execution_quarter * count}});
    }
    if (const auto random = hash(options_.seed, Purpose::session, w, number); random % 4 == 0) {
      const auto count = static_cast<std::int64_t>(1 + pick(mix(random), 30));
      services.push_back({w, "session_usage", count, Amount{session_hour * count}});
    }
  }
  return services;
}

std::vector<Service> CostData::services(Instant day, Instant as_of) const {
  if (as_of < day + days{1} || day < options_.history_start) return {};
  for (std::size_t leaf = 0; leaf < organization_.leaves.size(); ++leaf) {
    const LeafUsage usage = usage_.leaf_usage(leaf, day, day + days{1}, as_of);
    if (!charges(leaf, usage.settled, day, as_of).empty() ||
        !charges(leaf, usage.provisional, day, as_of).empty()) {
      return services(day);
    }
  }
  return {};
}

void CostData::add_services(Instant day, Instant as_of, CostRows& rows) const {
  if (as_of < day + days{1} || day < options_.history_start || rows.empty()) return;
  for (const Service& service : services(day)) {
    CostKey key;
    key.workspace_id = organization_.values[index(Dimension::workspace_id)][service.workspace];
    key.cost_type = service.cost_type;
    key.description =
        service.cost_type == "session_usage" ? "Session Runtime Usage" : "Code Execution Usage";
    rows[key] += service.amount;
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
