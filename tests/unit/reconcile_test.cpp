// SPDX-License-Identifier: Apache-2.0
#include "ledger/reconcile.hpp"

#include <map>

#include "base/decimal.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

using streams::Bucket;
using streams::Layout;
using streams::Row;
using streams::Text;
using test::failure;
using test::must;
using test::pick;
using test::Random;

/// What the API says of one row.
struct Said {
  std::string model;
  std::int64_t tokens = 0;
  std::string amount = "0";
};

Layout layout() {
  Layout layout;
  layout.texts.push_back({});
  layout.texts[0].name = layout.texts[0].field = "model";
  layout.counts = {{"tokens", "tokens", true}};
  layout.money = true;
  return layout;
}

Bucket bucket_of(const std::vector<Said>& rows) {
  Bucket bucket;
  for (const Said& said : rows) {
    Row row;
    row.texts[0] = bucket.keep(said.model);
    row.counts[0] = said.tokens;
    row.counts_present = 1;
    row.amount = bucket.keep(said.amount);
    bucket.rows.push_back(row);
  }
  return bucket;
}

/// A change for each document of a part: corrections, then new rows from nothing to what they are.
std::vector<Change> documents_of(const Part& part, const Layout& layout) {
  std::vector<Change> documents = part.changes;
  for (std::size_t i = 0; i < part.new_rows; ++i) {
    Change& change = documents.emplace_back();
    change.row = part.first_new + i;
    const Row& row = part.record.rows[change.row].row;
    change.counts = row.counts;
    for (std::size_t which = 0; which < layout.amounts(); ++which)
      change.amounts[which] = part.record.view(row.money(which));
  }
  return documents;
}

/// One reading of a bucket whose record has one part.
struct Reconciled {
  BucketRecord record;
  std::vector<Change> changes;
  std::vector<streams::OddRow> odd;
  std::vector<RowKey> odd_before;
};

Reconciled reconcile(BucketRecord known, Bucket bucket, const Reconciliation::KeyOf& key_of) {
  static const Layout like = layout();
  Reconciliation reading(std::move(bucket), like, key_of);
  while (!reading.add_up(1)) continue;
  Part part = reading.compare(std::move(known));
  reading.add_new(part, 1000);
  CHECK_FALSE(reading.has_new());
  auto documents = documents_of(part, like);
  return {std::move(part.record), std::move(documents), reading.odd(), part.odd_before};
}

RowKey key_of(const streams::PackedRows& rows, const Row& row) {
  return KeyBuilder().add(rows.view(row.texts[0])).key();
}

Reconciled answer(BucketRecord known, const std::vector<Said>& rows) {
  return reconcile(std::move(known), bucket_of(rows), key_of);
}

std::string model_of(const Reconciled& result, const Change& change) {
  return std::string(result.record.view(result.record.rows[change.row].row.texts[0]));
}

TEST_CASE("two amounts of a row are compared each for itself") {
  Layout like = layout();
  like.list_money = true;
  const auto read = [&](BucketRecord known, const char* billed, const char* list) {
    Bucket bucket;
    Row row;
    row.texts[0] = bucket.keep("m");
    row.amount = bucket.keep(billed);
    row.list_amount = bucket.keep(list);
    bucket.rows.push_back(row);
    bucket.rows.push_back(row);
    Reconciliation reading(std::move(bucket), like, key_of);
    while (!reading.add_up(10)) continue;
    Part part = reading.compare(std::move(known));
    reading.add_new(part, 10);
    part.changes = documents_of(part, like);
    return part;
  };

  Part first = read({}, "1.5", "2");
  REQUIRE(first.changes.size() == 1);
  CHECK(first.changes[0].amounts[0] == "3");
  CHECK(first.changes[0].amounts[1] == "4");

  first.record = must(unpack(pack(first.record, like)));
  Part second = read(std::move(first.record), "1.5", "1.95");
  REQUIRE(second.changes.size() == 1);
  CHECK(second.changes[0].amounts[0] == "0");
  CHECK(second.changes[0].amounts[1] == "-0.1");
  CHECK(second.record.view(second.record.rows[0].row.list_amount) == "3.9");
  CHECK(read(std::move(second.record), "1.50", "1.950").changes.empty());
}

TEST_CASE("a bucket that is unsure of its rows takes none that vanished to zero") {
  Reconciled known = answer({}, {{"a", 1}, {"b", 2}});
  Bucket bucket = bucket_of({{"b", 3}});
  bucket.unsure = true;
  const Reconciled result = reconcile(std::move(known.record), std::move(bucket), key_of);
  REQUIRE(result.changes.size() == 1);
  CHECK(model_of(result, result.changes[0]) == "b");
}

TEST_CASE("a new row is emitted as revision 0 with its value") {
  const Reconciled result = answer({}, {{"a", 10, "1.50"}});

  REQUIRE(result.changes.size() == 1);
  CHECK(model_of(result, result.changes[0]) == "a");
  CHECK(result.changes[0].counts[0] == 10);
  CHECK(result.changes[0].amounts[0] == "1.5");
  CHECK(result.record.rows[0].revision == 0);
  CHECK(result.record.rows[0].row.counts[0] == 10);
  CHECK(result.record.view(result.record.rows[0].row.amount) == "1.5");
}

TEST_CASE("a row whose value is zero is emitted all the same") {
  const Reconciled result = answer({}, {{"a", 0, "0"}});

  REQUIRE(result.changes.size() == 1);
  CHECK(result.changes[0].amounts[0] == "0");
}

TEST_CASE("a row that differs is emitted as the next revision with the signed difference") {
  struct Case {
    Said before, after;
    std::int64_t tokens;
    std::string amount;
  };
  const auto& [before, after, tokens, amount] = GENERATE(
      Case{{"a", 10, "1"}, {"a", 15, "1"}, 5, "0"}, Case{{"a", 10, "1"}, {"a", 4, "1"}, -6, "0"},
      Case{{"a", 10, "1"}, {"a", 10, "1.001"}, 0, "0.001"},
      Case{{"a", 10, "1"}, {"a", 10, "0.25"}, 0, "-0.75"},
      Case{{"a", 10, "1"}, {"a", 0, "0"}, -10, "-1"});
  const BucketRecord known = answer({}, {before}).record;

  const Reconciled result = answer(known, {after});

  REQUIRE(result.changes.size() == 1);
  CHECK(result.changes[0].counts[0] == tokens);
  CHECK(result.changes[0].amounts[0] == amount);
  CHECK(result.record.rows[0].revision == 1);
  CHECK(result.record.rows[0].row.counts[0] == after.tokens);
}

TEST_CASE("a row that vanished is taken to zero and still says whose row it was") {
  const BucketRecord known = answer({}, {{"a", 10, "1"}, {"b", 20, "2"}}).record;

  const Reconciled result = answer(known, {{"b", 20, "2"}});

  REQUIRE(result.changes.size() == 1);
  CHECK(model_of(result, result.changes[0]) == "a");
  CHECK(result.changes[0].counts[0] == -10);
  CHECK(result.changes[0].amounts[0] == "-1");
  CHECK(result.record.rows[result.changes[0].row].revision == 1);
}

TEST_CASE("a bucket that became empty takes every row to zero, once") {
  const BucketRecord known = answer({}, {{"a", 10, "1"}, {"b", 20, "2"}}).record;

  const Reconciled first = answer(known, {});
  const Reconciled second = answer(first.record, {});

  CHECK(first.changes.size() == 2);
  CHECK(second.changes.empty());
}

TEST_CASE("a row that is back comes as the next revision from zero") {
  BucketRecord known = answer({}, {{"a", 10, "1"}}).record;
  known = answer(known, {}).record;

  const Reconciled result = answer(known, {{"a", 7, "0.7"}});

  REQUIRE(result.changes.size() == 1);
  CHECK(result.changes[0].counts[0] == 7);
  CHECK(result.changes[0].amounts[0] == "0.7");
  CHECK(result.record.rows.size() == 1);
  CHECK(result.record.rows[0].revision == 2);
}

TEST_CASE("a row that is the same emits nothing, however its money is written") {
  const BucketRecord known = answer({}, {{"a", 10, "1.50"}, {"b", 0, "0"}}).record;

  const Reconciled result = answer(known, {{"b", 0, "0.00"}, {"a", 10, "15e-1"}});

  CHECK(result.changes.empty());
}

TEST_CASE("rows with the same dimensions are one row, added up") {
  const Reconciled result = answer({}, {{"a", 10, "0.1"}, {"b", 1, "1"}, {"a", 5, "0.2"}});

  REQUIRE(result.changes.size() == 2);
  CHECK(model_of(result, result.changes[0]) == "a");
  CHECK(result.changes[0].counts[0] == 15);
  CHECK(result.changes[0].amounts[0] == "0.3");

  SECTION("and the split between them does not matter later") {
    const Reconciled later = answer(result.record, {{"a", 15, "0.3"}, {"b", 1, "1"}});
    CHECK(later.changes.empty());
  }
}

TEST_CASE("rows that add up to more than 64 bits are set aside, and nothing of them is emitted") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();

  const Reconciled result = answer({}, {{"a", most, "0"}, {"a", 1, "0"}, {"b", most, "0"}});

  REQUIRE(result.odd.size() == 1);
  CHECK(test::contains(result.odd[0].reason, "64 bits"));
  REQUIRE(result.changes.size() == 1);
  CHECK(model_of(result, result.changes[0]) == "b");
}

TEST_CASE("a row below zero takes back from its equals, and less than nothing is set aside") {
  const Reconciled less = answer({}, {{"a", 10, "1"}, {"a", -4, "-0.5"}});
  REQUIRE(less.changes.size() == 1);
  CHECK(less.changes[0].counts[0] == 6);
  CHECK(less.changes[0].amounts[0] == "0.5");

  const Reconciled nothing = answer(less.record, {{"a", 10, "1"}, {"a", -11, "1"}});
  CHECK(nothing.changes.empty());
  REQUIRE(nothing.odd.size() == 1);
  CHECK(test::contains(nothing.odd[0].reason, "-1 tokens"));
}

TEST_CASE("what was set aside is remembered by its key and leaves with the next answer") {
  BucketRecord known = answer({}, {{"a", 10, "1"}}).record;
  RecordRow& odd = known.rows.emplace_back();
  odd.key[0] = 7;
  odd.set_aside = true;
  const BucketRecord stored = must(unpack(pack(known, layout())));
  REQUIRE(stored.rows.size() == 2);
  CHECK_FALSE(stored.rows[0].set_aside);
  CHECK(stored.rows[1].set_aside);

  const Reconciled result = answer(stored, {{"a", 10, "1"}});

  CHECK(result.changes.empty());
  CHECK(result.odd_before == std::vector<RowKey>{odd.key});
  CHECK(result.record.rows.size() == 1);
}

TEST_CASE("the original follows the newest answer") {
  const auto with_original = [](BucketRecord known, std::int64_t tokens,
                                const std::string& original) {
    Bucket bucket;
    Row row;
    row.texts[0] = bucket.keep("a");
    row.counts[0] = tokens;
    row.amount = bucket.keep("0");
    row.original = bucket.keep(original);
    bucket.rows.push_back(row);
    return reconcile(std::move(known), std::move(bucket), key_of);
  };
  Reconciled result = with_original({}, 1, "first");
  CHECK(result.record.view(result.record.rows[0].row.original) == "first");

  result = with_original(result.record, 2, "second");

  CHECK(result.record.view(result.record.rows[0].row.original) == "second");
}

TEST_CASE("what was emitted always adds up to the last answer") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    BucketRecord known;
    std::map<std::string, std::int64_t> tokens;  // What a store would sum up.
    std::map<std::string, Decimal> money;
    std::map<std::string, std::uint32_t> revisions;
    for (int read = 0; read < 12; ++read) {
      std::vector<Said> rows;
      std::map<std::string, std::int64_t> true_tokens;
      std::map<std::string, Decimal> true_money;
      const auto count = pick(random, 0, 8);
      for (int i = 0; i < count; ++i) {
        const std::string model(1, static_cast<char>('a' + pick(random, 0, 4)));
        const std::int64_t cents = pick(random, 0, std::int64_t{1} << pick(random, 0, 50));
        const std::string amount =
            std::to_string(cents) + "e-" + std::to_string(pick(random, 0, 12));
        rows.push_back({model, pick(random, 0, std::int64_t{1} << pick(random, 0, 55)), amount});
        true_tokens[model] += rows.back().tokens;
        true_money[model] = true_money[model] + *Decimal::parse(amount);
      }

      const Reconciled result = answer(known, rows);
      for (const Change& change : result.changes) {
        const std::string model = model_of(result, change);
        const std::uint32_t revision = result.record.rows[change.row].revision;
        // Revisions count up from 0 without a gap: ids never repeat.
        const bool is_new = revisions.find(model) == revisions.end();
        REQUIRE(revision == (is_new ? 0 : revisions[model] + 1));
        revisions[model] = revision;
        tokens[model] += change.counts[0];
        money[model] = money[model] + *Decimal::parse(change.amounts[0]);
      }

      for (const auto& [model, revision] : revisions) {
        CAPTURE(round, read, model);
        REQUIRE(tokens[model] == true_tokens[model]);
        REQUIRE(money[model] == true_money[model]);
      }
      REQUIRE(answer(result.record, rows).changes.empty());
      // Through the disk and back, as between two polls.
      known = must(unpack(pack(result.record, layout())));
      REQUIRE(answer(known, rows).changes.empty());
    }
  }
}

}  // namespace
}  // namespace anthropic_metrics::ledger
