// SPDX-License-Identifier: Apache-2.0
#include "run/history_forecast.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "output_setup.hpp"
#include "outputs/file_room.hpp"
#include "run/history_watch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
namespace json = boost::json;

namespace {

constexpr std::chrono::sys_seconds noon =
    std::chrono::sys_days(std::chrono::year(2026) / 9 / 30) + std::chrono::hours(12);

std::string hours(int count, int rows) {
  std::string text;
  for (int hour = 0; hour < count; ++hour)
    for (int row = 0; row < rows; ++row)
      text += R"({"@timestamp":"2026-09-01T0)" + std::to_string(hour) + ":00:00Z\"}\n";
  return text;
}

}  // namespace

TEST_CASE("the buckets and requests of a history follow from its beginning and their width") {
  struct Case {
    std::string from;
    std::string width;
    std::optional<HistorySize> size;
  };
  const std::vector<Case> cases{
      {"2026-09-30", "1h", HistorySize{"1h", 12, 1}},
      {"2026-09-30T08:00:00Z", "1h", HistorySize{"1h", 12, 1}},
      {"2025-09-30", "1h", HistorySize{"1h", 8772, 53}},
      {"2026-09-23", "1h", HistorySize{"1h", 180, 2}},
      {"2026-09-01", "1d", HistorySize{"1d", 30, 1}},
      {"2026-09-29", "1m", HistorySize{"1m", 2160, 2}},
      {"2027-01-01", "1h", std::nullopt},
      {"2026-13-01", "1h", std::nullopt},
      {"yesterday", "1h", std::nullopt},
      {"2026-09-30", "7m", std::nullopt},
  };
  for (const Case& row : cases) {
    CAPTURE(row.from, row.width);
    CHECK(history_size(row.from, row.width, noon) == row.size);
  }
}

TEST_CASE("the width is that of the settings, else the plugin's default, else a day") {
  const json::value schema = json::parse(
      R"({"properties":{"streams":{"properties":{"usage":{"properties":{"bucket_width":
          {"default":"1h"}}},"cost":{"properties":{}}}}}})");
  const json::object config =
      json::parse(R"({"streams":{"usage":{"bucket_width":"1m"}}})").as_object();
  CHECK(width_of(config, schema, "usage") == "1m");
  CHECK(width_of({}, schema, "usage") == "1h");
  CHECK(width_of({}, schema, "cost") == "1d");
  CHECK(width_of({}, {}, "usage") == "1d");
}

TEST_CASE("a sample leaves out the buckets at its ends and lines that are no documents") {
  const auto sample = sample_of("{\"torn\n" + hours(5, 4) + hours(1, 2));
  REQUIRE(sample);
  CHECK(sample->per_bucket == Catch::Approx(4.0));
  CHECK(sample->bytes == Catch::Approx(static_cast<double>(hours(1, 1).size())));
  CHECK(!sample_of(hours(2, 9)));
  CHECK(!sample_of(""));
}

TEST_CASE("a forecast says what is known, and warns if the output will not take it") {
  const HistorySize year{"1h", 8760, 53};
  const Forecast unknown = forecast("usage", "2025-09-30", year, std::nullopt, "files", 1073741824);
  CHECK(unknown.level == LogLevel::info);
  CHECK(unknown.text ==
        "usage: history from 2025-09-30 is at most 8,760 buckets of 1h, 53 requests; how many "
        "documents that is will be known when the first are read; output 'files' has room for "
        "1,074 MB, about 111 documents of 1.1 KB in each bucket");
  CHECK(forecast("usage", "2025-09-30", year, std::nullopt, "files", 1'000'000).level ==
        LogLevel::warn);
  CHECK_THAT(forecast("usage", "2025-09-30", year, std::nullopt, "out", Room{}).text,
             ContainsSubstring("standard output has no limit"));

  const Forecast fits =
      forecast("usage", "2025-09-30", year, DocumentSample{24, 1050}, "files", 1073741824);
  CHECK(fits.level == LogLevel::info);
  CHECK_THAT(fits.text,
             ContainsSubstring("about 210,240 documents, 221 MB; output 'files' has room "
                               "for 1,074 MB: it fits"));
  const Forecast too_much =
      forecast("usage", "2025-09-30", year, DocumentSample{240, 1050}, "files", 1073741824);
  CHECK(too_much.level == LogLevel::warn);
  CHECK_THAT(too_much.text,
             ContainsSubstring("does not fit") && ContainsSubstring("raise its 'number_of_files'"));
}

TEST_CASE("the rest of a history is as dense as what was read") {
  const Forecast rest =
      forecast_of_rest("usage", {4000, 4'200'000, 0.02, 0.98}, "files", 100'000'000);
  CHECK(rest.level == LogLevel::warn);
  CHECK_THAT(rest.text, ContainsSubstring("about 196,000 documents, 206 MB, are still to come") &&
                            ContainsSubstring("does not fit"));
  CHECK(forecast_of_rest("usage", {1, 1, 0, 1}, "files", 1).level == LogLevel::info);
}

TEST_CASE("the room of an output is what its files still take, at most what the disk does") {
  Scratch scratch;
  FileSettings output = output_in(scratch);
  output.rotate_every_kb = 1;
  output.number_of_files = 3;
  CHECK(room_in(output, targets[0]) == 3072);
  write(scratch / usage_file, std::string(100, 'x'));
  CHECK(room_in(output, targets[0]) == 2972);
  write(scratch / (usage_file + ".1"), "short");
  CHECK(room_in(output, targets[0]) == 1948);
  output.rotate_every_kb = 1'000'000'000;
  output.number_of_files = 1024;
  CHECK(*room_in(output, targets[1]) < std::uint64_t{1024} * 1'000'000'000 * 1024);
}

TEST_CASE("a history is told of before it is read, with what the files so far are like") {
  Scratch scratch;
  LogFile log;
  FileSettings output = output_in(scratch);
  output.rotate_every_kb = 1;
  write(scratch / usage_file, hours(5, 100));
  const auto files = std::make_shared<FileOutput>("default", output);
  const WrittenCount written;
  HistoryWatch watch({{"acme", "usage", "2020-01-01", "1h", files, targets[0]},
                      {"acme", "cost", "2020-01-01", "1d", files, targets[1]}},
                     written, log.log);

  watch.tell_before();

  const auto said = lines(log.text());
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[0], ContainsSubstring("warn  acme/backfill: usage: history from 2020-01-01") &&
                          ContainsSubstring("with 100.0 documents of 38 bytes in each") &&
                          ContainsSubstring("does not fit"));
  CHECK_THAT(said[1], ContainsSubstring("cost: history from 2020-01-01") &&
                          ContainsSubstring("buckets of 1d"));
}
