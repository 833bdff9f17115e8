// SPDX-License-Identifier: Apache-2.0
// claude_code: what people did with Claude Code on a UTC day, GET
// /v1/organizations/usage_report/claude_code. A day is asked for alone and followed page by page.
// An entry becomes rows of two kinds: one of activity, and one of tokens and estimated cost per
// model; never both measures in one, or sums would multiply. The API states no key, and entries
// repeat: equal ones add up. Tokens of API customers are in the usage report too: the two must not
// be added, and the estimate is never the bill.
//
// An actor is a name and no id: an e-mail address, or what a key is called.
//
// API: https://platform.claude.com/docs/en/api/admin-api/claude-code/get-claude-code-usage-report
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>
#include <string>

#include "base/json_text.hpp"
#include "base/time_text.hpp"
#include "streams/day_report.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/usage_report/claude_code";

enum Text : std::size_t {
  kind,
  actor_type,
  actor,
  customer_type,
  subscription_type,
  terminal_type,
  is_remote,
  model,
  currency
};

enum Count : std::size_t {
  sessions,
  lines_added,
  lines_removed,
  commits,
  pull_requests,
  tools_accepted,
  tools_rejected,
  first_tool,                        ///< Accepted, and behind it rejected, of each known tool.
  input_tokens = first_tool + 2 * 4  ///< And the other tokens.
};

struct Tool {
  std::string_view name, field;
};
constexpr Tool tools[] = {{"edit_tool", "edit"},
                          {"multi_edit_tool", "multi_edit"},
                          {"write_tool", "write"},
                          {"notebook_edit_tool", "notebook_edit"}};

Layout layout(const StreamSettings& settings) {
  Layout layout = day_layout(settings);
  layout.texts = {{.name = "kind", .field = "kind"},
                  {.name = "actor.type", .field = "actor_type"},
                  {.name = "actor.email_address", .field = "actor", .personal = true},
                  {.name = "customer_type", .field = "customer_type"},
                  {.name = "subscription_type", .field = "subscription_type"},
                  {.name = "terminal_type", .field = "terminal_type"},
                  {.name = "is_remote", .field = "is_remote", .json = true},
                  {.name = "model_breakdown.model", .field = "model"},
                  {.name = "model_breakdown.estimated_cost.currency", .field = "currency"}};
  const auto count = [&](const std::string& path, const std::string& field) {
    layout.counts.push_back({.path = path, .field = field, .skip_zero = true});
  };
  count("core_metrics.num_sessions", "sessions");
  count("core_metrics.lines_of_code.added", "lines_added");
  count("core_metrics.lines_of_code.removed", "lines_removed");
  count("core_metrics.commits_by_claude_code", "commits");
  count("core_metrics.pull_requests_by_claude_code", "pull_requests");
  count("tool_actions.accepted", "tools_accepted");
  count("tool_actions.rejected", "tools_rejected");
  for (const Tool& tool : tools)
    for (const char* outcome : {"accepted", "rejected"})
      count(fmt::format("tool_actions.{}.{}", tool.name, outcome),
            fmt::format("{}_{}", tool.field, outcome));
  count("tokens.input", "input_tokens");
  count("tokens.output", "output_tokens");
  count("tokens.cache_read", "cached_input_tokens");
  count("tokens.cache_creation", "cache_creation_input_tokens");
  layout.money = layout.money_skip_zero = true;
  layout.amount = "estimated_amount";
  return layout;
}

void add_to(ListEntry& entry, std::size_t count, std::int64_t number) {
  Row& row = entry.row();
  if (__builtin_add_overflow(row.counts[count], number, &row.counts[count]))
    entry.odd(".tool_actions", "adds up to more than 64 bits hold");
  row.counts_present |= 1u << count;
}

/// The map is open: of every tool the actions count, and those that are known have fields.
void read_tool(ListEntry& entry, std::string_view name, const json::value& value,
               std::string_view written) {
  const auto known = std::find_if(std::begin(tools), std::end(tools),
                                  [&](const Tool& tool) { return tool.name == name; });
  const std::string place =
      fmt::format(".tool_actions.{}", known == std::end(tools) ? "*" : known->name);
  const json::object* const actions = value.if_object();
  if (actions == nullptr) {
    if (!value.is_null()) entry.odd(place, "expected an object or null");
    return;
  }
  for (const std::size_t outcome : {0u, 1u}) {
    const std::string_view member = outcome == 0 ? "accepted" : "rejected";
    const json::value* const number = actions->if_contains(member);
    if (number == nullptr || number->is_null()) continue;
    const auto whole =
        entry.whole(*number, json_member(written, member), fmt::format("{}.{}", place, member));
    if (!whole) continue;
    add_to(entry, tools_accepted + outcome, *whole);
    if (known != std::end(tools))
      add_to(entry, first_tool + 2 * static_cast<std::size_t>(known - std::begin(tools)) + outcome,
             *whole);
  }
}

void read_activity(ListEntry& entry) {
  entry.keep(kind, "activity");
  const auto& counts = entry.layout().counts;
  for (std::size_t i = sessions; i <= pull_requests; ++i) entry.count(i, counts[i].path);
  const std::string_view written = json_member(entry.written(), "tool_actions");
  for (const auto& [name, value] : entry.object("tool_actions"))
    read_tool(entry, name, value, json_member(written, name));
}

void read_model(ListEntry& entry) {
  entry.keep(kind, "model");
  entry.text(model, "model");
  if (!entry.has(model)) entry.odd_identity(".model", "is missing");
  const auto& counts = entry.layout().counts;
  for (std::size_t i = input_tokens; i < counts.size(); ++i) entry.count(i, counts[i].path);
  entry.amount(&Row::amount, "estimated_cost.amount");
  entry.text(currency, "estimated_cost.currency");
}

void read_models(const ListEntry& entry, const json::object& object, RowSink& rows) {
  const json::value* const value = object.if_contains("model_breakdown");
  if (value == nullptr || value->is_null()) return;
  const std::string_view written = json_member(entry.written(), "model_breakdown");
  const json::array* const models = value->if_array();
  if (models == nullptr) {
    ListEntry none = entry.below(*value, written, ".model_breakdown");
    none.odd_identity("", "expected an array or null");
    return rows.add(none);
  }
  const auto texts = json_elements(written);
  for (std::size_t i = 0; i < models->size(); ++i) {
    ListEntry one =
        entry.below((*models)[i], i < texts.size() ? texts[i] : "", ".model_breakdown[]");
    read_model(one);
    rows.add(one);
  }
}

void read(ListEntry& entry, RowSink& rows) {
  entry.text(actor_type, "actor.type");
  entry.text(actor, "actor.email_address");
  entry.text(actor, "actor.api_key_name");
  for (const std::size_t column : {customer_type, subscription_type, terminal_type})
    entry.text(column, entry.layout().texts[column].name);
  entry.flag(is_remote, "is_remote");
  // Of whom nobody knows whose they are, no model is told either.
  if (!entry.odd().empty()) return rows.add(entry);
  read_models(entry, entry.object(""), rows);
  read_activity(entry);
  rows.add(entry);
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  RowsEndpoint report = day_report(std::string(endpoint), settings, api_version);
  report.entries = "days of Claude Code";
  report.ask = [](net::Query& query, const Window& window) {
    query.add("starting_at", format_date(window.start));
  };
  report.reader = read;
  return make_rows_fetcher(std::move(report), layout(settings));
}

const Registration registration({
    .name = "claude_code",
    .title = "Claude Code",
    .description =
        "What people did with Claude Code per UTC day: sessions, lines, tools, and tokens with "
        "their estimated cost per model. Who they are is said as personal_data allows.",
    .category = "api",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .initial_interval = 168h,
    .settle = 2h,
    .widths = {"1d"},
    .tiers = {{48h, 6h}, {168h, 24h}},
    .opt_in = true,
    .personal = true,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
