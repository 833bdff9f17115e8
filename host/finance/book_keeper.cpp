// SPDX-License-Identifier: Apache-2.0
#include "finance/book_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/json_text.hpp"
#include "base/time_text.hpp"
#include "finance/meters.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// A member's text, of JSON that is known to be whole. Empty if it is something else.
std::string text_of_json(std::string_view value) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(value.data(), value.size()), error);
  const json::string* text = error ? nullptr : parsed.if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::string name_in(std::string_view document, std::string_view object) {
  return text_of_json(json_member(json_member(json_member(document, "anthropic"), object), "name"));
}

// Of {"workspace_id":"wrkspc_1"} without its braces. What was asked for and is nothing is said by a
// text of its own, as documents do it.
Dimensions dimensions_of(const RowDocument& document, const RowFields& fields) {
  Dimensions dimensions;
  boost::system::error_code error;
  const json::value parsed = json::parse("{" + document.dimensions + "}", error);
  if (!error && parsed.is_object())
    for (const auto& [name, value] : parsed.get_object())
      dimensions.emplace(name,
                         value.is_string()
                             ? std::string(value.get_string())
                             : std::string(value.is_bool() && value.get_bool() ? "true" : "false"));
  for (const RowFields::Null& null : fields.nulls) {
    const auto& split = document.grain.group_by;
    if (std::find(split.begin(), split.end(), null.field) != split.end() &&
        dimensions.find(null.field) == dimensions.end())
      dimensions.emplace(null.says, null.text);
  }
  return dimensions;
}

Instant instant(std::int64_t seconds) {
  return Instant(std::chrono::seconds(seconds));
}

std::int64_t floor_to(std::int64_t seconds, std::int64_t width) {
  return seconds - ((seconds % width) + width) % width;
}

std::string day_of(std::int64_t seconds) {
  return format_date(instant(seconds));
}

// Of each start the grain that is taken: the one that most rows of the period have.
template <class ByGrain, class StartOf>
std::map<std::int64_t, const Grain*> taken_grains(const ByGrain& by_grain, StartOf start_of,
                                                  std::set<std::string>& twice) {
  std::vector<const Grain*> order;
  for (const auto& [grain, rows] : by_grain) order.push_back(&grain);
  std::stable_sort(order.begin(), order.end(), [&](const Grain* a, const Grain* b) {
    return by_grain.at(*a).size() > by_grain.at(*b).size();
  });
  std::map<std::int64_t, const Grain*> taken;
  for (const Grain* grain : order) {
    for (const auto& [place, row] : by_grain.at(*grain)) {
      const auto [at, first] = taken.emplace(floor_to(start_of(place), 86'400), grain);
      if (!first && at->second != grain) twice.insert(day_of(at->first));
    }
  }
  return taken;
}

std::string twice_counted(const RowFields& fields, const std::set<std::string>& days) {
  return fmt::format(
      "{} has rows of two groupings on {} ({}{}), which count the same twice; of these days only "
      "the usual one is taken. See anthropic-metrics audit",
      fields.object, days.size() == 1 ? "one day" : fmt::format("{} days", days.size()),
      *days.begin(), days.size() == 1 ? "" : " and more");
}

}  // namespace

BookKeeper::BookKeeper(RowFields cost, RowFields usage)
    : cost_(std::move(cost)), usage_(std::move(usage)), billed_by_{"service_tier"} {}

void BookKeeper::note(const RowDocument& document) {
  if (organization_.empty()) organization_ = document.organization;
  if (organization_name_.empty())
    organization_name_ =
        text_of_json(json_member(json_member(document.json, "organization"), "name"));
}

void BookKeeper::add_cost(const RowDocument& document) {
  if (document.kind == RowDocument::Kind::foreign) return;
  if (document.kind != RowDocument::Kind::row) {
    ++unreadable_;
    return;
  }
  note(document);
  width_ = std::max(width_, document.end - document.start);
  const auto [at, fresh] = rows_[document.grain].try_emplace(
      Place{document.start, document.end, document.dimensions}, Row());
  Row& row = at->second;
  if (fresh) {
    row.dimensions = dimensions_of(document, cost_);
    for (const auto& [name, value] : row.dimensions) billed_by_.insert(name);
    billed_by_.insert(document.grain.group_by.begin(), document.grain.group_by.end());
  }
  row.measures.add(document.measures);
  if (document.revision >= row.revision) {
    row.revision = document.revision;
    row.workspace_name = name_in(document.json, "workspace");
    row.api_key_name = name_in(document.json, "api_key");
    row.workspace_tags.clear();
    const std::string_view tags =
        json_member(json_member(json_member(document.json, "anthropic"), "workspace"), "tags");
    for (const std::string_view tag : json_elements(tags))
      row.workspace_tags.push_back(text_of_json(tag));
  }
  if (document.revision > 0 && !document.measures.amounts.empty())
    corrections_.push_back({instant(document.start),
                            std::string(value_of(row.dimensions, "currency")),
                            std::string(value_of(row.dimensions, "workspace_id")),
                            std::string(value_of(row.dimensions, "description")), document.revision,
                            document.measures.amounts.front()});
}

void BookKeeper::add_usage(const RowDocument& document) {
  if (document.kind == RowDocument::Kind::foreign) return;
  if (document.kind != RowDocument::Kind::row) {
    ++unreadable_;
    return;
  }
  note(document);
  const std::int64_t width = width_ == 0 ? 86'400 : width_;
  const std::int64_t start = floor_to(document.start, width);
  if (document.end > start + width) {
    ++straddling_;
    return;
  }
  Dimensions dimensions = dimensions_of(document, usage_);
  std::erase_if(dimensions, [&](const auto& one) { return !billed_by_.contains(one.first); });
  Counts& counts = counted_[document.grain][{start, std::move(dimensions)}];
  for (std::size_t i = 0; i < usage_.counts.size() && i < document.measures.counts.size(); ++i)
    if (const auto meter = meter_of_count(usage_.counts[i]))
      counts[*meter] += document.measures.counts[i];
}

Books BookKeeper::books() const {
  Books books;
  books.organization = organization_;
  books.organization_name = organization_name_;
  add_items(books);
  add_usage_to(books);
  books.corrections = corrections_;
  std::sort(books.corrections.begin(), books.corrections.end(),
            [](const Correction& a, const Correction& b) {
              return std::tie(a.start, a.currency, a.workspace_id, a.description, a.revision) <
                     std::tie(b.start, b.currency, b.workspace_id, b.description, b.revision);
            });
  if (unreadable_ > 0)
    books.problems.push_back(
        fmt::format("{} cannot be read as rows and are left out; see anthropic-metrics audit",
                    unreadable_ == 1 ? "1 document" : fmt::format("{} documents", unreadable_)));
  if (straddling_ > 0)
    books.problems.push_back(
        fmt::format("{} of usage reach over several buckets of the bill and are left out",
                    straddling_ == 1 ? "1 document" : fmt::format("{} documents", straddling_)));
  return books;
}

void BookKeeper::add_items(Books& books) const {
  std::set<std::string> twice;
  const auto taken = taken_grains(
      rows_, [](const Place& place) { return place.start; }, twice);
  for (const auto& [grain, rows] : rows_) {
    bool used = false;
    for (const auto& [place, row] : rows) {
      if (taken.at(floor_to(place.start, 86'400)) != &grain) continue;
      used = true;
      if (row.measures.zero()) continue;
      LineItem item;
      item.start = instant(place.start);
      item.end = instant(place.end);
      item.dimensions = row.dimensions;
      item.currency = value_of(row.dimensions, "currency");
      item.dimensions.erase("currency");
      for (std::size_t i = 0; i < cost_.amounts.size() && i < row.measures.amounts.size(); ++i) {
        if (cost_.amounts[i] == "amount") item.cents = row.measures.amounts[i];
        if (cost_.amounts[i] == "list_amount") item.list_cents = row.measures.amounts[i];
      }
      item.workspace_name = row.workspace_name;
      item.api_key_name = row.api_key_name;
      item.workspace_tags = row.workspace_tags;
      books.items.push_back(std::move(item));
    }
    if (used) books.cost_group_by.insert(grain.group_by.begin(), grain.group_by.end());
  }
  std::sort(books.items.begin(), books.items.end(), [](const LineItem& a, const LineItem& b) {
    return std::tie(a.start, a.dimensions, a.currency) <
           std::tie(b.start, b.dimensions, b.currency);
  });
  if (!twice.empty()) books.problems.push_back(twice_counted(cost_, twice));
}

void BookKeeper::add_usage_to(Books& books) const {
  std::set<std::string> twice;
  const auto taken = taken_grains(
      counted_, [](const auto& place) { return place.first; }, twice);
  std::map<std::pair<std::int64_t, Dimensions>, Counts> sums;
  bool first = true;
  for (const auto& [grain, counted] : counted_) {
    bool used = false;
    for (const auto& [place, counts] : counted) {
      if (taken.at(floor_to(place.first, 86'400)) != &grain) continue;
      used = true;
      Counts& sum = sums[place];
      for (std::size_t i = 0; i < counts.size(); ++i) sum[i] += counts[i];
    }
    if (!used) continue;
    // Where grains change within the period, what all of them are split by.
    std::set<std::string, std::less<>> split(grain.group_by.begin(), grain.group_by.end());
    if (!first)
      std::erase_if(split, [&](const auto& name) { return !books.usage_group_by.contains(name); });
    books.usage_group_by = std::move(split);
    first = false;
  }
  for (auto& [place, counts] : sums)
    books.usage.push_back({instant(place.first), place.second, counts});
  if (!twice.empty()) books.problems.push_back(twice_counted(usage_, twice));
}

}  // namespace anthropic_metrics::host
