// SPDX-License-Identifier: Apache-2.0
#include "finance/join.hpp"

#include <map>
#include <utility>

#include "finance/meters.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::string_view never_billed_tier = "priority";

}  // namespace

JoinRule::JoinRule(const Books& books) {
  std::array<std::set<std::string, std::less<>>, meter_count> carried;
  for (const LineItem& item : books.items)
    if (const auto meter = meter_of(item); meter && !item.cents.negative())
      for (const auto& [name, value] : item.dimensions)
        if (!value.empty()) carried[*meter].insert(name);
  const auto split_by = [&](std::string_view name) { return books.usage_group_by.contains(name); };
  for (std::size_t meter = 0; meter < meter_count; ++meter) {
    OfMeter& of = meters_[meter];
    if (!meters[meter].token_type.empty()) carried[meter].insert("model");
    if (books.cost_group_by.contains("workspace_id")) carried[meter].insert("workspace_id");
    for (const std::string& name : carried[meter])
      if (split_by(name)) of.shared.insert(name);
    for (const char* name : {"model", "service_tier", "workspace_id"}) {
      const bool needed = carried[meter].contains(name) || name == std::string_view("service_tier");
      if (needed && !split_by(name) && of.hindrance.empty())
        of.hindrance = std::string("usage is not split by ") + name;
    }
    if (!books.cost_group_by.contains("workspace_id") && split_by("workspace_id"))
      of.shared.erase("workspace_id");
  }
}

Dimensions JoinRule::part(const Dimensions& whole, std::size_t meter) const {
  Dimensions part;
  for (const std::string& name : meters_[meter].shared)
    if (const auto found = whole.find(name); found != whole.end()) part.insert(*found);
  return part;
}

std::optional<UsageKey> JoinRule::key_of(const LineItem& item) const {
  const auto meter = meter_of(item);
  if (!meter || item.cents.negative() || !meters_[*meter].hindrance.empty()) return std::nullopt;
  return UsageKey{*meter, part(item.dimensions, *meter)};
}

std::optional<UsageKey> JoinRule::key_of(const Usage& usage, std::size_t meter) const {
  if (usage.counts[meter] == 0 || !meters_[meter].hindrance.empty()) return std::nullopt;
  return UsageKey{meter, part(usage.dimensions, meter)};
}

bool JoinRule::doubtful(const Usage& usage, std::size_t meter) const {
  return value_of(usage.dimensions, "service_tier") == never_billed_tier &&
         !meters_[meter].shared.contains("service_tier");
}

std::vector<std::optional<Whole>> joined_quantities(const Books& books) {
  const JoinRule rule(books);
  using At = std::pair<Instant, UsageKey>;
  std::map<At, std::size_t> items;
  for (const LineItem& item : books.items)
    if (const auto key = rule.key_of(item)) ++items[{item.start, *key}];
  std::map<At, Whole> quantities;
  std::set<At> doubtful;
  for (const Usage& usage : books.usage) {
    for (std::size_t meter = 0; meter < meter_count; ++meter) {
      const auto key = rule.key_of(usage, meter);
      if (!key) continue;
      quantities[{usage.start, *key}] += usage.counts[meter];
      if (rule.doubtful(usage, meter)) doubtful.insert({usage.start, *key});
    }
  }
  std::vector<std::optional<Whole>> joined;
  joined.reserve(books.items.size());
  for (const LineItem& item : books.items) {
    joined.emplace_back();
    const auto key = rule.key_of(item);
    if (!key) continue;
    const At at{item.start, *key};
    const auto quantity = quantities.find(at);
    if (items.at(at) == 1 && quantity != quantities.end() && quantity->second > 0 &&
        !doubtful.contains(at))
      joined.back() = quantity->second;
  }
  return joined;
}

}  // namespace anthropic_metrics::host
