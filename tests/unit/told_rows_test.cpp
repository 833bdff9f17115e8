// SPDX-License-Identifier: Apache-2.0
// Rows as a store adds them up, read into records.
#include "collect/told_rows.hpp"

#include <fmt/format.h>

#include "ledger/record.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::at;
using test::contains;
using test::failure;
using test::must;

const Instant start = at("2026-09-01T00:00:00Z");
const std::string organization = "org-1";

/// Reads rows of a stream's window of a day.
struct Reader {
  streams::StreamSettings settings;
  std::string stream;
  Grain grain;
  std::unique_ptr<streams::Fetcher> fetcher;
  RowKeys keys;
  std::map<std::string, std::vector<std::int64_t>> beyond{};

  Reader(const std::string& name, const std::string& width, std::vector<std::string> groups)
      : settings(of(width, std::move(groups))),
        stream(name),
        grain{settings.bucket_width, settings.group_by},
        fetcher(streams::find(name)->make(settings, "2023-06-01")),
        keys(fetcher->layout(), {organization, "d", width, settings.group_by}) {}
  static streams::StreamSettings of(const std::string& width, std::vector<std::string> groups) {
    streams::StreamSettings settings;
    settings.bucket_width = width;
    settings.group_by = std::move(groups);
    return settings;
  }

  Result<std::vector<ledger::Commit::Record>> read(const std::string& rows,
                                                   const KeptRows& keep = {}) {
    const ToldOf of{stream,
                    grain,
                    grain,
                    organization,
                    fetcher->layout(),
                    {start, start + std::chrono::days(1)},
                    fetcher->width()};
    return told_records(rows, of, keys, keep,
                        [&](Instant, const std::string& text, const ledger::RecordRow& row,
                            const std::vector<std::int64_t>& more) {
                          const auto& place = row.row.texts[0];
                          beyond[text.substr(place.offset, place.size)] = more;
                        });
  }
  ledger::BucketRecord record(const std::string& rows) {
    const auto records = must(read(rows));
    REQUIRE(records.size() == 1);
    return must(ledger::unpack(records.front().bytes));
  }
};

std::string usage(const std::string& members, const std::string& hour = "00") {
  return fmt::format(
      R"({{"anthropic":{{"usage":{{"bucket_start_time":"2026-09-01T{}:00:00Z"{}}}}}}})"
      "\n",
      hour, members);
}
std::string cost(const std::string& members) {
  return fmt::format(
      R"({{"anthropic":{{"cost":{{"bucket_start_time":"2026-09-01T00:00:00Z"{}}}}}}})"
      "\n",
      members);
}

TEST_CASE("a row's texts, measures and revision become its record") {
  Reader reader("usage", "1h", {"model", "workspace_id"});
  const auto record = reader.record(
      usage(R"(,"model":"m","workspace_id":"w","output_tokens":7,"web_search_requests":-2,)"
            R"("cache_creation_5m_input_tokens":3,"cache_creation_input_tokens":3,"revision":4)"));
  REQUIRE(record.rows.size() == 1);
  const ledger::RecordRow& row = record.rows.front();
  CHECK(row.revision == 4);
  CHECK_FALSE(row.set_aside);
  CHECK(record.view(row.row.texts[0]) == "m");
  CHECK(record.view(row.row.texts[1]) == "w");
  CHECK(row.row.counts[2] == 7);
  CHECK(row.row.counts[3] == 3);
  CHECK(row.row.counts[5] == -2);
  CHECK(row.row.counts[0] == 0);
  reader.keys.begin(start.time_since_epoch().count());
  CHECK(row.key == reader.keys.of(record.text, row.row));
  CHECK(reader.beyond.empty());
}

TEST_CASE("the text of a null member, null and a member that is missing are the same row") {
  Reader reader("usage", "1h", {"api_key_id", "workspace_id"});
  const auto key = [&](const std::string& members) {
    return reader.record(usage(members)).rows[0].key;
  };
  const RowKey null = key("");
  CHECK(key(R"(,"workspace_id":"Default","api_key_source":"console")") == null);
  CHECK(key(R"(,"workspace_id":null,"api_key_id":null)") == null);
  CHECK(key(R"(,"workspace_id":"w")") != null);
}

TEST_CASE("money is read from its exact text, else from the number as it is written") {
  Reader reader("cost", "1d", {"workspace_id"});
  const auto amount = [&](const std::string& members) {
    const auto record = reader.record(cost(members));
    return std::string(record.view(record.rows[0].row.amount));
  };
  CHECK(amount(R"(,"amount":1.5,"amount_exact":"0.1000000000000000000000000001")") ==
        "0.1000000000000000000000000001");
  CHECK(amount(R"(,"amount":123456789012345678901.123456789)") ==
        "123456789012345678901.123456789");
  CHECK(amount(R"(,"amount":-2.50e1)") == "-25");
  CHECK(amount("") == "0");
  CHECK(contains(failure(reader.read(cost(R"(,"amount_exact":"much")"))).message,
                 "row 1: anthropic.cost.amount_exact is \"much\": expected an amount of money"));
}

TEST_CASE("a derived sum that is not that of its parts is told, and raises the revision") {
  Reader reader("usage", "1h", {"model"});
  const auto record = reader.record(
      usage(R"(,"model":"a","cache_creation_input_tokens":9,"revision":2)") +
      usage(R"(,"model":"b","cache_creation_1h_input_tokens":4,"cache_creation_input_tokens":1)") +
      usage(R"(,"model":"c","cache_creation_1h_input_tokens":4)"));
  CHECK(reader.beyond == std::map<std::string, std::vector<std::int64_t>>{{"a", {9}}, {"b", {-3}}});
  CHECK(record.rows[0].revision == 3);
  CHECK(record.rows[1].revision == 1);
  CHECK(record.rows[2].revision == 0);
}

TEST_CASE("rows that were set aside stay known, also in buckets of which nothing is told") {
  Reader reader("usage", "1h", {"model"});
  ledger::RecordRow odd;
  odd.set_aside = true;
  odd.key[0] = 7;
  const auto records = must(reader.read(usage(R"(,"model":"m")", "05"),
                                        {{start, {odd}}, {start + std::chrono::hours(5), {odd}}}));
  REQUIRE(records.size() == 2);
  for (const auto& one : records) {
    CHECK(one.part == 0);
    const auto record = must(ledger::unpack(one.bytes));
    CHECK(record.rows.size() == (one.bucket == start ? 1u : 2u));
    CHECK(record.rows[0].set_aside);
  }
}

TEST_CASE("a large bucket is told in parts, in whatever order its rows come") {
  Reader reader("usage", "1h", {"model"});
  std::string rows;
  for (int i = 0; i < 5000; ++i)
    rows += usage(fmt::format(R"(,"model":"m{}","output_tokens":1)", i), i % 2 == 0 ? "01" : "02");
  const auto records = must(reader.read(rows));
  std::map<Instant, std::uint32_t> parts;
  std::size_t found = 0;
  for (const auto& record : records) {
    CHECK(record.part == parts[record.bucket]++);
    found += must(ledger::unpack(record.bytes)).rows.size();
  }
  CHECK(found == 5000);
}

TEST_CASE("rows of another grain, organization or bucket, and rows that are none, are refused") {
  Reader reader("usage", "1h", {"model"});
  const auto refusal = [&](const std::string& rows) {
    const Error error = failure(reader.read(rows));
    CHECK(error.code == Errc::argument);
    return error.message;
  };
  CHECK(refusal(usage(R"(,"model":"m")") + "\n" + usage(R"(,"group_by":["workspace_id"])")) ==
        "row 3: it is of 1h [workspace_id], and another one of 1h [model]; tell rows of one grain");
  CHECK(refusal(usage(R"(,"workspace_id":"w")")) ==
        "row 1: anthropic.usage.workspace_id is \"w\": expected no such dimension where rows are "
        "grouped by [model]");
  CHECK(
      refusal(
          R"({"organization":{"id":"other"},"anthropic":{"usage":{"bucket_start_time":"2026-09-01T00:00:00Z"}}})") ==
      "row 1: it is of organization other; this instance collects org-1");
  CHECK(contains(refusal(usage(R"(,"output_tokens":1.5)")), "expected a whole number of 64 bits"));
  CHECK(contains(refusal(usage(R"(,"output_tokens":9223372036854775808)")),
                 "expected a whole number"));
  CHECK(contains(refusal(usage(R"(,"revision":2147483647)")),
                 "expected a whole number of 0 or more"));
  CHECK(contains(refusal(usage(R"(,"model":3)")), "expected a text"));
  CHECK(contains(refusal("nonsense\n"), "row 1: \"nonsense\" is no JSON object"));
  CHECK(contains(refusal(usage("", "0a")), "expected the start of a bucket"));
}

TEST_CASE("the first row tells the grain, and what it does not say is the configured one") {
  const Grain configured{"1h", {"model"}};
  CHECK(must(told_grain("", "usage", configured)) == configured);
  CHECK(must(told_grain(usage(""), "usage", configured)) == configured);
  CHECK(must(told_grain("\n" + usage(R"(,"bucket_width":"1d","group_by":[])"), "usage",
                        configured)) == Grain{"1d", {}});
}

}  // namespace
}  // namespace anthropic_metrics
