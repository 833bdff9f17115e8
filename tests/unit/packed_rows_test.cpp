// SPDX-License-Identifier: Apache-2.0
#include "streams/packed_rows.hpp"

#include <limits>
#include <map>

#include "streams/row_merger.hpp"
#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using test::pick;
using test::Random;

/// A row with its own text, as a decoder has it.
struct Said {
  Row row{};
  std::string block{};

  explicit Said(const std::vector<std::string>& texts = {}) {
    for (std::size_t i = 0; i < texts.size(); ++i) row.texts[i] = keep(texts[i]);
  }
  Text keep(std::string_view value) {
    const Text place{static_cast<std::uint32_t>(block.size()),
                     static_cast<std::uint32_t>(value.size()), Text::State::present};
    block += value;
    return place;
  }
  Said& count(std::int64_t number) {
    row.counts[0] = number;
    row.counts_present = 1;
    return *this;
  }
  Said& money(std::string_view amount) {
    row.amount = keep(amount);
    return *this;
  }
  Said& original(std::string_view text) {
    row.original = keep(text);
    return *this;
  }
};

/// A bucket of rows with two texts and one count.
struct Bucket {
  PackedRows rows{2, 1};
  RowMerger merger;

  Bucket() { merger.begin(0); }
  void add(const Said& said) {
    PackedRows::References texts{};
    for (std::size_t i = 0; i < rows.texts(); ++i) {
      const Text& place = said.row.texts[i];
      if (place.state == Text::State::null) texts[i] = 1;
      if (place.state == Text::State::present)
        texts[i] = merger.intern(rows, i, said.block.substr(place.offset, place.size));
    }
    merger.add(rows, texts, said.row, said.block);
  }
  std::string text(std::size_t row, std::size_t column) const {
    const Text place = rows[row].texts[column];
    return place.state == Text::State::present ? std::string(rows.view(place))
           : place.state == Text::State::null  ? "null"
                                               : "absent";
  }
};

TEST_CASE("rows come out of a bucket as they went in, however many there are") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  PackedRows rows(3, 2);
  std::vector<Row> written;
  for (int i = 0; i < 2500; ++i) {
    Row row;
    for (std::size_t t = 0; t < 3; ++t) {
      const auto kind = pick(random, 0, 2);
      if (kind == 1) row.texts[t].state = Text::State::null;
      if (kind == 2) row.texts[t] = rows.keep(std::to_string(pick(random, 0, 99)));
    }
    for (std::size_t c = 0; c < 2; ++c) row.counts[c] = static_cast<std::int64_t>(random());
    row.counts_present = static_cast<std::uint32_t>(pick(random, 0, 3));
    row.partial = pick(random, 0, 1) == 1;
    if (pick(random, 0, 3) == 0) row.amount = rows.keep("1.5");
    if (pick(random, 0, 3) == 0) row.original = rows.keep("{}");
    rows.push_back(row);
    written.push_back(row);
  }
  const auto same = [](const Text& a, const Text& b) {
    return a.state == b.state && a.offset == b.offset && a.size == b.size;
  };
  REQUIRE(rows.size() == written.size());
  std::size_t i = 0;
  for (const Row& row : rows) {
    const Row& was = written[i];
    CAPTURE(i);
    for (std::size_t t = 0; t < 3; ++t) REQUIRE(same(row.texts[t], was.texts[t]));
    REQUIRE(row.counts == was.counts);
    REQUIRE(row.counts_present == was.counts_present);
    REQUIRE(row.partial == was.partial);
    REQUIRE(same(row.amount, was.amount));
    REQUIRE(same(row.original, was.original));
    REQUIRE_FALSE(rows.several(i++));
  }
}

TEST_CASE("rows with equal texts are one row, and each string is kept once") {
  Bucket bucket;
  for (int i = 0; i < 10'000; ++i) bucket.add(Said({"opus", "eu"}).count(3).money("0.1"));
  bucket.add(Said({"opus", "us"}).count(4).money("0.1"));
  bucket.add(Said({"eu", "opus"}).count(5).money("1e-1"));

  REQUIRE(bucket.rows.size() == 3);
  CHECK(bucket.rows[0].counts[0] == 30'000);
  CHECK(bucket.rows.amount(0).text() == "1000");
  CHECK(bucket.rows.several(0));
  CHECK_FALSE(bucket.rows.several(1));
  CHECK(bucket.rows.amount(2) == bucket.rows.amount(1));
  CHECK(bucket.text(1, 0) == "opus");
  CHECK(bucket.text(2, 0) == "eu");
  CHECK(bucket.rows.text() == "opuseu0.1us1e-1");
}

TEST_CASE("an empty text, a null and none at all are three things") {
  Bucket bucket;
  Said null({"m"}), empty({"m", ""});
  null.row.texts[1].state = Text::State::null;
  for (int round = 0; round < 2; ++round)
    for (const Said* said : {&null, &empty}) bucket.add(*said);
  bucket.add(Said({"m"}));

  REQUIRE(bucket.rows.size() == 3);
  CHECK(bucket.text(0, 1) == "null");
  CHECK(bucket.text(1, 1).empty());
  CHECK(bucket.text(2, 1) == "absent");
}

TEST_CASE(
    "a sum that leaves 64 bits is known, also if it comes back, and one below zero is a sum") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Bucket bucket;
  for (const std::int64_t number : {most, std::int64_t{1}, -most})
    bucket.add(Said({"a"}).count(number));
  for (const std::int64_t number : {5, -7}) bucket.add(Said({"b"}).count(number));

  REQUIRE(bucket.rows.size() == 2);
  CHECK(bucket.rows.overflowed(0));
  CHECK_FALSE(bucket.rows.overflowed(1));
  CHECK(bucket.rows[1].counts[0] == -2);
}

TEST_CASE("of rows that were added up, the first original there is stands for them") {
  Bucket bucket;
  bucket.add(Said({"a"}));
  bucket.add(Said({"a"}).original("second"));
  bucket.add(Said({"a"}).original("third"));

  REQUIRE(bucket.rows.size() == 1);
  CHECK(bucket.rows.view(bucket.rows[0].original) == "second");
}

TEST_CASE("a bucket after a huge one begins with nothing of it") {
  Bucket bucket;
  for (int i = 0; i < 30'000; ++i)
    bucket.add(Said({std::to_string(i), std::to_string(i / 3)}).count(i));
  CHECK(bucket.rows.size() == 30'000);
  CHECK(bucket.text(29'999, 0) == "29999");
  CHECK(bucket.text(29'999, 1) == "9999");
  bucket.merger.end();

  bucket.rows = PackedRows(2, 1);
  bucket.merger.begin(30'000);
  bucket.add(Said({"7", "2"}).count(1));
  bucket.add(Said({"7", "2"}).count(1));
  REQUIRE(bucket.rows.size() == 1);
  CHECK(bucket.rows.text() == "72");
}

TEST_CASE("whatever comes in whatever order, the sums of a bucket are those of its rows") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 30; ++round) {
    Bucket bucket;
    std::map<std::pair<std::string, std::string>, std::pair<std::int64_t, Decimal>> sums;
    const auto names = pick(random, 1, 40);
    for (auto left = pick(random, 0, 3000); left > 0; --left) {
      const std::string a = std::to_string(pick(random, 1, names)),
                        b = std::to_string(pick(random, 1, names));
      const std::int64_t number = pick(random, -1000, 1000);
      const std::string amount =
          std::to_string(pick(random, -9999, 9999)) + "e-" + std::to_string(pick(random, 0, 30));
      bucket.add(Said({a, b}).count(number).money(amount));
      auto& [sum, money] = sums[{a, b}];
      sum += number;
      money = money + *Decimal::parse(amount);
    }
    REQUIRE(bucket.rows.size() == sums.size());
    for (std::size_t i = 0; i < bucket.rows.size(); ++i) {
      const auto& [sum, money] = sums.at({bucket.text(i, 0), bucket.text(i, 1)});
      REQUIRE(bucket.rows[i].counts[0] == sum);
      REQUIRE(bucket.rows.amount(i) == money);
    }
  }
}

}  // namespace
}  // namespace anthropic_metrics::streams
