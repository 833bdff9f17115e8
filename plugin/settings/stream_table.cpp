// SPDX-License-Identifier: Apache-2.0
// The rows of a stream, with the defaults and choices of its descriptor.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/object.hpp>
#include <iterator>

#include "base/time_text.hpp"
#include "settings/table.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

json::string text(Milliseconds duration) {
  return json::string(format_duration(duration));
}

json::array texts(const std::vector<std::string_view>& list) {
  json::array out;
  for (const auto text : list) out.emplace_back(text);
  return out;
}

constexpr const char* snapshot_interval = "Time from one poll to the next.";
constexpr const char* bucket_interval =
    "Longest time from when a bucket is closed and settled, or was asked for in vain, until it is "
    "asked for; also the shortest from one poll to the next. What cannot have changed is not asked "
    "for.";

/// "1h" as a person says it.
std::string_view spoken(std::string_view width) {
  if (width == "1m") return "1 minute";
  if (width == "1h") return "1 hour";
  if (width == "1d") return "1 day";
  return width;
}

Setting bucket_width(const streams::Descriptor& stream) {
  Setting row{.key = "bucket_width",
              .title = "Bucket width",
              .sentence =
                  "Length of the time buckets that the API adds up. A change begins rows of a new "
                  "kind where the old end.",
              .fallback = json::string(stream.widths.front()),
              .choices = stream.widths,
              .foremost = true};
  for (const auto width : stream.widths) row.spoken.push_back(spoken(width));
  return row;
}

Setting group_by(const streams::Descriptor& stream) {
  Setting row{
      .key = "group_by",
      .kind = Kind::texts,
      .title = "Group by",
      .sentence = fmt::format(
          "Dimensions to split by, any of {}. None: one row per bucket. A change begins rows of a "
          "new kind where the old end.",
          fmt::join(stream.group_by, ", ")),
      .fallback = texts(stream.default_group_by),
      .foremost = true};
  // Of those that may not all stand together the default is an example.
  row.examples.emplace_back(
      texts(stream.refuse_groups != nullptr ? stream.default_group_by : stream.group_by));
  if (stream.open_group_by)
    row.pattern = "^[a-z][a-z0-9_]{0,63}$";
  else
    row.choices = stream.group_by;
  return row;
}

Setting look_back(const streams::Descriptor& stream) {
  json::array tiers;
  for (const auto& tier : stream.tiers)
    tiers.push_back(json::object{{"depth", text(tier.look_back)}, {"every", text(tier.every)}});
  return {
      .key = "look_back",
      .kind = Kind::objects,
      .title = "Look-back",
      .sentence =
          "How far back closed buckets are read again, in tiers: each has a depth, and "
          "every how long it is read (0s: with each poll). What changed since becomes corrections.",
      .fallback = std::move(tiers),
      .settings = {{.key = "depth",
                    .kind = Kind::duration,
                    .title = "How far back to read",
                    .least = "0s",
                    .most = "8760h",
                    .required = true},
                   {.key = "every",
                    .kind = Kind::duration,
                    .title = "How often; 0s: with every poll that is made anyway",
                    .least = "0s",
                    .most = "8760h"}}};
}

/// What only a stream with buckets has.
std::vector<Setting> bucket_settings(const streams::Descriptor& stream) {
  std::vector<Setting> rows{
      {.key = "initial_interval",
       .kind = Kind::duration,
       .title = "Initial interval",
       .sentence = "How much history the very first poll collects. There is no unit for days: a "
                   "week is 168h.",
       .fallback = text(*stream.initial_interval),
       .least = "1m",
       .most = "8760h",
       .foremost = true},
      {.key = "settle",
       .kind = Kind::duration,
       .title = "Settle",
       .sentence = "How long after a bucket closed it is emitted; later changes follow as "
                   "corrections.",
       .fallback = text(stream.settle),
       .least = "0s",
       .most = "168h"}};
  if (stream.widths.size() > 1) rows.push_back(bucket_width(stream));
  if (!stream.group_by.empty()) rows.push_back(group_by(stream));
  rows.push_back(look_back(stream));
  rows.push_back({.key = "backfill_from",
                  .title = "Backfill from",
                  .sentence =
                      "Collects history back to this date or time (RFC 3339), newest first, beside "
                      "live polling. Empty: only the initial interval.",
                  .examples = {"2026-01-01", "2026-01-01T06:00:00Z"}});
  return rows;
}

Setting dataset(const streams::Descriptor& stream) {
  return {.key = "dataset",
          .title = "Data set",
          .sentence =
              "Middle part of the data stream's name: a name of your choice, a dot and the stream. "
              "The dashboards of the package of that name show it.",
          .fallback = json::string(streams::default_dataset(stream.name)),
          .examples = {json::string(fmt::format("claude_metrics.{}", stream.name))},
          .pattern = R"(^[a-z0-9_]+(\.[a-z0-9_]+)+$)"};
}

}  // namespace

std::vector<Setting> common_settings() {
  return {{.key = "namespace",
           .title = "Namespace",
           .sentence = "Last part of the data stream's name, which separates environments. Lower "
                       "case, no hyphen, at most 100 bytes.",
           .fallback = "default",
           .examples = {"default", "production"},
           .pattern = R"(^[^-A-Z "*,/:<>?\\|#]{1,100}$)"},
          {.key = "tags",
           .kind = Kind::texts,
           .title = "Tags",
           .sentence = "Tags that every document carries.",
           .fallback = json::array{"forwarded"},
           .examples = {json::array{"forwarded"}, json::array{"forwarded", "finance"}},
           .least = 1,
           .unique = true},
          {.key = "preserve_original_event",
           .kind = Kind::boolean,
           .title = "Preserve the original",
           .sentence = "Keeps each row as the API sent it in event.original, and adds the tag "
                       "preserve_original_event. Roughly doubles the size of a document.",
           .fallback = false,
           .examples = {true}}};
}

Setting personal_setting() {
  return {
      .key = "personal_data",
      .title = "Personal data",
      .sentence =
          "What of persons reaches documents, state and event.original, beyond ids: none leaves "
          "names and e-mail addresses out, hashed puts a keyed hash in their place (the key is "
          "made in state.path), full keeps them. A change begins rows of a new kind where the "
          "old end; a stricter one also ends the corrections of the old.",
      .fallback = "none",
      .examples = {"none", "hashed", "full"},
      .choices = {"none", "hashed", "full"},
      .spoken = {"Ids only", "Keyed hashes", "Names and e-mail addresses"}};
}

Setting stream_settings(const streams::Descriptor& stream) {
  Setting whole{.key = stream.name,
                .kind = Kind::object,
                .title = stream.title,
                .sentence = std::string(stream.description),
                .fallback = json::object{},
                .settings = {{.key = "enabled",
                              .kind = Kind::boolean,
                              .title = "Enabled",
                              .sentence = "Whether the stream is collected.",
                              .fallback = !stream.opt_in},
                             {.key = "interval",
                              .kind = Kind::duration,
                              .title = "Interval",
                              .sentence = stream.snapshot() ? snapshot_interval : bucket_interval,
                              .fallback = text(stream.interval),
                              .least = text(stream.shortest_interval),
                              .most = "24h",
                              .foremost = true}}};
  whole.examples.push_back(json::object{{"interval", text(stream.interval)}});
  const auto add = [&](std::vector<Setting> rows) {
    whole.settings.insert(whole.settings.end(), std::make_move_iterator(rows.begin()),
                          std::make_move_iterator(rows.end()));
  };
  if (!stream.snapshot()) add(bucket_settings(stream));
  add({dataset(stream)});
  add(common_settings());
  if (stream.personal) add({personal_setting()});
  return whole;
}

}  // namespace anthropic_metrics
