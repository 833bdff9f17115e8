// SPDX-License-Identifier: Apache-2.0
#include "run/history_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>
#include <map>

#include "bucket_width.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::optional<std::chrono::sys_days> day_of(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t length) -> std::optional<int> {
    int value = 0;
    const char* end = text.data() + at + length;
    const auto [rest, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(0, 4);
  const auto month = number(5, 2);
  const auto day = number(8, 2);
  if (!year || !month || !day || *month < 0 || *day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

const json::value* member(const json::value* value, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    const auto* map = value == nullptr ? nullptr : value->if_object();
    value = map == nullptr ? nullptr : map->if_contains(json::string_view(key.data(), key.size()));
  }
  return value;
}

std::string number(double value) {
  return grouped(fmt::format("{:.0f}", std::max(0.0, value)));
}

std::string megabytes(double bytes) {
  return number(std::ceil(bytes / 1e6)) + " MB";
}

constexpr const char* remedy =
    "it does not fit, and collecting will wait when the output is full; raise its "
    "'number_of_files' or 'rotate_every_kb', or remove files that were shipped meanwhile";

Forecast judged(std::string text, double bytes, const std::string& output, const Room& room) {
  if (!room) return {LogLevel::info, text + "; standard output has no limit"};
  const bool fits = bytes <= static_cast<double>(*room);
  text += fmt::format("; output '{}' has room for {}: {}", output,
                      megabytes(static_cast<double>(*room)), fits ? "it fits" : remedy);
  return {fits ? LogLevel::info : LogLevel::warn, std::move(text)};
}

}  // namespace

std::optional<HistorySize> history_size(std::string_view from, std::string_view width,
                                        std::chrono::sys_seconds now) {
  const auto begin = day_of(from);
  const auto* known = std::find_if(bucket_widths.begin(), bucket_widths.end(),
                                   [&](const BucketWidth& row) { return row.name == width; });
  if (!begin || known == bucket_widths.end() || now < *begin) return std::nullopt;
  const std::int64_t buckets = ((now - *begin).count() + known->seconds - 1) / known->seconds;
  return HistorySize{
      std::string(width), static_cast<std::uint64_t>(buckets),
      static_cast<std::uint64_t>((buckets + known->per_request - 1) / known->per_request)};
}

std::string width_of(const json::object& config, const json::value& schema,
                     std::string_view stream) {
  const json::value given = config;
  const auto* set = member(&given, {"streams", stream, "bucket_width"});
  if (set == nullptr)
    set = member(&schema, {"properties", "streams", "properties", stream, "properties",
                           "bucket_width", "default"});
  const auto* text = set == nullptr ? nullptr : set->if_string();
  return text == nullptr ? "1d" : std::string(text->data(), text->size());
}

std::optional<DocumentSample> sample_of(std::string_view lines) {
  std::map<std::string, std::uint64_t> buckets;
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
  for (std::size_t end = 0; (end = lines.find('\n')) != std::string_view::npos;
       lines.remove_prefix(end + 1)) {
    boost::system::error_code error;
    const json::value document = json::parse(json::string_view(lines.data(), end), error);
    const auto* time = error ? nullptr : member(&document, {"@timestamp"});
    if (time == nullptr || !time->is_string()) continue;
    ++buckets[time->get_string().c_str()];
    ++documents;
    bytes += end + 1;
  }
  if (buckets.size() < 3) return std::nullopt;
  const auto least =
      std::min_element(buckets.begin(), buckets.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      })->second;
  const auto most =
      std::max_element(buckets.begin(), buckets.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      })->second;
  return DocumentSample{
      static_cast<double>(documents - least - most) / static_cast<double>(buckets.size() - 2),
      static_cast<double>(bytes) / static_cast<double>(documents)};
}

Forecast forecast(const std::string& stream, const std::string& from, const HistorySize& size,
                  const std::optional<DocumentSample>& sample, const std::string& output,
                  const Room& room) {
  const auto buckets = static_cast<double>(size.buckets);
  std::string text =
      fmt::format("{}: history from {} is at most {} buckets of {}, {} requests", stream, from,
                  number(buckets), size.width, number(static_cast<double>(size.requests)));
  if (sample) {
    const double documents = buckets * sample->per_bucket;
    text += fmt::format(
        "; with {:.1f} documents of {} bytes in each, as in the files so far, about "
        "{} documents, {}",
        sample->per_bucket, number(sample->bytes), number(documents),
        megabytes(documents * sample->bytes));
    return judged(std::move(text), documents * sample->bytes, output, room);
  }
  text += "; how many documents that is will be known when the first are read";
  if (!room) return {LogLevel::info, text + "; standard output has no limit"};
  constexpr double usual_bytes = 1100;
  const double fit = static_cast<double>(*room) / usual_bytes / std::max(buckets, 1.0);
  text += fmt::format("; output '{}' has room for {}, about {} documents of 1.1 KB in each bucket",
                      output, megabytes(static_cast<double>(*room)), number(std::floor(fit)));
  return {fit < 1 ? LogLevel::warn : LogLevel::info, std::move(text)};
}

Forecast forecast_of_rest(const std::string& stream, const HistoryRate& rate,
                          const std::string& output, const Room& room) {
  const double factor = rate.share > 0 ? rate.left / rate.share : 0;
  const double documents = static_cast<double>(rate.documents) * factor;
  const double bytes = static_cast<double>(rate.bytes) * factor;
  return judged(fmt::format("{}: about {} documents, {}, are still to come", stream,
                            number(documents), megabytes(bytes)),
                bytes, output, room);
}

}  // namespace anthropic_metrics::host
