// SPDX-License-Identifier: Apache-2.0
#include "finance/prices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "finance/meters.hpp"

namespace anthropic_metrics::host {
namespace {

// Of one key and workspace.
struct Sums {
  Whole quantity = 0;
  std::map<std::string, Decimal> cents;  // by currency
};

using ByWorkspace = std::map<std::string, Sums>;

struct Collected {
  std::map<UsageKey, ByWorkspace> sums;
  std::set<UsageKey> doubtful;
  std::map<std::string, std::string> names;  // of workspaces: the newest
};

// Takes the workspace out of the key.
std::string take_workspace(UsageKey& key) {
  const auto found = key.shared.find("workspace_id");
  if (found == key.shared.end()) return {};
  std::string workspace = std::move(found->second);
  key.shared.erase(found);
  return workspace;
}

Collected collect(const Books& books, const std::set<Instant>& days) {
  Collected all;
  const JoinRule rule(books);
  for (const LineItem& item : books.items) {
    if (!item.workspace_name.empty())
      all.names[std::string(value_of(item.dimensions, "workspace_id"))] = item.workspace_name;
    auto key = rule.key_of(item);
    if (!key || !days.contains(item.start)) continue;
    const std::string workspace = take_workspace(*key);
    Decimal& cents = all.sums[*key][workspace].cents[item.currency];
    cents = cents + item.cents;
  }
  for (const Usage& usage : books.usage) {
    if (!days.contains(usage.start)) continue;
    for (std::size_t meter = 0; meter < meter_count; ++meter) {
      auto key = rule.key_of(usage, meter);
      if (!key) continue;
      const std::string workspace = take_workspace(*key);
      if (rule.doubtful(usage, meter)) all.doubtful.insert(*key);
      all.sums[*key][workspace].quantity += usage.counts[meter];
    }
  }
  return all;
}

std::set<Instant> days_of_both(const Books& books, std::size_t& of_bill) {
  std::set<Instant> billed, both;
  for (const LineItem& item : books.items) billed.insert(item.start);
  for (const Usage& usage : books.usage)
    if (billed.contains(usage.start)) both.insert(usage.start);
  of_bill = billed.size();
  return both;
}

std::string key_text(const UsageKey& key) {
  std::string text(meters[key.meter].label);
  for (const auto& [name, value] : key.shared) text += ", " + value;
  return text;
}

// The one currency that the key was billed in; why there is none in the notes.
std::optional<std::string> currency_of(const UsageKey& key, const ByWorkspace& workspaces,
                                       bool doubtful, std::vector<std::string>& notes) {
  std::set<std::string> currencies;
  Whole quantity = 0;
  for (const auto& [workspace, sums] : workspaces) {
    quantity += sums.quantity;
    for (const auto& [currency, cents] : sums.cents) currencies.insert(currency);
  }
  std::string why;
  if (currencies.empty())
    why = "used, and on no bill of these days";
  else if (quantity <= 0)
    why = "billed, without usage on these days";
  else if (currencies.size() > 1)
    why = "billed in several currencies, and usage does not say which part is which";
  else if (doubtful)
    why = "partly of the priority tier, of which the bill does not say whether it is part of it";
  if (why.empty()) return *currencies.begin();
  notes.push_back(fmt::format("{}: {}; no price", key_text(key), why));
  return std::nullopt;
}

Decimal decimal_of(Whole number) {
  return Decimal::parse(text_of(number)).value_or(Decimal());
}

}  // namespace

bool is_beyond(const Decimal& billed, const Decimal& implied, const Decimal& tolerance) {
  const auto size = [](const Decimal& value) { return value.negative() ? -value : value; };
  return size(billed - implied) > tolerance * size(implied);
}

UsageBesideCost usage_beside_cost(const Books& books, const Decimal& tolerance) {
  UsageBesideCost result;
  const std::set<Instant> days = days_of_both(books, result.days_of_bill);
  result.days = days.size();
  const JoinRule rule(books);
  std::set<std::string> hindrances;
  for (std::size_t meter = 0; meter < meter_count; ++meter)
    if (!rule.hindrance(meter).empty()) hindrances.insert(rule.hindrance(meter));
  if (!books.usage.empty())
    for (const std::string& why : hindrances)
      result.notes.push_back(why + ", so it cannot be held against the bill");
  Collected all = collect(books, days);
  std::map<std::pair<std::string, std::string>, Implied> workspaces;
  for (const auto& [key, by_workspace] : all.sums) {
    const auto currency = currency_of(key, by_workspace, all.doubtful.contains(key), result.notes);
    if (!currency) continue;
    Price price{key, *currency, 0, {}};
    for (const auto& [workspace, sums] : by_workspace) {
      price.quantity += sums.quantity;
      if (const auto cents = sums.cents.find(*currency); cents != sums.cents.end())
        price.cents = price.cents + cents->second;
    }
    for (const auto& [workspace, sums] : by_workspace) {
      Implied one{workspace, all.names[workspace], *currency, key, sums.quantity, {}, {}};
      if (const auto cents = sums.cents.find(*currency); cents != sums.cents.end())
        one.billed = cents->second;
      one.implied = Decimal::quotient(price.cents * decimal_of(sums.quantity),
                                      decimal_of(price.quantity), implied_places)
                        .value_or(Decimal());
      Implied& sum = workspaces[{*currency, workspace}];
      sum.workspace_id = one.workspace_id;
      sum.workspace_name = one.workspace_name;
      sum.currency = one.currency;
      sum.billed = sum.billed + one.billed;
      sum.implied = sum.implied + one.implied;
      if (is_beyond(one.billed, one.implied, tolerance)) result.beyond.push_back(std::move(one));
    }
    result.prices.push_back(std::move(price));
  }
  std::stable_sort(result.prices.begin(), result.prices.end(),
                   [](const Price& a, const Price& b) { return a.currency < b.currency; });
  for (auto& [place, sum] : workspaces) result.workspaces.push_back(std::move(sum));
  std::stable_sort(
      result.beyond.begin(), result.beyond.end(), [](const Implied& a, const Implied& b) {
        return std::tie(a.currency, a.workspace_id) < std::tie(b.currency, b.workspace_id);
      });
  return result;
}

}  // namespace anthropic_metrics::host
