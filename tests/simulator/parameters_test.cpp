// SPDX-License-Identifier: Apache-2.0
// How queries are checked, snapped to buckets and paged.
#include <catch2/generators/catch_generators.hpp>

#include "simulator/paging.hpp"
#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

constexpr const char* empty_range = "Invalid date range: ending date must be after starting date";

std::string percent_encode_equals(std::string token) {
  for (std::size_t at; (at = token.find('=')) != std::string::npos;) token.replace(at, 1, "%3D");
  return token;
}

/// The starts of the first and last bucket and the number of buckets.
std::string span_of(const json::value& page) {
  const auto& data = page.at("data").as_array();
  if (data.empty()) return "nothing";
  return text(data.front().at("starting_at")) + " " + text(data.back().at("starting_at")) + " " +
         std::to_string(data.size());
}

}  // namespace

TEST_CASE("Queries that the API refuses are refused with the parameter's name") {
  Simulator simulator(calm_options());
  struct Case {
    std::string target, message;
  };
  const std::string start = "?starting_at=2026-11-01T00:00:00Z";
  const auto wrong = GENERATE_COPY(
      Case{usage_path, "starting_at: Field required"},
      Case{cost_path, "starting_at: Field required"},
      Case{usage_path + "?starting_at=yesterday", "starting_at: "},
      Case{usage_path + "?starting_at=2026-11-01T00:00:00+00:00", "starting_at: "},
      Case{usage_path + start + "&ending_at=2026-11-02", "ending_at: "},
      Case{usage_path + start + "&bucket_width=2h",
           "bucket_width: Input should be '1d', '1h' or '1m'"},
      Case{cost_path + start + "&bucket_width=1h", "bucket_width: Input should be '1d'"},
      Case{usage_path + start + "&group_by[]=colour", "group_by: "},
      Case{cost_path + start + "&group_by[]=model",
           "group_by: Input should be 'workspace_id' or 'description'"},
      Case{usage_path + start + "&group_by=model", "group_by: Extra inputs are not permitted"},
      Case{cost_path + start + "&models[]=claude-opus-5",
           "models[]: Extra inputs are not permitted"},
      Case{usage_path + start + "&context_window[]=2M", "context_window[]: "},
      Case{usage_path + start + "&limit=0", "limit: Input should be greater than or equal to 1"},
      Case{usage_path + start + "&limit=ten", "limit: Input should be a valid integer"},
      Case{usage_path + start + "&limit=1&limit=2", "limit: Input should be given once"},
      Case{usage_path + start + "&group_by[]=speed",
           "speed: Requires the header anthropic-beta: fast-mode-2026-02-01"},
      Case{usage_path + start + "&page=page_bm9uc2Vuc2U=", "page: "},
      Case{usage_path + start + "&page=2", "page: "});
  INFO(wrong.target);

  CHECK(refusal(simulator, get(wrong.target), 400).starts_with(wrong.message));
}

TEST_CASE("The limit has a default and a maximum for each width") {
  Simulator simulator(calm_options());
  struct Case {
    std::string target;
    std::size_t initial, maximum;
  };
  const auto width =
      GENERATE(Case{usage_path + "?bucket_width=1m&starting_at=2026-10-01T00:00:00Z", 60, 1440},
               Case{usage_path + "?bucket_width=1h&starting_at=2026-10-01T00:00:00Z", 24, 168},
               Case{usage_path + "?bucket_width=1d&starting_at=2026-09-01T00:00:00Z", 7, 31},
               Case{usage_path + "?starting_at=2026-09-01T00:00:00Z", 7, 31},
               Case{cost_path + "?starting_at=2026-09-01T00:00:00Z", 7, 31});
  INFO(width.target);

  CHECK(ask(simulator, width.target).at("data").as_array().size() == width.initial);
  const std::string maximum = std::to_string(width.maximum);
  CHECK(ask(simulator, width.target + "&limit=" + maximum).at("data").as_array().size() ==
        width.maximum);
  CHECK(refusal(simulator, get(width.target + "&limit=" + std::to_string(width.maximum + 1)),
                400) == "limit: Input should be less than or equal to " + maximum);
}

TEST_CASE("Brackets may be percent-encoded, and the beta header opens the speed dimension") {
  Simulator simulator(calm_options());
  const std::string target =
      usage_path + "?starting_at=2026-11-03T00:00:00Z&group_by%5B%5D=speed&group_by[]=model";

  const json::value page =
      ask(simulator, target, {{"Anthropic-Beta", "other-beta,fast-mode-2026-02-01"}});

  const auto& row = page.at("data").at(0).at("results").at(0);
  CHECK(row.at("speed").is_string());
  CHECK(row.at("model").is_string());
  CHECK(row.at("workspace_id").is_null());
}

TEST_CASE(
    "Both ends snap to buckets: the start up, the end down, an omitted end to the last closed "
    "bucket") {
  Simulator simulator(calm_options());
  struct Case {
    std::string query, span;
  };
  const auto snap = GENERATE(
      Case{"starting_at=2026-11-04T08:00:00Z&ending_at=2026-11-04T10:00:00Z",
           "2026-11-04T08:00:00Z 2026-11-04T09:00:00Z 2"},
      Case{"starting_at=2026-11-04T08:00:01Z&ending_at=2026-11-04T10:59:59Z",
           "2026-11-04T09:00:00Z 2026-11-04T09:00:00Z 1"},
      Case{"starting_at=2026-11-04T07:59:59.5Z&ending_at=2026-11-04T10:00:00Z",
           "2026-11-04T08:00:00Z 2026-11-04T09:00:00Z 2"},
      Case{"starting_at=2026-11-04T10:00:00Z", "2026-11-04T10:00:00Z 2026-11-04T11:00:00Z 2"},
      Case{"starting_at=2026-11-04T10:00:00Z&ending_at=2026-11-09T00:00:00Z",
           "2026-11-04T10:00:00Z 2026-11-04T11:00:00Z 2"},
      Case{"starting_at=2026-11-05T10:00:00Z&ending_at=2026-11-09T00:00:00Z", "nothing"});
  INFO(snap.query);

  CHECK(span_of(ask(simulator, usage_path + "?bucket_width=1h&" + snap.query)) == snap.span);
}

TEST_CASE("An empty range is the documented error") {
  Simulator simulator(calm_options());
  for (const std::string& target :
       {usage_path +
            "?bucket_width=1h&starting_at=2026-11-04T10:00:00Z&ending_at=2026-11-04T10:00:00Z",
        usage_path +
            "?bucket_width=1h&starting_at=2026-11-04T10:01:00Z&ending_at=2026-11-04T11:59:00Z",
        usage_path + "?starting_at=2026-11-04T00:00:00Z",
        cost_path + "?starting_at=2026-11-03T12:00:00Z"}) {
    INFO(target);
    CHECK(refusal(simulator, get(target), 400) == empty_range);
  }
}

TEST_CASE("The bucket in progress is returned only by a simulator told to") {
  Options options = calm_options();
  options.epoch = time("2026-11-04T12:34:56Z");
  Simulator closed_only(options);
  options.open_bucket = true;
  Simulator open(options);
  const std::string target = usage_path + "?bucket_width=1h&starting_at=2026-11-04T11:00:00Z";
  for (const char* end :
       {"", "&ending_at=2026-11-04T12:34:00Z", "&ending_at=2026-11-05T00:00:00Z"}) {
    INFO(end);
    CHECK(span_of(ask(closed_only, target + end)) == "2026-11-04T11:00:00Z 2026-11-04T11:00:00Z 1");
    CHECK(span_of(ask(open, target + end)) == "2026-11-04T11:00:00Z 2026-11-04T12:00:00Z 2");
  }
  // Aligned ends mean the same to both.
  CHECK(span_of(ask(open, target + "&ending_at=2026-11-04T12:00:00Z")) ==
        "2026-11-04T11:00:00Z 2026-11-04T11:00:00Z 1");

  const auto before =
      ask(open, target).at("data").at(1).at("results").at(0).at("output_tokens").as_int64();
  open.advance(std::chrono::minutes{20});
  CHECK(ask(open, target).at("data").at(1).at("results").at(0).at("output_tokens").as_int64() >
        before);
}

TEST_CASE("Following pages yields every bucket once, in order") {
  Simulator simulator(calm_options());
  const std::string target =
      usage_path +
      "?bucket_width=1h&limit=7&starting_at=2026-11-03T00:00:00Z&ending_at=2026-11-04T00:00:00Z";
  Instant expected = time("2026-11-03T00:00:00Z");
  std::string page_parameter;
  std::size_t pages = 0;
  for (bool more = true; more; ++pages) {
    const json::value page = ask(simulator, target + page_parameter);
    for (const auto& bucket : page.at("data").as_array()) {
      CHECK(time(text(bucket.at("starting_at"))) == expected);
      expected += std::chrono::hours{1};
      CHECK(time(text(bucket.at("ending_at"))) == expected);
    }
    more = page.at("has_more").as_bool();
    CHECK(page.at("next_page").is_null() == !more);
    if (!more) break;
    const std::string token = text(page.at("next_page"));
    CHECK(token.starts_with("page_"));
    CHECK(token.ends_with("="));
    page_parameter = "&page=" + percent_encode_equals(token);
  }
  CHECK(pages == 3);
  CHECK(expected == time("2026-11-04T00:00:00Z"));
}

TEST_CASE("A page token is bound to its query, whatever the order of parameters") {
  Simulator simulator(calm_options());
  const std::string start = "starting_at=2026-11-01T00:00:00Z";
  const std::string token =
      "&page=" + text(ask(simulator, usage_path + "?" + start + "&limit=1").at("next_page"));

  CHECK(ask(simulator, usage_path + "?limit=1&" + start + token).at("data").as_array().size() == 1);
  for (const std::string& changed :
       {usage_path + "?" + start + "&limit=2" + token,
        usage_path + "?" + start + "&limit=1&group_by[]=model" + token,
        usage_path + "?limit=1&starting_at=2026-11-02T00:00:00Z" + token,
        cost_path + "?" + start + "&limit=1" + token}) {
    INFO(changed);
    CHECK(refusal(simulator, get(changed), 400) ==
          "page: Invalid page token, or the query changed since it was issued");
  }
}

TEST_CASE(
    "A simulator told to puts fewer buckets on a page than were asked for, and tokens go on") {
  Options options = calm_options();
  options.page_buckets = 2;
  Simulator simulator(options);
  const std::string target = usage_path +
                             "?bucket_width=1h&limit=4&starting_at=2026-11-04T07:00:00Z&ending_at="
                             "2026-11-04T10:00:00Z";

  const json::value first = ask(simulator, target);
  CHECK(span_of(first) == "2026-11-04T07:00:00Z 2026-11-04T08:00:00Z 2");
  CHECK(first.at("has_more").as_bool());

  const json::value last =
      ask(simulator, target + "&page=" + percent_encode_equals(text(first.at("next_page"))));
  CHECK(span_of(last) == "2026-11-04T09:00:00Z 2026-11-04T09:00:00Z 1");
  CHECK_FALSE(last.at("has_more").as_bool());
}

TEST_CASE("Pages of one sequence keep the end that the first one resolved") {
  Simulator simulator(calm_options());
  const std::string target =
      usage_path + "?bucket_width=1h&limit=2&starting_at=2026-11-04T09:00:00Z";
  const json::value first = ask(simulator, target);

  simulator.advance(std::chrono::hours{5});

  const json::value last = ask(simulator, target + "&page=" + text(first.at("next_page")));
  CHECK(span_of(last) == "2026-11-04T11:00:00Z 2026-11-04T11:00:00Z 1");
  CHECK_FALSE(last.at("has_more").as_bool());
}

TEST_CASE("Damaged page tokens are refused, never obeyed") {
  const std::string good =
      make_page_token({time("2026-11-01T00:00:00Z"), time("2026-11-02T00:00:00Z")}, 5);
  CHECK(parse_page_token(good, 5));
  CHECK_FALSE(parse_page_token(good, 6));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good.substr(0, i);
    CHECK_FALSE(parse_page_token(damaged, 5));
  }
}
