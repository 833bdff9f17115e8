// SPDX-License-Identifier: Apache-2.0
#include "finance/focus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "base/time_text.hpp"
#include "finance/csv.hpp"
#include "finance/currency.hpp"
#include "finance/join.hpp"
#include "finance/meters.hpp"
#include "forecast/calendar.hpp"

namespace anthropic_metrics::host {
namespace {

// One line, with what several columns need.
struct Line {
  const Books& books;
  const LineItem& item;
  const std::string& invoice;
  std::optional<std::size_t> meter;
  std::optional<Whole> quantity;

  bool credit() const { return item.cents.negative(); }
  std::string of(std::string_view name) const {
    return std::string(value_of(item.dimensions, name));
  }
};

struct Column {
  std::string_view name;
  std::string (*value)(const Line&);
};

std::chrono::sys_days month_of_line(const Line& line) {
  return month_of(std::chrono::floor<std::chrono::days>(line.item.start));
}

std::string billed(const Line& line) {
  return units_of(line.item.cents, line.item.currency).text();
}

// An API key where the bill says it, else the workspace. The default workspace has no id there.
bool of_key(const Line& line) {
  return !line.of("api_key_id").empty();
}
bool of_workspace(const Line& line) {
  return !of_key(line) && line.of("workspace_id").starts_with("wrkspc_");
}

std::string sku(const Line& line) {
  const std::string description = line.of("description");
  if (!description.empty()) return sku_of(description);
  // Other reports have no description, but what theirs would say.
  std::string text = line.of("model");
  for (const char* name : {"cost_type", "token_type"})
    if (const std::string part = line.of(name); !part.empty())
      text += (text.empty() ? "" : " ") + part;
  return sku_of(text.empty() ? "usage" : text);
}

std::string sku_price(const Line& line) {
  std::string text = sku(line);
  for (const char* name : {"service_tier", "context_window", "inference_geo", "speed"})
    if (const std::string part = line.of(name); !part.empty()) text += "/" + part;
  return text;
}

std::string description(const Line& line) {
  if (std::string text = line.of("description"); !text.empty()) return text;
  std::string text = line.of("model");
  for (const char* name : {"cost_type", "token_type"})
    if (const std::string part = line.of(name); !part.empty())
      text += (text.empty() ? "" : ", ") + part;
  return text;
}

// What is metered, where nothing that usage counts is: the kind of cost, for people.
std::string sku_meter(const Line& line) {
  if (line.meter) return std::string(meters[*line.meter].label);
  const std::string kind = line.of("cost_type");
  if (kind == "code_execution") return "Code Execution";
  if (kind == "session_usage") return "Session Runtime";
  return kind;
}

std::string quantity(const Line& line, bool priced) {
  if (!line.quantity) return {};
  const std::string whole = text_of(*line.quantity);
  if (!priced) return whole;
  const auto number = Decimal::parse(whole).value_or(Decimal());
  return number.shifted(-meters[*line.meter].priced_places).text();
}

// Tags are told as "key:value".
std::string tags(const Line& line) {
  if (line.item.workspace_tags.empty()) return {};
  boost::json::object object;
  for (const std::string& tag : line.item.workspace_tags) {
    const std::size_t colon = tag.find(':');
    object[tag.substr(0, colon)] = colon == std::string::npos
                                       ? boost::json::value(true)
                                       : boost::json::value(tag.substr(colon + 1));
  }
  return boost::json::serialize(object);
}

template <std::size_t size>
struct Name {
  char text[size];
  constexpr Name(const char (&literal)[size]) { std::copy_n(literal, size, text); }
};

// A column that has a dimension as it is.
template <Name name>
std::string dimension(const Line& line) {
  return line.of(name.text);
}

// FOCUS' own first, by name, then ours, as its rules of column order want.
constexpr std::array columns{
    Column{"BilledCost", billed},
    Column{"BillingAccountId", [](const Line& line) { return line.books.organization; }},
    Column{"BillingAccountName", [](const Line& line) { return line.books.organization_name; }},
    Column{"BillingCurrency", [](const Line& line) { return line.item.currency; }},
    Column{
        "BillingPeriodEnd",
        [](const Line& line) { return format_rfc3339(Instant(next_month(month_of_line(line)))); }},
    Column{"BillingPeriodStart",
           [](const Line& line) { return format_rfc3339(Instant(month_of_line(line))); }},
    Column{"ChargeCategory",
           [](const Line& line) { return std::string(line.credit() ? "Credit" : "Usage"); }},
    // Corrections of a closed month arrive in that month's own rows: they are in their sums.
    Column{"ChargeClass", [](const Line&) { return std::string(); }},
    Column{"ChargeDescription", description},
    Column{
        "ChargeFrequency",
        [](const Line& line) { return std::string(line.credit() ? "One-Time" : "Usage-Based"); }},
    Column{"ChargePeriodEnd", [](const Line& line) { return format_rfc3339(line.item.end); }},
    Column{"ChargePeriodStart", [](const Line& line) { return format_rfc3339(line.item.start); }},
    Column{"ConsumedQuantity", [](const Line& line) { return quantity(line, false); }},
    Column{"ConsumedUnit",
           [](const Line& line) {
             return line.quantity ? std::string(meters[*line.meter].unit) : std::string();
           }},
    // Without a contracted unit price it is what was billed; so the specification has it.
    Column{"ContractedCost", billed},
    // Nothing is paid in advance here, so nothing is spread over time.
    Column{"EffectiveCost", billed},
    Column{"InvoiceId", [](const Line& line) { return line.invoice; }},
    Column{"InvoiceIssuerName", [](const Line&) { return std::string("Anthropic"); }},
    Column{"ListCost",
           [](const Line& line) {
             return line.item.list_cents
                        ? units_of(*line.item.list_cents, line.item.currency).text()
                        : std::string();
           }},
    Column{"PricingQuantity", [](const Line& line) { return quantity(line, true); }},
    Column{"PricingUnit",
           [](const Line& line) {
             return line.quantity ? std::string(meters[*line.meter].priced_unit) : std::string();
           }},
    Column{"ProviderName", [](const Line&) { return std::string("Anthropic"); }},
    Column{"PublisherName", [](const Line&) { return std::string("Anthropic"); }},
    Column{"ResourceId",
           [](const Line& line) {
             return of_key(line)         ? line.of("api_key_id")
                    : of_workspace(line) ? line.of("workspace_id")
                                         : std::string();
           }},
    Column{"ResourceName",
           [](const Line& line) {
             return of_key(line)         ? line.item.api_key_name
                    : of_workspace(line) ? line.item.workspace_name
                                         : std::string();
           }},
    Column{"ResourceType",
           [](const Line& line) {
             return std::string(of_key(line) ? "API Key" : of_workspace(line) ? "Workspace" : "");
           }},
    Column{"ServiceCategory", [](const Line&) { return std::string("AI and Machine Learning"); }},
    Column{"ServiceName", [](const Line&) { return std::string("Claude API"); }},
    Column{"ServiceSubcategory", [](const Line&) { return std::string("Generative AI"); }},
    Column{"SkuId", sku},
    Column{"SkuMeter", sku_meter},
    Column{"SkuPriceId", sku_price},
    Column{"SubAccountId", dimension<"workspace_id">},
    // The specification wants a name wherever there is an id.
    Column{"SubAccountName",
           [](const Line& line) {
             return line.item.workspace_name.empty() ? line.of("workspace_id")
                                                     : line.item.workspace_name;
           }},
    Column{"Tags", tags},
    Column{"x_AmountCents", [](const Line& line) { return line.item.cents.text(); }},
    Column{"x_ContextWindow", dimension<"context_window">},
    Column{"x_CostType", dimension<"cost_type">},
    Column{"x_InferenceGeo", dimension<"inference_geo">},
    Column{"x_Model", dimension<"model">},
    Column{"x_Product", dimension<"product">},
    Column{"x_ServiceTier", dimension<"service_tier">},
    Column{"x_TokenType", dimension<"token_type">},
};

void append_lines(std::string& text, const Books& books, const std::string& invoice) {
  const auto quantities = joined_quantities(books);
  std::vector<std::string> cells(columns.size());
  for (std::size_t i = 0; i < books.items.size(); ++i) {
    const Line line{books, books.items[i], invoice, meter_of(books.items[i]), quantities[i]};
    for (std::size_t c = 0; c < columns.size(); ++c) cells[c] = columns[c].value(line);
    text += csv_line(cells);
  }
}

}  // namespace

std::string focus_csv(const std::vector<Books>& organizations, const std::string& invoice) {
  std::vector<std::string> heading;
  for (const Column& column : columns) heading.emplace_back(column.name);
  std::string text = csv_line(heading);
  for (const Books& books : organizations) append_lines(text, books, invoice);
  return text;
}

std::string sku_of(std::string_view description) {
  std::string id;
  for (const char c : description) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.') {
      id += static_cast<char>(capital ? c - 'A' + 'a' : c);
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

}  // namespace anthropic_metrics::host
