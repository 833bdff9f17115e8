// SPDX-License-Identifier: Apache-2.0
#include "collect/grains.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace anthropic_metrics {
namespace {

bool has(const std::vector<std::string_view>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::string describe(const Grain& grain) {
  return fmt::format("{} [{}]", grain.bucket_width, fmt::join(grain.group_by, ", "));
}

Result<streams::StreamSettings> with_grain(const streams::Descriptor& stream,
                                           streams::StreamSettings settings, Grain grain) {
  const auto refuse = [&](const std::string& why) {
    return Error{Errc::argument,
                 fmt::format("{} has no rows of {}: {}", stream.name, describe(grain), why)};
  };
  if (!has(stream.widths, grain.bucket_width))
    return refuse(fmt::format("its buckets are of {}", fmt::join(stream.widths, ", ")));
  for (const std::string& name : grain.group_by)
    if (!has(stream.group_by, name) && (!stream.open_group_by || name.empty()))
      return refuse(fmt::format("\"{}\" is no dimension of it", name));
  std::sort(grain.group_by.begin(), grain.group_by.end());
  if (std::adjacent_find(grain.group_by.begin(), grain.group_by.end()) != grain.group_by.end())
    return refuse("a dimension is named twice");
  if (grain.group_by.size() > streams::Row::most_texts)
    return refuse(fmt::format("a row has at most {} dimensions", streams::Row::most_texts));
  if (stream.refuse_groups != nullptr)
    if (const std::string why = stream.refuse_groups(grain.group_by); !why.empty())
      return refuse(why);
  settings.bucket_width = std::move(grain.bucket_width);
  settings.group_by = std::move(grain.group_by);
  return settings;
}

Result<void> adds_up(const streams::Descriptor& stream, const streams::StreamSettings& settings,
                     std::string_view api_version) {
  if (stream.snapshot() || stream.observing())
    return Error{
        Errc::argument,
        fmt::format("{} is no report: it has no buckets that could be read again", stream.name)};
  if (stream.make(settings, api_version)->layout().gauges)
    return Error{Errc::argument,
                 fmt::format("documents of {} are states, which add up to nothing", stream.name)};
  return success();
}

}  // namespace anthropic_metrics
