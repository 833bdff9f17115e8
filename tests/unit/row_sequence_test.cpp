// SPDX-License-Identifier: Apache-2.0
#include "streams/row_sequence.hpp"

#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
using test::failure;
using test::must;

Instant hour(int number) {
  return Instant(std::chrono::hours(number));
}

/// A part of the bucket of that hour with a row for each text.
Bucket part(int number, const std::vector<std::string>& texts = {"a"}) {
  Bucket bucket;
  bucket.start = hour(number);
  bucket.end = hour(number + 1);
  bucket.rows = PackedRows(1, 1);
  for (const std::string& text : texts) {
    Row row;
    row.texts[0] = bucket.keep(text);
    row.counts[0] = number;
    row.counts_present = 1;
    row.amount = bucket.keep("1.5");
    row.original = bucket.keep("{" + text + "}");
    bucket.rows.push_back(row);
  }
  return bucket;
}

std::vector<Bucket> parts(Bucket one) {
  std::vector<Bucket> list;
  list.push_back(std::move(one));
  return list;
}
std::vector<Bucket> parts(Bucket one, Bucket other) {
  std::vector<Bucket> list = parts(std::move(one));
  list.push_back(std::move(other));
  return list;
}

/// "0:2 1:0": how many rows each bucket has.
std::string told(const std::vector<Bucket>& buckets) {
  std::string text;
  for (const Bucket& bucket : buckets) {
    CHECK(bucket.end == bucket.start + 1h);
    text += (text.empty() ? "" : " ") + std::to_string(bucket.start.time_since_epoch() / 1h) + ":" +
            std::to_string(bucket.rows.size()) + (bucket.unsure ? "?" : "");
  }
  return text;
}

RowSequence six_hours() {
  return RowSequence({hour(0), hour(6)}, 1h);
}

TEST_CASE("a bucket is whole once a later one begins or the answer is over") {
  RowSequence sequence = six_hours();
  CHECK(told(sequence.whole(Instant::max())).empty());

  must(sequence.take(parts(part(1), part(3, {"a", "b"}))));
  CHECK(told(sequence.whole(Instant::max())) == "0:0 1:1 2:0");
  CHECK(sequence.reached() == hour(3));
  CHECK(sequence.rest() == Window{hour(3), hour(6)});

  must(sequence.take({}));  // A page without rows proves nothing.
  CHECK(told(sequence.whole(Instant::max())).empty());

  must(sequence.take(parts(part(3, {"c"}))));
  CHECK(told(sequence.whole(Instant::max())).empty());
  sequence.finish();
  CHECK(told(sequence.whole(Instant::max())) == "3:3 4:0 5:0");
  CHECK(sequence.reached() == hour(6));
}

TEST_CASE("parts of a bucket keep all that their rows say") {
  RowSequence sequence = six_hours();
  Bucket odd = part(0, {"bb"});
  odd.odd.push_back({});
  odd.odd[0].row.texts[0] = odd.keep("odd");
  odd.more_odd = 2;
  must(sequence.take(parts(part(0, {"a"}))));
  must(sequence.take(parts(std::move(odd))));
  sequence.finish();

  const auto whole = sequence.whole(hour(1));
  REQUIRE(whole.size() == 1);
  const Bucket& bucket = whole[0];
  CHECK(bucket.view(bucket.rows[0].texts[0]) == "a");
  CHECK(bucket.view(bucket.rows[1].texts[0]) == "bb");
  CHECK(bucket.view(bucket.rows[1].original) == "{bb}");
  CHECK(bucket.rows.amount(1).text() == "1.5");
  REQUIRE(bucket.odd.size() == 1);
  CHECK(bucket.view(bucket.odd[0].row.texts[0]) == "odd");
  CHECK(bucket.more_odd == 2);
}

TEST_CASE("no bucket is handed out that ends behind what is complete") {
  RowSequence sequence = six_hours();
  must(sequence.take(parts(part(1), part(4))));
  CHECK(told(sequence.whole(hour(2) + 59min)) == "0:0 1:1");
  CHECK(told(sequence.whole(Instant::min())).empty());
  CHECK(told(sequence.whole(hour(3))) == "2:0");
  sequence.finish();
  CHECK(told(sequence.whole(hour(5))) == "3:0 4:1");
}

TEST_CASE("what is out of order or not asked for is no answer") {
  RowSequence sequence = six_hours();
  must(sequence.take(parts(part(2))));
  CHECK(failure(sequence.take(parts(part(1)))).code == Errc::protocol);
  CHECK(failure(sequence.take(parts(part(6)))).code == Errc::protocol);
}

TEST_CASE("pages that begin anew forget what was not handed out") {
  RowSequence sequence = six_hours();
  must(sequence.take(parts(part(1), part(2))));
  CHECK(told(sequence.whole(Instant::max())) == "0:0 1:1");
  sequence.begin_anew();
  CHECK(sequence.rest() == Window{hour(2), hour(6)});
  must(sequence.take(parts(part(2, {"a", "b"}), part(3))));
  CHECK(told(sequence.whole(Instant::max())) == "2:2");
}

TEST_CASE("an entry that is lost unsettles the buckets up to the next that is known") {
  RowSequence sequence = six_hours();
  Bucket lost = part(1);
  lost.unsure = true;
  must(sequence.take(parts(part(0), std::move(lost))));
  must(sequence.take(parts(part(3), part(5))));
  CHECK(told(sequence.whole(Instant::max())) == "0:1 1:1? 2:0? 3:1? 4:0");
  sequence.finish();
  CHECK(told(sequence.whole(Instant::max())) == "5:1");
}

TEST_CASE("an entry that is lost at the end unsettles the rest of the window") {
  RowSequence sequence = six_hours();
  Bucket lost = part(3);
  lost.unsure = true;
  must(sequence.take(parts(part(2), std::move(lost))));
  sequence.finish();
  CHECK(told(sequence.whole(Instant::max())) == "0:0 1:0 2:1 3:1? 4:0? 5:0?");
}

}  // namespace
}  // namespace anthropic_metrics::streams
