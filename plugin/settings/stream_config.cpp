// SPDX-License-Identifier: Apache-2.0
#include "settings/stream_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "streams/report.hpp"

namespace anthropic_metrics::streams {
namespace {

/// Elastic's rule for the namespace of a data stream.
bool usable_namespace(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::none_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) < 0x20 ||
           std::string_view("-\\/*?\"<>| ,#:").find(c) != std::string_view::npos;
  });
}

/// "<name>.<stream>", where the name has parts of small letters, digits and '_' between dots.
bool usable_dataset(std::string_view text, std::string_view stream) {
  if (text.size() > 100 || text.size() <= stream.size() + 1) return false;
  const std::size_t dot = text.size() - stream.size() - 1;
  if (text[dot] != '.' || text.substr(dot + 1) != stream) return false;
  char before = '.';
  for (const char c : text.substr(0, dot + 1)) {
    if (c == '.' ? before == '.' : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
    before = c;
  }
  return true;
}

bool dimension_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

/// Names that a grouping must not have, because the documents use them for something else.
bool taken(const Descriptor& stream, const StreamSettings& settings, std::string_view name) {
  for (const char* own : {"bucket_start_time", "bucket_end_time", "bucket_width", "group_by",
                          "revision", "total", "api_key_source", "amount"})
    if (name == own) return true;
  StreamSettings plain = settings;
  plain.group_by.clear();
  if (plain.bucket_width.empty() || stream.make == nullptr) return false;
  const auto fetcher = stream.make(plain, "");
  const Layout& layout = fetcher->layout();
  return std::any_of(layout.counts.begin(), layout.counts.end(),
                     [&](const CountColumn& c) {
                       return c.field == name || c.path == name ||
                              c.path.substr(0, c.path.find('.')) == name;
                     }) ||
         std::any_of(layout.sums.begin(), layout.sums.end(),
                     [&](const SumColumn& s) { return s.field == name; });
}

void read_group_by(ConfigReader& in, const Descriptor& stream, StreamSettings& settings) {
  std::vector<std::string> groups = in.texts("group_by");
  const std::string refused =
      stream.refuse_groups != nullptr ? stream.refuse_groups(groups) : std::string();
  if (!refused.empty()) in.fault("group_by", fmt::format("[{}]", fmt::join(groups, ", ")), refused);
  for (const std::string& name : groups) {
    if (!refused.empty()) break;
    if (std::find(stream.group_by.begin(), stream.group_by.end(), name) != stream.group_by.end())
      continue;
    const bool passes =
        stream.open_group_by && dimension_name(name) && !taken(stream, settings, name);
    if (!passes)
      in.fault("group_by", fmt::format("\"{}\"", name),
               fmt::format("is no dimension of this report; use some of {}",
                           fmt::join(stream.group_by, ", ")));
  }
  // Order does not matter to the API; sorted, it does not matter to the identity of rows either.
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  if (groups.size() > Row::most_texts)
    in.fault("group_by", "", fmt::format("names more than {} dimensions", Row::most_texts));
  settings.group_by = std::move(groups);
}

std::vector<Tier> read_tiers(ConfigReader& in, const Descriptor& stream) {
  auto parts = in.parts("look_back");
  if (!in.has("look_back")) return stream.tiers;
  std::vector<Tier> tiers;
  for (ConfigReader& part : parts) {
    const Tier tier{part.duration("depth"), part.duration("every")};
    if (!part.has("depth"))
      part.fault("depth", "", "is needed: how far back to read, such as \"26h\"");
    part.refuse_unknown_keys();
    tiers.push_back(tier);
  }
  std::sort(tiers.begin(), tiers.end(),
            [](const Tier& a, const Tier& b) { return a.look_back < b.look_back; });
  return tiers;
}

void read_backfill(ConfigReader& in, StreamSettings& settings) {
  const std::string text = in.text("backfill_from");
  if (text.empty()) return;
  // A date alone means its first moment.
  settings.backfill_from = parse_date_or_time(text);
  if (!settings.backfill_from)
    in.fault(
        "backfill_from", fmt::format("\"{}\"", text),
        "expected a date or an RFC 3339 time, such as \"2026-01-01\" or \"2026-01-01T00:00:00Z\"");
}

}  // namespace

void read_common_settings(ConfigReader& in, bool inherited, StreamSettings& settings) {
  const auto said = [&](std::string_view key) { return !inherited || in.has(key); };
  if (said("namespace")) {
    settings.data_stream_namespace = in.text("namespace");
    if (!usable_namespace(settings.data_stream_namespace))
      in.fault(
          "namespace", fmt::format("\"{}\"", settings.data_stream_namespace),
          "expected lower case without blanks, '-' and any of \\/*?\"<>|,#: and at most 100 bytes");
  }
  if (said("tags")) {
    settings.tags = in.texts("tags");
    if (std::find(settings.tags.begin(), settings.tags.end(), "") != settings.tags.end())
      in.fault("tags", "\"\"", "expected no empty tag; remove it");
  }
  if (said("preserve_original_event"))
    settings.preserve_original_event = in.boolean("preserve_original_event");
}

void read_personal_data(ConfigReader& in, bool inherited, StreamSettings& settings) {
  if (inherited && !in.has("personal_data")) return;
  const auto mode = parse_personal_data(in.choice("personal_data"));
  settings.personal = Personal(mode.value_or(PersonalData::none));
}

StreamSettings read_stream_settings(const Descriptor& stream, ConfigReader in,
                                    const StreamSettings& common) {
  StreamSettings settings = common;
  read_common_settings(in, true, settings);
  if (stream.personal) read_personal_data(in, true, settings);
  settings.enabled = in.boolean("enabled");
  settings.dataset = in.text("dataset");
  if (!usable_dataset(settings.dataset, stream.name))
    in.fault("dataset", fmt::format("\"{}\"", settings.dataset),
             fmt::format("expected a name of small letters, digits and '_', a dot and {}, at most "
                         "100 bytes, such as claude_metrics.{}",
                         stream.name, stream.name));
  settings.interval = in.duration("interval");
  if (!stream.snapshot()) {
    settings.initial_interval = in.duration("initial_interval");
    settings.settle = in.duration("settle");
    settings.bucket_width =
        stream.widths.size() > 1 ? in.choice("bucket_width") : std::string(stream.widths.front());
    if (!stream.group_by.empty()) read_group_by(in, stream, settings);
    settings.tiers = read_tiers(in, stream);
    read_backfill(in, settings);
  }
  in.refuse_unknown_keys();
  return settings;
}

StreamSettings read_stream_settings(const Descriptor& stream, const boost::json::object& object,
                                    const std::string& pointer, const StreamSettings& common,
                                    Faults& faults) {
  const Setting whole = stream_settings(stream);
  return read_stream_settings(stream, ConfigReader(object, whole.settings, pointer, faults),
                              common);
}

}  // namespace anthropic_metrics::streams
