// SPDX-License-Identifier: Apache-2.0
#include "edge/describe_row.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

void add(json::array& list, std::string_view name) {
  if (std::find(list.begin(), list.end(), json::value(name)) == list.end()) list.emplace_back(name);
}

struct Members {
  json::array counts, amounts, flags, aside, sums, nulls;

  void take(const streams::Layout& layout) {
    for (const auto& count : layout.counts) add(counts, count.field);
    for (const auto& sum : layout.sums) put_sum(layout, sum);
    if (layout.money) add(amounts, layout.amount);
    if (layout.list_money) add(amounts, "list_amount");
    for (const auto& text : layout.texts) {
      if (!text.identity) add(aside, text.field);
      if (text.identity && text.json) add(flags, text.field);
      if (text.null_field.empty()) continue;
      const json::object null{
          {"field", text.field}, {"says", text.null_field}, {"text", text.null_text}};
      if (std::find(nulls.begin(), nulls.end(), null) == nulls.end()) nulls.push_back(null);
    }
  }

 private:
  void put_sum(const streams::Layout& layout, const streams::SumColumn& sum) {
    const auto before = aside.size();
    add(aside, sum.field);
    if (aside.size() == before) return;
    json::array of;
    for (const std::size_t i : sum.of) of.emplace_back(layout.counts[i].field);
    sums.push_back(json::object{{"field", sum.field}, {"of", std::move(of)}});
  }
};

}  // namespace

json::object row_of(const streams::Descriptor& stream) {
  if (stream.snapshot() || stream.observing()) return {};
  Members members;
  streams::StreamSettings settings;
  settings.bucket_width = stream.widths.front();
  // What a row has may depend on what it is grouped by: by nothing, and by everything.
  for (const bool grouped : {false, true}) {
    if (grouped) settings.group_by.assign(stream.group_by.begin(), stream.group_by.end());
    const auto fetcher = stream.make(settings, {});
    if (fetcher->layout().gauges) return {};
    members.take(fetcher->layout());
  }
  for (const char* name : {"total", "total_exact", "total_list_exact"}) add(members.aside, name);
  json::object row{{"object", stream.name},
                   {"counts", std::move(members.counts)},
                   {"amounts", std::move(members.amounts)},
                   {"aside", std::move(members.aside)},
                   {"nulls", std::move(members.nulls)}};
  if (!members.sums.empty()) row["sums"] = std::move(members.sums);
  if (!members.flags.empty()) row["flags"] = std::move(members.flags);
  row["settle_seconds"] = std::chrono::ceil<std::chrono::seconds>(stream.settle).count();
  row["widths"] = json::array(stream.widths.begin(), stream.widths.end());
  return row;
}

}  // namespace anthropic_metrics
