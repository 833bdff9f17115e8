// SPDX-License-Identifier: Apache-2.0
// The truth about tokens: consistent across groupings and widths, still unless told to change.
#include <algorithm>
#include <map>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

UsageQuery query(std::string_view start, std::string_view end, Width width,
                 std::initializer_list<Dimension> group_by = {}) {
  UsageQuery result{time(start), time(end), width, {}, {}};
  for (const Dimension dimension : group_by) result.group_by.set(index(dimension));
  return result;
}

Counters total(const std::vector<UsageSum>& sums) {
  Counters result{};
  for (const UsageSum& sum : sums) add(result, sum.counters);
  return result;
}

const std::initializer_list<Dimension> usual{Dimension::model, Dimension::workspace_id,
                                             Dimension::service_tier, Dimension::inference_geo};

}  // namespace

TEST_CASE("The sum over rows does not depend on the grouping") {
  Options options;
  options.seed = 11;
  INFO("seed " << options.seed);
  const Simulator simulator(options);
  const Instant as_of = time("2026-11-04T13:00:00Z");
  auto sum = [&](std::initializer_list<Dimension> group_by) {
    return total(simulator.usage(
        query("2026-11-04T00:00:00Z", "2026-11-04T12:00:00Z", Width::hour, group_by), as_of));
  };

  const Counters ungrouped = sum({});

  CHECK(ungrouped[output] > 0);
  CHECK(sum(usual) == ungrouped);
  for (std::size_t d = 0; d < dimension_count; ++d) {
    INFO(dimension_names[d]);
    CHECK(sum({static_cast<Dimension>(d)}) == ungrouped);
  }
}

TEST_CASE("Minutes add up to hours and hours to days") {
  Options options;
  options.seed = 12;
  INFO("seed " << options.seed);
  const Simulator simulator(options);
  // Yesterday, as known now: late, restated and vanishing rows are under way.
  const Instant as_of = time("2026-11-04T03:00:00Z");
  std::map<std::array<std::string, dimension_count>, Counters> by_width[3];
  for (const Width width : {Width::minute, Width::hour, Width::day}) {
    for (const auto& row : simulator.usage(
             query("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", width, usual), as_of)) {
      add(by_width[static_cast<int>(width)][row.dimensions], row.counters);
    }
  }

  CHECK(by_width[0] == by_width[1]);
  CHECK(by_width[1] == by_width[2]);
}

TEST_CASE("The API reports what the truth says") {
  Options options;
  Simulator simulator(options);
  INFO("seed " << options.seed);
  const json::value page =
      ask(simulator, usage_path +
                         "?bucket_width=1h&limit=168&starting_at=2026-11-01T00:00:00Z&group_by[]="
                         "model&group_by[]=workspace_id");
  const auto truth =
      simulator.usage(query("2026-11-01T00:00:00Z", "2026-11-04T12:00:00Z", Width::hour,
                            {Dimension::model, Dimension::workspace_id}),
                      simulator.now());
  std::size_t rows = 0;
  for (const auto& bucket : page.at("data").as_array()) {
    for (const auto& row : bucket.at("results").as_array()) {
      REQUIRE(rows < truth.size());
      const UsageSum& sum = truth[rows++];
      CHECK(time(text(bucket.at("starting_at"))) == sum.start);
      CHECK(text(row.at("model")) == sum.dimension(Dimension::model));
      CHECK((row.at("workspace_id").is_null() ? "" : text(row.at("workspace_id"))) ==
            sum.dimension(Dimension::workspace_id));
      CHECK(row.at("cache_creation").at("ephemeral_1h_input_tokens").as_int64() ==
            sum.counters[cache_write_1h]);
      CHECK(row.at("uncached_input_tokens").as_int64() == sum.counters[uncached_input]);
    }
  }
  CHECK(rows == truth.size());
}

TEST_CASE("Settled values never change when nothing is late, restated or vanishing") {
  const Simulator simulator(calm_options());
  const auto days = query("2026-11-01T00:00:00Z", "2026-11-04T00:00:00Z", Width::day, usual);
  auto at = [&](const char* as_of) {
    std::vector<Counters> counters;
    for (const auto& row : simulator.usage(days, time(as_of))) counters.push_back(row.counters);
    return counters;
  };

  CHECK(at("2026-11-04T00:00:00Z") == at("2026-11-04T12:00:00Z"));
  CHECK(at("2026-11-04T00:00:00Z") == at("2027-01-01T00:00:00Z"));
}

TEST_CASE("Late tokens are missing first and arrive within the configured time") {
  Options options = calm_options();
  options.late_rate = 0.2;
  const Simulator late(options);
  const Simulator calm(calm_options());
  const auto hour = query("2026-11-04T09:00:00Z", "2026-11-04T10:00:00Z", Width::hour);
  const auto at = [&](const Simulator& simulator, std::chrono::minutes after) {
    return total(simulator.usage(hour, time("2026-11-04T10:00:00Z") + after))[output];
  };
  using std::chrono::hours;
  using std::chrono::minutes;

  CHECK(at(late, minutes{0}) < at(late, minutes{30}));
  CHECK(at(late, minutes{30}) < at(calm, minutes{30}));
  CHECK(at(late, hours{7}) == at(calm, hours{7}));
}

TEST_CASE("Restated hours go up and down, once, and then stay") {
  Options options = calm_options();
  options.restate_rate = 0.5;
  const Simulator simulator(options);
  const auto day = query("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", Width::hour, usual);
  std::map<std::pair<Instant, std::array<std::string, dimension_count>>, Counters> first, last,
      later;
  for (const auto& row : simulator.usage(day, time("2026-11-02T02:00:00Z")))
    first[{row.start, row.dimensions}] = row.counters;
  for (const auto& row : simulator.usage(day, time("2026-11-05T02:00:00Z")))
    last[{row.start, row.dimensions}] = row.counters;
  for (const auto& row : simulator.usage(day, time("2026-12-05T02:00:00Z")))
    later[{row.start, row.dimensions}] = row.counters;
  int up = 0, down = 0;
  for (const auto& [key, counters] : first) {
    up += last[key][cache_read] > counters[cache_read] ? 1 : 0;
    down += last[key][cache_read] < counters[cache_read] ? 1 : 0;
  }

  CHECK(up > 0);
  CHECK(down > 0);
  CHECK(last == later);
}

TEST_CASE("Rows vanish from the default workspace and turn up under an id, or not at all") {
  Options options = calm_options();
  options.vanish_rate = 0.3;
  const Simulator simulator(options);
  const auto hours = query("2026-11-02T08:00:00Z", "2026-11-02T16:00:00Z", Width::hour, usual);
  using Key = std::pair<Instant, std::array<std::string, dimension_count>>;
  std::map<Key, Counters> before, after;
  for (const auto& row : simulator.usage(hours, time("2026-11-02T16:00:00Z")))
    before[{row.start, row.dimensions}] = row.counters;
  for (const auto& row : simulator.usage(hours, time("2026-11-06T16:00:00Z")))
    after[{row.start, row.dimensions}] = row.counters;
  int vanished_from_default = 0, vanished_elsewhere = 0, appeared = 0;
  for (const auto& [key, counters] : before) {
    if (after.contains(key)) continue;
    (key.second[index(Dimension::workspace_id)].empty() ? vanished_from_default
                                                        : vanished_elsewhere) += 1;
  }
  for (const auto& [key, counters] : after) appeared += before.contains(key) ? 0 : 1;

  CHECK(vanished_from_default > 0);
  CHECK(vanished_elsewhere > 0);
  CHECK(appeared > 0);
}

TEST_CASE(
    "Usage follows the day and the week, leaves some buckets empty and passes 32 bits a day") {
  const Simulator simulator(calm_options());
  auto of = [&](const char* start, const char* end) {
    return total(simulator.usage(query(start, end, Width::hour), simulator.now()));
  };
  CHECK(of("2026-10-29T14:00:00Z", "2026-10-29T16:00:00Z")[cache_read] >
        2 * of("2026-10-29T02:00:00Z", "2026-10-29T04:00:00Z")[cache_read]);
  CHECK(of("2026-10-27T00:00:00Z", "2026-10-30T00:00:00Z")[cache_read] >
        of("2026-10-31T00:00:00Z", "2026-11-01T00:00:00Z")[cache_read] * 3);
  CHECK(of("2026-10-29T00:00:00Z", "2026-10-30T00:00:00Z")[cache_read] > (std::int64_t{1} << 31));

  // Rows of an ungrouped month: fewer than its hours.
  const auto month = simulator.usage(
      query("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", Width::hour), simulator.now());
  CHECK(month.size() < 744);
  CHECK(month.size() > 600);
}

TEST_CASE("Empty buckets are present, and nothing happened before history began") {
  Options options = calm_options();
  options.history_start = time("2026-11-03T00:00:00Z");
  Simulator simulator(options);

  const json::value page =
      ask(simulator, usage_path + "?starting_at=2026-11-01T00:00:00Z&group_by[]=model");

  REQUIRE(page.at("data").as_array().size() == 3);
  CHECK(page.at("data").at(0).at("results").as_array().empty());
  CHECK_FALSE(page.at("data").at(2).at("results").as_array().empty());
}

TEST_CASE(
    "Ungrouped rows have every dimension null, grouped ones show null for the default workspace "
    "and the Console") {
  Simulator simulator(calm_options());
  const std::string target = usage_path + "?starting_at=2026-11-03T00:00:00Z";

  const auto ungrouped = ask(simulator, target).at("data").at(0).at("results").as_array();
  REQUIRE(ungrouped.size() == 1);
  for (const auto name : dimension_names) {
    if (name == "speed")
      CHECK_FALSE(ungrouped[0].as_object().contains(name));
    else
      CHECK(ungrouped[0].at(name).is_null());
  }

  const auto grouped = ask(simulator, target + "&group_by[]=workspace_id&group_by[]=api_key_id")
                           .at("data")
                           .at(0)
                           .at("results")
                           .as_array();
  auto count = [&](std::string_view name) {
    return std::count_if(grouped.begin(), grouped.end(),
                         [&](const json::value& row) { return row.at(name).is_null(); });
  };
  CHECK(count("workspace_id") > 0);
  CHECK(count("api_key_id") > 0);
  CHECK(count("workspace_id") < static_cast<std::ptrdiff_t>(grouped.size()));
}

TEST_CASE("Filters keep the rows they name") {
  Simulator simulator(calm_options());
  const std::string target =
      usage_path + "?starting_at=2026-11-03T00:00:00Z&group_by[]=model&group_by[]=service_tier";

  const auto rows =
      ask(simulator,
          target + "&models[]=claude-opus-5&models[]=claude-sonnet-5&service_tiers[]=standard")
          .at("data")
          .at(0)
          .at("results")
          .as_array();

  CHECK_FALSE(rows.empty());
  for (const auto& row : rows) {
    CHECK((row.at("model") == "claude-opus-5" || row.at("model") == "claude-sonnet-5"));
    CHECK(row.at("service_tier") == "standard");
  }
}

TEST_CASE("The configured number of groups fills a busy bucket, small or large") {
  for (const int groups : {1, 24, 200}) {
    Options options = calm_options();
    options.groups = groups;
    options.activity = 1;
    const Simulator simulator(options);
    const auto rows = simulator.usage(
        query("2026-10-29T14:00:00Z", "2026-10-29T15:00:00Z", Width::hour, usual), simulator.now());
    CHECK(rows.size() == static_cast<std::size_t>(groups));
  }
}

TEST_CASE("Seeds are different organizations") {
  Options options = calm_options();
  const Simulator one(options);
  ++options.seed;
  const Simulator other(options);
  const auto day = query("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", Width::day);

  CHECK(one.organization().id != other.organization().id);
  CHECK(total(one.usage(day, one.now())) != total(other.usage(day, other.now())));
}
