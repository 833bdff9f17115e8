// SPDX-License-Identifier: Apache-2.0
#include "commands/demo_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <utility>

#include "base/printable.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

// The limits that documents carry flat, with their headings.
constexpr std::array<std::pair<const char*, const char*>, 5> limiters{{
    {"requests_per_minute", "requests/min"},
    {"input_tokens_per_minute", "input/min"},
    {"input_tokens_per_minute_cache_aware", "uncached input/min"},
    {"output_tokens_per_minute", "output/min"},
    {"enqueued_batch_requests", "batch queue"},
}};

const boost::json::value* at(const boost::json::value& root, std::string_view dotted) {
  const boost::json::value* value = &root;
  while (value != nullptr && !dotted.empty()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    const auto* map = value->if_object();
    const std::string_view key = dotted.substr(0, dot);
    value = map == nullptr ? nullptr
                           : map->if_contains(boost::json::string_view(key.data(), key.size()));
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return value;
}

std::string text(const boost::json::value& root, std::string_view dotted,
                 std::string_view otherwise) {
  const auto* value = at(root, dotted);
  const auto* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string(otherwise) : std::string(string->data(), string->size());
}

std::int64_t count(const boost::json::value& root, std::string_view dotted) {
  const auto* value = at(root, dotted);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

void add_usage(DemoSummary& summary, const boost::json::value& usage) {
  ModelTokens& tokens = summary.tokens[text(usage, "model", "(no model)")];
  tokens.uncached += count(usage, "uncached_input_tokens");
  tokens.cached += count(usage, "cached_input_tokens");
  tokens.cache_writes += count(usage, "cache_creation_input_tokens");
  tokens.output += count(usage, "output_tokens");
}

void add_cost(DemoSummary& summary, const boost::json::value& cost) {
  const std::string amount = text(cost, "amount_exact", "");
  const auto value = dollars(amount);
  if (!value) {
    summary.faults.push_back(fmt::format("'{}' is not a decimal amount", amount));
    return;
  }
  Decimal& sum = summary.cost[text(cost, "workspace_id", "(no workspace)")];
  sum = sum + *value;
  summary.total_cost = summary.total_cost + *value;
}

// A group's name, else its first model, else its kind.
std::string group_of(const boost::json::value& limit) {
  const std::string name = text(limit, "group_name", "");
  if (!name.empty()) return name;
  const auto* models = at(limit, "models");
  const auto* list = models == nullptr ? nullptr : models->if_array();
  const auto* first = list == nullptr || list->empty() ? nullptr : list->front().if_string();
  return first != nullptr ? std::string(first->c_str()) : text(limit, "group_type", "(no group)");
}

void add_limits(DemoSummary& summary, const boost::json::value& limit) {
  Limits& limits = summary.limits[group_of(limit)];
  limits.clear();
  for (const auto& [key, heading] : limiters) {
    const auto* value = at(limit, key);
    if (value != nullptr && value->is_int64()) limits[key] = value->as_int64();
  }
}

Row limits_row(const std::string& group, const Limits& limits) {
  Row row{group};
  for (const auto& [key, heading] : limiters) {
    const auto value = limits.find(key);
    row.push_back(value == limits.end() ? "-" : grouped(std::to_string(value->second)));
  }
  return row;
}

}  // namespace

void add_document(DemoSummary& summary, std::string_view json) {
  boost::system::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
  const std::string dataset = error ? "" : text(document, "data_stream.dataset", "");
  if (dataset.empty()) {
    summary.faults.push_back("a line is not a document: " +
                             (error ? error.message() : "it names no dataset"));
    return;
  }
  ++summary.documents[dataset];
  if (const auto* usage = at(document, "anthropic.usage")) add_usage(summary, *usage);
  if (const auto* cost = at(document, "anthropic.cost")) add_cost(summary, *cost);
  if (const auto* limit = at(document, "anthropic.rate_limit")) add_limits(summary, *limit);
}

DemoSummary summarize(const std::filesystem::path& folder) {
  DemoSummary summary;
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) add_document(summary, line);
  }
  return summary;
}

std::optional<Decimal> dollars(std::string_view cents) {
  if (cents.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  return Decimal::parse(std::string(cents) + "e-2");
}

std::string to_text(const Decimal& dollars) {
  std::string text = dollars.text();
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text + ".00";
  if (text.size() - point == 2) text += '0';
  return text;
}

std::string to_text(const DemoSummary& summary) {
  std::string out;
  const auto section = [&](const char* title, std::vector<Row> rows) {
    if (rows.size() > 1) out += fmt::format("\n{}\n{}", title, table(std::move(rows)));
  };
  std::vector<Row> rows{{"stream", "documents"}};
  for (const auto& [dataset, number] : summary.documents)
    rows.push_back({dataset, grouped(std::to_string(number))});
  section("Documents", std::move(rows));

  rows = {{"model", "uncached input", "cached input", "cache writes", "output"}};
  for (const auto& [model, tokens] : summary.tokens) {
    rows.push_back(
        {model, grouped(std::to_string(tokens.uncached)), grouped(std::to_string(tokens.cached)),
         grouped(std::to_string(tokens.cache_writes)), grouped(std::to_string(tokens.output))});
  }
  section("Tokens by model", std::move(rows));

  rows = {{"workspace", "USD"}};
  for (const auto& [workspace, sum] : summary.cost)
    rows.push_back({workspace, grouped(to_text(sum))});
  if (rows.size() > 1) rows.push_back({"total", grouped(to_text(summary.total_cost))});
  section("Cost by workspace", std::move(rows));

  rows = {{"group"}};
  for (const auto& limiter : limiters) rows.front().push_back(limiter.second);
  for (const auto& [group, limits] : summary.limits) rows.push_back(limits_row(group, limits));
  section("Current limits", std::move(rows));

  for (const std::string& fault : summary.faults) out += "  fault: " + printable(fault) + '\n';
  return out;
}

}  // namespace anthropic_metrics::host
