// SPDX-License-Identifier: Apache-2.0
// What the ledger's records add up to, by UTC day and month.
#include "collect/period_totals.hpp"

#include "base/time_text.hpp"
#include "scratch.hpp"
#include "streams/fetcher.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using ledger::BucketRecord;
using ledger::Commit;
using ledger::Lane;
using test::at;
using test::must;
using test::Scratch;

/// A state of usage and cost since a day, and what status would say.
struct State {
  Scratch scratch;
  Settings settings = must(read_settings(
      R"({"admin_api_key": "sk-ant-admin01-fake", "streams": {"rate_limit": {"enabled": false},
          "analytics_cost": {"enabled": true}, "analytics_summary": {"enabled": true}}})"));
  std::unique_ptr<ledger::Ledger> ledger;
  std::optional<PeriodTotals> totals;
  Lane usage = lane("usage"), cost = lane("cost"), analytics = lane("analytics_cost"),
       summary = lane("analytics_summary");

  explicit State(const char* since, bool durable = true)
      : ledger(must(ledger::Ledger::open(durable ? scratch / "state" : std::string()))) {
    totals.emplace(settings, *ledger);
    for (Lane* lane : {&usage, &cost, &analytics, &summary}) {
      lane->origin = lane->cursor = at(since);
      must(ledger->add_lane(*lane, 0));
    }
  }
  static Lane lane(const char* stream) {
    Lane lane;
    lane.stream = stream;
    return lane;
  }

  streams::Layout layout(std::string_view stream) const {
    for (const StreamChoice& choice : settings.streams)
      if (choice.stream->name == stream)
        return choice.stream->make(choice.settings, settings.api_version)->layout();
    FAIL("no such stream");
    return {};
  }
  /// Writes a part of a bucket with one row: of tokens put out, or of cents.
  void emit(const Lane& lane, const char* bucket, std::int64_t output,
            const std::string& cents = "", std::uint32_t part = 0,
            const std::string& currency = "USD",
            const std::optional<ledger::DocumentSum>& added = {}) {
    BucketRecord record;
    record.text = cents + currency;
    ledger::RecordRow& row = record.rows.emplace_back();
    row.row.counts[2] = output;
    if (!cents.empty()) {
      const auto size = static_cast<std::uint32_t>(cents.size());
      row.row.amount = {0, size, streams::Text::State::present};
      const streams::Layout columns = layout(lane.stream);
      for (std::size_t i = 0; i < columns.texts.size(); ++i) row.row.texts[i] = row.row.amount;
      row.row.texts[columns.currency()] = {size, static_cast<std::uint32_t>(currency.size()),
                                           streams::Text::State::present};
    }
    Commit commit;
    commit.lane = lane.id;
    commit.records.push_back({at(bucket), pack(record, layout(lane.stream)), part, added});
    std::vector<Batch> none;
    must(ledger->commit(commit, none));
  }

  /// "current_day" and so on by output tokens or cents; empty if the period is not told.
  std::string told(std::string_view stream, std::string_view period, const char* now,
                   Milliseconds budget = 10s) {
    const auto all = totals->as_of(at(now), budget);
    const auto found = all.find(std::string(stream));
    if (found == all.end()) return {};
    for (const PeriodTotal& total : found->second)
      if (total.period == period) {
        if (total.cents) return total.cents->text();
        for (const auto& [field, sum] : total.counts)
          if (field == "output_tokens") return std::to_string(sum);
      }
    return {};
  }
};

constexpr const char* noon = "2026-11-29T12:00:00Z";

/// Has all sums made.
void must_tell(State& state) {
  (void)state.totals->as_of(at(noon), 10s);
}

}  // namespace

TEST_CASE("totals are what the records of a day and a month add up to") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.usage, "2026-09-30T23:00:00Z", 1'000'000);
  state.emit(state.usage, "2026-10-01T00:00:00Z", 10);
  state.emit(state.usage, "2026-10-31T23:00:00Z", 20);
  state.emit(state.usage, "2026-11-01T00:00:00Z", 400);
  state.emit(state.usage, "2026-11-28T00:00:00Z", 1'000);
  state.emit(state.usage, "2026-11-28T23:00:00Z", 2'000);
  state.emit(state.usage, "2026-11-29T00:00:00Z", 40'000);
  state.emit(state.usage, "2026-11-29T11:00:00Z", 50'000);
  state.emit(state.usage, "2026-11-29T11:00:00Z", 100'000, "", 1);
  state.emit(state.cost, "2026-11-28T00:00:00Z", 0, "12.345");
  state.emit(state.cost, "2026-11-29T00:00:00Z", 0, "0.055");
  state.emit(state.cost, "2026-10-02T00:00:00Z", 0, "0.1");

  CHECK(state.told("usage", "current_day", noon) == "190000");
  CHECK(state.told("usage", "previous_day", noon) == "3000");
  CHECK(state.told("usage", "current_month", noon) == "193400");
  CHECK(state.told("usage", "previous_month", noon) == "30");
  CHECK(state.told("cost", "current_day", noon) == "0.055");
  CHECK(state.told("cost", "current_month", noon) == "12.4");
  CHECK(state.told("cost", "previous_month", noon) == "0.1");
}

TEST_CASE("amounts are found beside whatever rows are grouped by, and states are never summed") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.analytics, "2026-11-28T00:00:00Z", 0, "12.345");
  state.emit(state.analytics, "2026-11-28T00:00:00Z", 0, "1", 1, "EUR");
  state.emit(state.summary, "2026-11-28T00:00:00Z", 7);
  CHECK(state.told("analytics_cost", "previous_day", noon) == "12.345");
  CHECK_FALSE(state.totals->as_of(at(noon), 10s).contains("analytics_summary"));
}

TEST_CASE("a correction changes the total, up or down, and a new day begins at nothing") {
  State state("2026-11-01T00:00:00Z");
  state.emit(state.usage, "2026-11-28T23:00:00Z", 100);
  CHECK(state.told("usage", "previous_day", noon) == "100");
  state.emit(state.usage, "2026-11-28T23:00:00Z", 70);
  CHECK(state.told("usage", "previous_day", noon) == "70");
  CHECK(state.told("usage", "current_day", noon) == "0");
  CHECK(state.told("usage", "previous_day", "2026-11-30T00:00:00Z") == "0");
  CHECK(state.told("usage", "previous_month", "2026-12-01T00:00:00Z") == "70");
}

TEST_CASE("a period to whose beginning the state does not reach back is left out") {
  State state("2026-11-28T12:00:00Z");
  state.emit(state.usage, "2026-11-28T23:00:00Z", 100);
  state.emit(state.usage, "2026-11-29T10:00:00Z", 5);
  CHECK(state.told("usage", "current_day", noon) == "5");
  CHECK(state.told("usage", "previous_day", noon).empty());
  CHECK(state.told("usage", "current_month", noon).empty());

  Commit history;
  history.lane = state.usage.id;
  history.origin = at("2026-11-01T00:00:00Z");
  std::vector<Batch> none;
  must(state.ledger->commit(history, none));
  CHECK(state.told("usage", "current_month", noon) == "105");
  CHECK(state.told("usage", "previous_month", noon).empty());

  must(state.ledger->forget(state.usage.id, at("2026-11-10T00:00:00Z")));
  CHECK(state.told("usage", "current_month", noon).empty());
  CHECK(state.told("usage", "previous_day", noon) == "100");
}

TEST_CASE("lanes of another grain add up, and what an ended one forgot does not matter later") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.usage, "2026-11-29T01:00:00Z", 1);
  Lane next = State::lane("usage");
  next.bucket_width = "1m";
  next.origin = next.cursor = at("2026-11-29T02:00:00Z");
  must(state.ledger->add_lane(next, state.usage.id));
  state.emit(next, "2026-11-29T02:00:00Z", 2);
  CHECK(state.told("usage", "current_day", noon) == "3");
}

TEST_CASE("totals survive a restart, and without a durable state there are none") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.usage, "2026-11-29T01:00:00Z", 7);
  state.totals.reset();
  state.ledger.reset();
  state.ledger = must(ledger::Ledger::open(state.scratch / "state"));
  state.totals.emplace(state.settings, *state.ledger);
  CHECK(state.told("usage", "current_day", noon) == "7");

  State memory("2026-10-01T00:00:00Z", false);
  memory.emit(memory.usage, "2026-11-29T01:00:00Z", 7);
  CHECK(memory.told("usage", "current_day", noon).empty());
}

namespace {

ledger::DocumentSum of_tokens(std::int64_t output) {
  ledger::DocumentSum sum;
  sum.counts[2] = output;
  return sum;
}

}  // namespace

TEST_CASE("of a lane that began in this run nothing is read, and what is written is added") {
  State state("2026-10-01T00:00:00Z");
  const char* const hour = "2026-11-29T01:00:00Z";
  // No time to read, so whatever is told was not read.
  CHECK(state.told("usage", "current_day", noon, -1ms) == "0");
  state.emit(state.usage, hour, 7, "", 0, "USD", of_tokens(7));
  CHECK(state.told("usage", "current_day", noon, -1ms) == "7");
  state.emit(state.usage, hour, 5, "", 0, "USD", of_tokens(-2));
  CHECK(state.told("usage", "current_day", noon, -1ms) == "5");

  SECTION("until somebody writes who does not say what") {
    state.emit(state.usage, hour, 11);
    CHECK(state.told("usage", "current_day", noon, -1ms).empty());
    CHECK(state.told("usage", "current_day", noon) == "11");
    state.emit(state.usage, "2026-11-29T02:00:00Z", 4, "", 0, "USD", of_tokens(4));
    CHECK(state.told("usage", "current_day", noon, -1ms) == "15");
  }
  SECTION("and after a restart a day is read once") {
    state.totals.reset();
    state.ledger.reset();
    state.ledger = must(ledger::Ledger::open(state.scratch / "state"));
    state.totals.emplace(state.settings, *state.ledger);
    state.emit(state.usage, "2026-11-29T02:00:00Z", 4, "", 0, "USD", of_tokens(4));
    CHECK(state.told("usage", "current_day", noon, -1ms).empty());
    CHECK(state.told("usage", "current_day", noon) == "9");
    state.emit(state.usage, "2026-11-29T03:00:00Z", 1, "", 0, "USD", of_tokens(1));
    CHECK(state.told("usage", "current_day", noon, -1ms) == "10");
  }
  SECTION("or it is so old that nobody asks for its sum: what is added to it is not kept") {
    state.emit(state.usage, "2027-03-10T00:00:00Z", 1, "", 0, "USD", of_tokens(1));
    CHECK(state.told("usage", "current_day", noon, -1ms).empty());
    CHECK(state.told("usage", "current_day", noon) == "5");
    state.emit(state.usage, "2026-11-29T02:00:00Z", 4, "", 0, "USD", of_tokens(4));
    CHECK(state.told("usage", "current_day", noon, -1ms).empty());
    CHECK(state.told("usage", "current_day", noon) == "9");
    CHECK(state.told("usage", "current_day", "2027-03-10T12:00:00Z", -1ms) == "1");
  }
  SECTION("or the store is asked what it holds") {
    ledger::Told told;
    told.lane = state.usage.id;
    told.from = at("2026-11-29T00:00:00Z");
    told.to = at("2026-11-29T06:00:00Z");
    std::vector<Batch> none;
    must(state.ledger->tell(told, none));
    CHECK(state.told("usage", "current_day", noon, -1ms).empty());
    CHECK(state.told("usage", "current_day", noon) == "0");
  }
}

TEST_CASE("without time a stream is left out, and known at a later asking") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.usage, "2026-11-29T01:00:00Z", 7);
  CHECK(state.told("usage", "current_day", noon, -1ms).empty());
  CHECK(state.told("usage", "current_day", noon) == "7");
  CHECK(state.told("usage", "current_day", noon, -1ms) == "7");
}

TEST_CASE("money of another currency is in no sum of dollars") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.cost, "2026-11-29T00:00:00Z", 0, "5");
  state.emit(state.cost, "2026-11-29T00:00:00Z", 0, "100", 1, "EUR");
  CHECK(state.told("cost", "current_day", noon) == "5");
}

TEST_CASE("days of money are told apart, before today, with corrections and days of nothing") {
  State state("2026-10-01T00:00:00Z");
  state.emit(state.cost, "2026-11-27T00:00:00Z", 0, "12.345");
  state.emit(state.cost, "2026-11-28T00:00:00Z", 0, "9");
  state.emit(state.cost, "2026-11-28T00:00:00Z", 0, "0.5");  // what it adds up to now
  state.emit(state.cost, "2026-11-26T00:00:00Z", 0, "0");
  state.emit(state.cost, "2026-11-25T00:00:00Z", 0, "7", 0, "EUR");
  state.emit(state.cost, "2026-11-29T00:00:00Z", 0, "100");
  state.emit(state.usage, "2026-11-28T00:00:00Z", 5);
  CHECK(state.totals->daily(at(noon)).empty());  // nothing is summed yet
  must_tell(state);
  const auto daily = state.totals->daily(at(noon));
  REQUIRE(daily.size() == 2);
  CHECK(daily.at("analytics_cost").cents.empty());
  const DailyMoney& cost = daily.at("cost");
  CHECK(cost.today == at("2026-11-29T00:00:00Z"));
  CHECK(cost.from == at("2026-10-01T00:00:00Z"));
  std::string days;
  for (const auto& [day, cents] : cost.cents)
    days += format_rfc3339(day).substr(5, 5) + "=" + cents.text() + " ";
  CHECK(days == "11-26=0 11-27=12.345 11-28=0.5 ");
}

TEST_CASE("days of money reach 61 days back, or as far as the state does") {
  State state("2026-01-01T00:00:00Z");
  state.emit(state.cost, "2026-09-28T00:00:00Z", 0, "1");
  state.emit(state.cost, "2026-09-29T00:00:00Z", 0, "2");
  must_tell(state);
  DailyMoney cost = state.totals->daily(at(noon)).at("cost");
  CHECK(cost.from == at("2026-09-29T00:00:00Z"));
  CHECK(cost.cents.size() == 1);
  must(state.ledger->forget(state.cost.id, at("2026-11-10T00:00:00Z")));
  must_tell(state);
  CHECK(state.totals->daily(at(noon)).at("cost").from == at("2026-11-10T00:00:00Z"));

  State memory("2026-10-01T00:00:00Z", false);
  memory.emit(memory.cost, "2026-11-28T00:00:00Z", 0, "7");
  must_tell(memory);
  CHECK(memory.totals->daily(at(noon)).empty());
}

}  // namespace anthropic_metrics
