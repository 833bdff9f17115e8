// SPDX-License-Identifier: Apache-2.0
// A window of a sparse report: pages cut anywhere, tokens that expire, a word up to when numbers
// are complete.
#include "collect/read_rows.hpp"

#include "rows_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::at;
using test::contains;
using test::entry;
using test::refusal;
using test::rows_page;
using test::RowsWorld;
using test::time_in;

Answer page(const std::string& entries, const std::string& next = "",
            const std::string& refreshed = R"("2026-09-01T12:00:00Z")") {
  return {.pieces = {rows_page(entries, next, refreshed)}};
}

TEST_CASE("a window of rows is asked for by time, and buckets that do not come are empty") {
  RowsWorld rows({page(entry(6, "m", 5) + "," + entry(9, "m", 7))});

  rows.run();

  REQUIRE(rows.asked().size() == 1);
  const std::string asked = rows.asked()[0];
  CHECK(time_in(asked, "starting_at") == at("2026-09-01T06:00:00Z"));
  CHECK(time_in(asked, "ending_at") == at("2026-09-01T12:00:00Z"));
  CHECK(contains(asked, "time_bucket_width=1h&group_by[]=model&order_by=time&order=asc"));
  CHECK(contains(asked, "limit=1000"));
  CHECK(rows.told() == "06 m=5, 09 m=7");
  CHECK(rows.status().cursor == at("2026-09-01T12:00:00Z"));
  CHECK(rows.status().health == Health::healthy);
}

TEST_CASE("a bucket goes on over three pages, and rows with equal keys on them are one") {
  RowsWorld rows({page(entry(6, "m", 1) + "," + entry(7, "m", 2), "p2"),
                  page(entry(7, "n", 3) + "," + entry(7, "m", 4), "p3"),
                  page(entry(7, "m", 8) + "," + entry(8, "n", 5))});

  rows.run();

  CHECK(rows.asked().size() == 3);
  CHECK(contains(rows.asked()[2], "page=p3"));
  CHECK(rows.told() == "06 m=1, 07 m=14, 07 n=3, 08 n=5");
  CHECK(rows.store.documents() == 4);
  CHECK(rows.status().corrections == 0);
}

TEST_CASE("a page may be longer than what was asked for") {
  std::string many;
  for (int i = 0; i < 1500; ++i) many += entry(6, "m" + std::to_string(i), 1) + ",";
  RowsWorld rows({page(many + entry(7, "m", 1))});

  rows.run();

  CHECK(rows.store.documents() == 1501);
}

TEST_CASE("rows and buckets that vanished are taken to zero once what follows proves it") {
  RowsWorld rows({page(entry(10, "m", 5) + "," + entry(10, "n", 1) + "," + entry(11, "m", 7)),
                  page(entry(10, "n", 1))});

  rows.run(6min);

  CHECK(rows.told() == "10 n=1");
  CHECK(rows.status().corrections == 2);
}

TEST_CASE("nothing is emitted beyond what the API calls complete, nor asked for") {
  RowsWorld rows({page(entry(6, "m", 5) + "," + entry(8, "m", 1) + "," + entry(9, "m", 2), "p2",
                       R"("2026-09-01T08:59:59Z")"),
                  page(entry(6, "m", 5) + "," + entry(8, "m", 6) + "," + entry(9, "m", 7), "",
                       R"("2026-09-01T09:00:00Z")")});

  rows.run();
  CHECK(rows.told() == "06 m=5");
  CHECK(rows.asked().size() == 1);
  CHECK(rows.status().cursor == at("2026-09-01T08:00:00Z"));

  rows.run(6min);
  CHECK(rows.told() == "06 m=5, 08 m=6");
  CHECK(rows.status().cursor == at("2026-09-01T09:00:00Z"));
  CHECK(rows.status().corrections == 0);
}

TEST_CASE("while nothing is complete nothing is emitted, and health says so") {
  RowsWorld rows({page(entry(6, "m", 5), "", "null"), page(entry(6, "m", 5))});

  rows.run();
  CHECK(rows.told().empty());
  CHECK(rows.status().health == Health::healthy);
  CHECK(contains(rows.status().message, "data_refreshed_at is null"));
  CHECK(rows.status().cursor == at("2026-09-01T06:00:00Z"));

  rows.run(6min);
  CHECK(rows.told() == "06 m=5");
  CHECK(rows.status().message.empty());
}

TEST_CASE("a word that goes back takes nothing back, and is told as lag") {
  RowsWorld rows({page(entry(6, "m", 5) + "," + entry(11, "m", 7)),
                  page(entry(6, "m", 1), "", R"("2026-09-01T07:00:00Z")"),
                  page(entry(6, "m", 1), "", "null"),
                  page(entry(6, "m", 6) + "," + entry(11, "m", 8))});

  rows.run();
  CHECK(rows.told() == "06 m=5, 11 m=7");

  rows.run(6min);
  CHECK(rows.told() == "06 m=1, 11 m=7");
  CHECK(rows.status().cursor == at("2026-09-01T12:00:00Z"));
  CHECK(contains(rows.status().message, "complete up to 2026-09-01T07:00:00Z only"));
  CHECK(rows.status().source_lag_seconds(at("2026-09-01T12:35:00Z")) == 5 * 3600 + 35 * 60);

  rows.run(11min);
  CHECK(rows.told() == "06 m=1, 11 m=7");
  rows.run(16min);
  CHECK(rows.told() == "06 m=6, 11 m=8");
}

TEST_CASE("a word that moves between pages counts as it was at the worst") {
  RowsWorld rows(
      {page(entry(6, "m", 5) + "," + entry(7, "m", 1), "p2", R"("2026-09-01T08:00:00Z")"),
       page(entry(8, "m", 1) + "," + entry(9, "m", 2), "p3"), page("")});

  rows.run();

  CHECK(rows.told() == "06 m=5, 07 m=1");
  CHECK(rows.asked().size() == 2);
}

TEST_CASE("a token that expired begins the pages anew behind the buckets that are whole") {
  const int status = GENERATE(410, 400);
  RowsWorld rows({page(entry(6, "m", 1) + "," + entry(7, "m", 2), "p2"),
                  refusal(status, "invalid_request_error", "the page is stale"),
                  page(entry(7, "m", 3) + "," + entry(8, "m", 4))});

  rows.run();

  REQUIRE(rows.asked().size() == 3);
  CHECK(time_in(rows.asked()[2], "starting_at") == at("2026-09-01T07:00:00Z"));
  CHECK_FALSE(contains(rows.asked()[2], "page="));
  CHECK(rows.told() == "06 m=1, 07 m=3, 08 m=4");
  CHECK(rows.status().health == Health::healthy);
}

TEST_CASE("tokens that always expire end the poll, and what was whole stays") {
  RowsWorld rows({});
  rows.world.transport.answer = [&](const std::string& target) {
    Answer answer = refusal(410, "gone", "expired");
    if (target == test::me)
      answer = {.pieces = {R"({"id":"org-1","type":"organization"})"}};
    else if (contains(target, "T07%3A00%3A00Z&ending_at") && !contains(target, "page="))
      answer = page(entry(7, "m", 2), "p2");
    else if (!contains(target, "page="))
      answer = page(entry(6, "m", 1) + "," + entry(7, "m", 2), "p2");
    for (auto& header : rows.world.date()) answer.headers.push_back(header);
    return answer;
  };

  rows.run();

  CHECK(rows.told() == "06 m=1");
  CHECK(rows.status().health == Health::degraded);
  CHECK(contains(rows.status().message, "HTTP 410"));
  CHECK(rows.asked().size() == 8);  // The first two, and three times anew.
}

TEST_CASE("a first page that is refused is no expired token") {
  RowsWorld rows({refusal(400, "invalid_request_error", "no such dimension")});

  rows.run();

  CHECK(rows.asked().size() == 1);
  CHECK(rows.status().health == Health::failed);
}

TEST_CASE("rows out of order or not asked for end the window, and nothing of the page counts") {
  const std::string entries =
      GENERATE(entry(7, "m", 1) + "," + entry(6, "m", 1), entry(5, "m", 1), entry(12, "m", 1));
  RowsWorld rows({page(entries)});

  rows.run();

  CHECK(rows.told().empty());
  CHECK(rows.status().health == Health::degraded);
  CHECK(contains(rows.status().message, "out of order or not asked for"));
}

TEST_CASE("an entry that says no bucket holds back no other, and no row is taken to zero for it") {
  std::string lost = entry(8, "m", 2);
  lost.replace(lost.find("2026-09-01T08"), 13, "whenever it w");
  RowsWorld rows({page(entry(7, "m", 1) + "," + entry(8, "m", 2) + "," + entry(9, "m", 3) + "," +
                       entry(11, "n", 1)),
                  page(entry(7, "m", 1) + "," + lost + "," + entry(9, "n", 4), "p2"), page("")});

  rows.run();
  rows.run(6min);

  // 8 and 9 may have lost a row; 11 has not, so it is empty.
  CHECK(rows.told() == "07 m=1, 08 m=2, 09 m=3, 09 n=4");
  REQUIRE(rows.store.odd().size() == 1);
  CHECK(contains(rows.store.odd().begin()->second, "$.data[].starting_at expected"));
  CHECK(contains(rows.status().message, "could not be read"));
}

TEST_CASE("a page that is too much is asked for in fewer entries, from the last whole bucket on") {
  RowsWorld rows({page(entry(6, "m", 1) + "," + entry(7, "m", 2), "p2"),
                  refusal(413, "request_too_large", ""), page(entry(7, "m", 2))});

  rows.run();

  REQUIRE(rows.asked().size() == 3);
  CHECK(contains(rows.asked()[2], "limit=500"));
  CHECK(time_in(rows.asked()[2], "starting_at") == at("2026-09-01T07:00:00Z"));
  CHECK(rows.told() == "06 m=1, 07 m=2");
}

TEST_CASE("a page that breaks off is asked for again and counts once") {
  Answer cut = page(entry(6, "m", 1));
  cut.pieces[0].resize(cut.pieces[0].size() / 2);
  cut.cut = Error{Errc::transient, "the connection ended"};
  RowsWorld rows({cut, page(entry(6, "m", 1) + "," + entry(7, "m", 2))});

  rows.run();

  CHECK(rows.told() == "06 m=1, 07 m=2");
  CHECK(rows.store.documents() == 2);
}

TEST_CASE("history is read back to where the API has nothing, and no further") {
  RowsWorld rows({page("")}, R"(, "backfill_from": "2025-06-01")");

  rows.run(2min);

  for (const std::string& asked : rows.asked())
    CHECK(time_in(asked, "starting_at") >= at("2026-01-01T00:00:00Z"));
  CHECK(time_in(rows.asked().back(), "starting_at") == at("2026-01-01T00:00:00Z"));
  CHECK(rows.status().backfilled == at("2026-01-01T00:00:00Z"));
  CHECK(rows.status().history_ends);
}

TEST_CASE("a token that leads in a circle ends the window") {
  RowsWorld rows({page(entry(6, "m", 1), "p2"), page(entry(6, "n", 1), "p2")});

  rows.run();

  CHECK(rows.status().health == Health::degraded);
  CHECK(contains(rows.status().message, "circle"));
  CHECK(rows.told().empty());
}

}  // namespace
}  // namespace anthropic_metrics
