// SPDX-License-Identifier: Apache-2.0
// spend_limit: the caps on what may be spent, GET /v1/organizations/spend_limits: of the
// organization, a workspace, a member, a group, a kind of seat, and the tier that the service gave
// the organization. Every poll is the full current state, one document per limit; pages by
// next_page. A beta; Console organizations have it in early access only, and others are refused.
//
// Amounts are texts of whole minor units ("50000" is 500.00); null means that there is no cap. The
// limit of scope usage_tier changes its amount without a new updated_at.
//
// API: https://platform.claude.com/docs/en/manage-claude/spend-limits-api
#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "streams/list.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/spend_limits";
constexpr const char* beta = "spend-limit-reads-2026-09-26";

/// Columns whose name is the path of a plain text come first.
enum Column : std::size_t {
  id,
  scope,
  workspace_id,
  user_id,
  rbac_group_id,
  seat_tier,
  service,
  currency,
  period,
  created_at,
  updated_at,
  enabled,
  capped
};
enum Count : std::size_t { amount };

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "scope.type", .field = "scope", .identity = false},
      {.name = "scope.workspace_id", .field = "workspace_id", .identity = false},
      {.name = "scope.user_id", .field = "user_id", .identity = false},
      {.name = "scope.rbac_group_id", .field = "rbac_group_id", .identity = false},
      {.name = "scope.seat_tier", .field = "seat_tier", .identity = false},
      {.name = "scope.service", .field = "service", .identity = false},
      {.name = "currency", .field = "currency", .identity = false},
      {.name = "period", .field = "period", .identity = false},
      {.name = "created_at", .field = "created_at", .identity = false},
      {.name = "updated_at", .field = "updated_at", .identity = false},
      {.name = "is_enabled", .field = "enabled", .json = true, .identity = false},
      {.name = "", .field = "capped", .json = true, .identity = false},
  };
  layout.counts = {{"amount", "amount", false}};
  return layout;
}

/// Whole minor units, from a text or from the number that it might become.
std::optional<std::int64_t> minor_units(ListEntry& entry, const json::value& value) {
  if (!value.is_string())
    return entry.whole(value, json_member(entry.written(), "amount"), ".amount");
  const json::string& text = value.get_string();
  const auto decimal = Decimal::parse({text.data(), text.size()});
  const auto whole = decimal ? decimal->whole() : std::nullopt;
  if (whole && *whole >= 0) return whole;
  entry.odd(".amount", "expected whole minor units as text, 0 or more, or null");
  return std::nullopt;
}

void read_amount(ListEntry& entry) {
  const json::value* value = entry.object("").if_contains("amount");
  if (value == nullptr) return entry.odd(".amount", "is missing");
  if (value->is_null()) return entry.keep(capped, "false");
  const auto units = minor_units(entry, *value);
  if (!units) return;
  entry.keep(capped, "true");
  entry.row().counts[amount] = *units;
  entry.row().counts_present |= 1u << amount;
}

/// What names the limit has to be there; of the rest what can be read is kept.
bool read(ListEntry& entry) {
  entry.text(id, entry.layout().texts[id].name);
  if (!entry.has(id)) {
    entry.odd(".id", "is missing");
    return false;
  }
  entry.object("scope");  // If it is odd, that is the first thing to tell.
  for (std::size_t column = scope; column < created_at; ++column)
    entry.text(column, entry.layout().texts[column].name);
  entry.time(created_at, "created_at");
  entry.time(updated_at, "updated_at");
  if (!entry.has(scope)) entry.odd(".scope.type", "is missing");
  read_amount(entry);
  entry.flag(enabled, "is_enabled");
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings&, std::string_view api_version) {
  ListEndpoint list;
  list.path = endpoint;
  list.headers = {{"anthropic-version", std::string(api_version)}, {"anthropic-beta", beta}};
  list.entries = "spend limits";
  list.most_entries = 1000;
  list.reader = [] { return EntryReader(read); };
  return make_list_fetcher(std::move(list), make_layout());
}

const Registration registration({
    .name = "spend_limit",
    .title = "Spend limits",
    .description = "Budgets in force by scope, one document per limit and poll. Where the "
                   "organization is not offered them, nothing is collected.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .opened_by = {"enterprise", "admin", "oauth"},
    .may_be_refused = true,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
