// SPDX-License-Identifier: Apache-2.0
#include "ledger/record.hpp"

#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::Layout;
using streams::Row;
using streams::Text;
using test::failure;
using test::must;
using test::pick;
using test::Random;

Layout layout_of(std::size_t texts, std::size_t counts, bool money) {
  Layout layout;
  for (std::size_t i = 0; i < texts; ++i) {
    layout.texts.push_back({});
    layout.texts.back().name = "t" + std::to_string(i);
  }
  for (std::size_t i = 0; i < counts; ++i)
    layout.counts.push_back({"c" + std::to_string(i), "c" + std::to_string(i), false});
  layout.money = money;
  return layout;
}

Text keep(BucketRecord& record, const std::string& value) {
  const Text place{static_cast<std::uint32_t>(record.text.size()),
                   static_cast<std::uint32_t>(value.size()), Text::State::present};
  record.text += value;
  return place;
}

std::string random_text(Random& random) {
  std::string text(static_cast<std::size_t>(pick(random, 0, 12)), ' ');
  for (char& c : text) c = static_cast<char>(pick(random, -128, 127));
  return text;
}

BucketRecord random_record(Random& random, const Layout& layout) {
  BucketRecord record;
  record.rows.resize(static_cast<std::size_t>(pick(random, 0, 8)));
  for (RecordRow& row : record.rows) {
    for (auto& byte : row.key) byte = static_cast<std::uint8_t>(pick(random, 0, 255));
    row.revision = static_cast<std::uint32_t>(pick(random, 0, 0x7fffffff));
    row.set_aside = pick(random, 0, 3) == 0;
    for (std::size_t i = 0; i < layout.texts.size(); ++i) {
      const auto state = pick(random, 0, 3);
      if (state == 1) row.row.texts[i].state = Text::State::null;
      if (state >= 2) row.row.texts[i] = keep(record, random_text(random));
    }
    for (std::size_t i = 0; i < layout.counts.size(); ++i)
      row.row.counts[i] = pick(random, 0, std::numeric_limits<std::int64_t>::max());
    if (layout.money && pick(random, 0, 3) > 0) row.row.amount = keep(record, random_text(random));
  }
  return record;
}

/// Everything a record says, whatever the places of its strings.
std::string told(const BucketRecord& record) {
  std::string out;
  const auto tell = [&](const Text& text) {
    out += std::to_string(static_cast<int>(text.state)) + ":";
    if (text.state == Text::State::present)
      out += std::to_string(text.size) + "=" + std::string(record.view(text));
    out += ' ';
  };
  for (const RecordRow& row : record.rows) {
    out.append(row.key.begin(), row.key.end());
    out += (row.set_aside ? " s" : " r") + std::to_string(row.revision) + " ";
    for (const Text& text : row.row.texts) tell(text);
    for (const auto count : row.row.counts) out += std::to_string(count) + " ";
    tell(row.row.amount);
    out += '\n';
  }
  return out;
}

TEST_CASE("a record survives packing whatever is in it") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  for (int i = 0; i < 500; ++i) {
    const Layout layout = layout_of(static_cast<std::size_t>(pick(random, 0, Row::most_texts)),
                                    static_cast<std::size_t>(pick(random, 0, Row::most_counts)),
                                    pick(random, 0, 1) == 1);
    const BucketRecord record = random_record(random, layout);

    const BucketRecord again = must(unpack(pack(record, layout)));

    REQUIRE(told(again) == told(record));
  }
}

TEST_CASE("a string that many rows share is stored once") {
  const Layout layout = layout_of(1, 0, false);
  BucketRecord record;
  const std::string model(100, 'm');
  for (int i = 0; i < 50; ++i) {
    record.rows.emplace_back();
    record.rows.back().row.texts[0] = keep(record, model);
  }

  const std::string bytes = pack(record, layout);

  CHECK(bytes.size() < 50 * 20 + 200);
  CHECK(told(must(unpack(bytes))) == told(record));
}

TEST_CASE("a record of a version with fewer columns reads with the new ones absent and zero") {
  const Layout old_layout = layout_of(2, 1, false);
  BucketRecord record;
  record.rows.emplace_back();
  record.rows[0].row.texts[1] = keep(record, "x");
  record.rows[0].row.counts[0] = 7;

  const BucketRecord again = must(unpack(pack(record, old_layout)));

  REQUIRE(again.rows.size() == 1);
  const Row& row = again.rows[0].row;
  CHECK(again.view(row.texts[1]) == "x");
  CHECK(row.counts[0] == 7);
  for (std::size_t i = 2; i < Row::most_texts; ++i)
    CHECK(row.texts[i].state == Text::State::absent);
  for (std::size_t i = 1; i < Row::most_counts; ++i) CHECK(row.counts[i] == 0);
  CHECK(row.amount.state == Text::State::absent);
}

TEST_CASE("bytes that are no record are an error of the state") {
  const auto bytes =
      GENERATE(as<std::string>{}, "", "x", "{}", "SQLite format 3",
               std::string("\x02\x00\x00\x00\x00\x00", 6),  // a later format
               std::string("\x01\x11\x00\x00\x00\x00", 6),  // 17 texts
               std::string("\x01\x00\x19\x00\x00\x00", 6),  // 25 counts
               std::string("\x01\x00\x00\x00\x00\x01", 6),  // a row that is not there
               std::string("\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 15));

  CHECK(failure(unpack(bytes)).code == Errc::state);
}

TEST_CASE("every truncated record is an error") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  const Layout layout = layout_of(4, 3, true);
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = pack(random_record(random, layout), layout);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      // Copied, so that a sanitizer sees a read beyond the end.
      const std::string part(bytes.data(), size);
      REQUIRE(failure(unpack(part)).code == Errc::state);
    }
    REQUIRE(failure(unpack(bytes + '\0')).code == Errc::state);
  }
}

TEST_CASE("a flipped byte gives an error or a record and never a crash") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  const Layout layout = layout_of(3, 2, true);
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = pack(random_record(random, layout), layout);
    for (std::size_t place = 0; place < bytes.size(); ++place) {
      std::string bent = bytes;
      bent[place] = static_cast<char>(bent[place] ^ (1 << pick(random, 0, 7)));

      const auto record = unpack(bent);

      CAPTURE(place);
      if (!record) {
        REQUIRE(record.error().code == Errc::state);
        continue;
      }
      // What came out must be readable in full and packable again.
      const std::string repacked = pack(*record, layout);
      REQUIRE(told(must(unpack(repacked))) == told(*record));
    }
  }
}

}  // namespace
}  // namespace anthropic_metrics::ledger
