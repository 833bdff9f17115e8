// SPDX-License-Identifier: Apache-2.0
#include "ledger/identity.hpp"

#include <algorithm>
#include <set>

#include "support.hpp"

namespace anthropic_metrics {
namespace {

std::string id_of(const KeyBuilder& key, std::uint32_t revision = 0) {
  return document_id(key.key(), revision);
}

TEST_CASE("a document id is 22 characters of base64url") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 500; ++i) {
    KeyBuilder key;
    key.add(test::pick(random, 0, 1 << 30));

    const std::string id = id_of(key, static_cast<std::uint32_t>(i));

    CAPTURE(id);
    REQUIRE(id.size() == document_id_size);
    REQUIRE(std::all_of(id.begin(), id.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    }));
    // The last character carries two bits only.
    REQUIRE(test::contains("AQgw", id.substr(21)));
  }
}

// These ids are in stores already. A change here makes every document ever shipped a stranger.
TEST_CASE("ids never change from one version to the next") {
  KeyBuilder empty;
  KeyBuilder row;
  row.add(std::int64_t{1}).add("org").add("anthropic_metrics.usage").add("1h").add("model");
  row.add(std::int64_t{1788220800}).add("claude-sonnet-4").add_null().add("");

  CHECK(id_of(empty) == "BTKthnUHQiZwT_bPvQXC6A");
  CHECK(id_of(row) == "QrEIHyAIm1cHYN--GeXCgg");
  CHECK(id_of(row, 1) == "pjpepX65XwC6p5G5v66uWw");
  CHECK(id_of(row, 4294967295u) == "Y5SU_oT9g0UsqDQX-tAAcA");
}

TEST_CASE("fields that read alike when joined are told apart") {
  std::set<std::string> ids;
  ids.insert(id_of(KeyBuilder().add("ab").add("c")));
  ids.insert(id_of(KeyBuilder().add("a").add("bc")));
  ids.insert(id_of(KeyBuilder().add("abc")));
  ids.insert(id_of(KeyBuilder().add("abc").add("")));
  ids.insert(id_of(KeyBuilder().add("").add("abc")));
  ids.insert(id_of(KeyBuilder().add("abc").add_null()));
  ids.insert(id_of(KeyBuilder().add_null().add("abc")));

  CHECK(ids.size() == 7);
}

TEST_CASE("null, empty, zero and the texts that look like them are all different") {
  std::set<std::string> ids;
  ids.insert(id_of(KeyBuilder().add_null()));
  ids.insert(id_of(KeyBuilder().add("")));
  ids.insert(id_of(KeyBuilder().add("0")));
  ids.insert(id_of(KeyBuilder().add("null")));
  ids.insert(id_of(KeyBuilder().add(std::int64_t{0})));
  ids.insert(id_of(KeyBuilder().add(std::string_view("\0", 1))));
  ids.insert(id_of(KeyBuilder()));

  CHECK(ids.size() == 7);
}

TEST_CASE("the order of fields is part of the key") {
  CHECK(id_of(KeyBuilder().add("a").add("b")) != id_of(KeyBuilder().add("b").add("a")));
}

TEST_CASE("every revision of a row has an id of its own") {
  KeyBuilder key;
  key.add("row");
  std::set<std::string> ids;
  for (std::uint32_t revision = 0; revision < 1000; ++revision) ids.insert(id_of(key, revision));

  CHECK(ids.size() == 1000);
}

TEST_CASE("two corrections of one revision that change different things have different ids") {
  const RowKey key = KeyBuilder().add("row").key();
  const std::set<std::string> ids{document_id(key, 1), document_id(key, 1, "+1=8"),
                                  document_id(key, 1, "+2=9"), document_id(key, 2, "+1=8")};
  CHECK(ids.size() == 4);
  CHECK(document_id(key, 1, "+1=8") == document_id(key, 1, "+1=8"));
}

TEST_CASE("rewinding forgets what came after and nothing else") {
  KeyBuilder key;
  key.add("shared");
  const std::size_t size = key.size();
  key.add("first").add(std::int64_t{7});

  key.rewind(size);
  key.add("second");

  CHECK(key.key() == KeyBuilder().add("shared").add("second").key());
}

}  // namespace
}  // namespace anthropic_metrics
