// SPDX-License-Identifier: Apache-2.0
#include "ledger/batch.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::at;
using test::failure;
using test::must;

std::string id_of(std::size_t number) {
  std::string id = std::to_string(number);
  return id.insert(0, document_id_size - id.size(), 'A');
}

/// Documents of the given sizes, each filled with a letter of its own.
Batch batch_of(const std::vector<std::size_t>& sizes) {
  Batch batch;
  batch.stream = "usage";
  for (std::size_t i = 0; i < sizes.size(); ++i)
    batch.add(std::string(sizes[i], static_cast<char>('a' + i % 26)), id_of(i),
              at("2026-09-01T00:00:00Z") + std::chrono::hours(i));
  return batch;
}

TEST_CASE("ndjson holds each document followed by a newline") {
  Batch batch;
  CHECK(batch.empty());

  batch.add(R"({"a":1})", id_of(1), at("2026-09-01T00:00:00Z"));
  batch.add(R"({"b":2})", id_of(2), at("2026-09-01T01:00:00Z"));

  CHECK_FALSE(batch.empty());
  CHECK(batch.ndjson == "{\"a\":1}\n{\"b\":2}\n");
  REQUIRE(batch.documents.size() == 2);
  CHECK(batch.documents[1].size == 7);
  CHECK(batch.documents[1].timestamp == at("2026-09-01T01:00:00Z"));
  CHECK(std::string(batch.documents[1].id.data(), document_id_size) == id_of(2));
}

TEST_CASE("the index of a batch survives packing") {
  const Batch batch = batch_of({3, 0, 70000, 12});
  Batch again;
  again.ndjson = batch.ndjson;

  must(unpack_index(pack_index(batch), again.ndjson.size(), again));

  REQUIRE(again.documents.size() == batch.documents.size());
  for (std::size_t i = 0; i < batch.documents.size(); ++i) {
    CHECK(again.documents[i].size == batch.documents[i].size);
    CHECK(again.documents[i].timestamp == batch.documents[i].timestamp);
    CHECK(again.documents[i].id == batch.documents[i].id);
  }
}

TEST_CASE("an index that does not fit its documents is an error of the state") {
  const Batch batch = batch_of({3, 5});
  const std::string index = pack_index(batch);
  Batch again;
  again.ndjson = batch.ndjson;

  SECTION("empty") {
    CHECK(failure(unpack_index("", again.ndjson.size(), again)).code == Errc::state);
  }
  SECTION("a document is missing from the bytes") {
    again.ndjson.pop_back();
    CHECK(failure(unpack_index(index, again.ndjson.size(), again)).code == Errc::state);
  }
  SECTION("a document is missing from the index") {
    CHECK(failure(unpack_index(index.substr(index.size() / 2), again.ndjson.size(), again)).code ==
          Errc::state);
  }
  SECTION("cut anywhere") {
    for (std::size_t size = 0; size < index.size(); ++size)
      CHECK(failure(unpack_index(index.substr(0, size), again.ndjson.size(), again)).code ==
            Errc::state);
  }
  SECTION("a size is wrong") {
    std::string bent = index;
    bent[0] = 4;
    CHECK(failure(unpack_index(bent, again.ndjson.size(), again)).code == Errc::state);
  }
}

TEST_CASE("a batch within its limits is not cut") {
  struct Case {
    std::size_t most_documents, most_bytes;
  };
  const auto [most_documents, most_bytes] =
      GENERATE(Case{0, 0}, Case{3, 0}, Case{0, 33}, Case{3, 33}, Case{100, 1000});

  const auto parts = cut(batch_of({10, 10, 10}), most_documents, most_bytes);

  REQUIRE(parts.size() == 1);
  CHECK(parts[0].documents.size() == 3);
}

TEST_CASE("a batch is cut into parts within the limits") {
  struct Case {
    std::size_t most_documents, most_bytes;
    std::vector<std::size_t> documents;
  };
  const auto& [most_documents, most_bytes, documents] = GENERATE(
      Case{1, 0, {1, 1, 1, 1}}, Case{3, 0, {3, 1}}, Case{0, 22, {2, 2}}, Case{0, 21, {1, 1, 1, 1}},
      Case{2, 33, {2, 2}}, Case{3, 22, {2, 2}}, Case{0, 1, {1, 1, 1, 1}});
  CAPTURE(most_documents, most_bytes);
  const Batch whole = batch_of({10, 10, 10, 10});

  const auto parts = cut(whole, most_documents, most_bytes);

  REQUIRE(parts.size() == documents.size());
  for (std::size_t i = 0; i < parts.size(); ++i) CHECK(parts[i].documents.size() == documents[i]);
}

TEST_CASE("a document larger than the limit comes alone") {
  const auto parts = cut(batch_of({5, 100, 5, 5}), 0, 20);

  REQUIRE(parts.size() == 3);
  CHECK(parts[0].documents.size() == 1);
  CHECK(parts[1].documents.size() == 1);
  CHECK(parts[1].ndjson.size() == 101);
  CHECK(parts[2].documents.size() == 2);
}

TEST_CASE("cutting loses nothing, keeps the order and respects the limits") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::size_t> sizes(static_cast<std::size_t>(test::pick(random, 1, 40)));
    for (auto& size : sizes) size = static_cast<std::size_t>(test::pick(random, 0, 60));
    const auto most_documents = static_cast<std::size_t>(test::pick(random, 0, 10));
    const auto most_bytes = static_cast<std::size_t>(test::pick(random, 0, 150));
    Batch whole = batch_of(sizes);
    whole.id = 7;

    const auto parts = cut(whole, most_documents, most_bytes);

    std::string ndjson, index;
    for (const Batch& part : parts) {
      REQUIRE_FALSE(part.empty());
      REQUIRE(part.stream == "usage");
      if (parts.size() > 1) REQUIRE(part.id == 0);
      if (most_documents > 0) REQUIRE(part.documents.size() <= most_documents);
      if (most_bytes > 0 && part.documents.size() > 1) REQUIRE(part.ndjson.size() <= most_bytes);
      Batch again;
      again.ndjson = part.ndjson;
      must(unpack_index(pack_index(part), again.ndjson.size(), again));
      ndjson += part.ndjson;
      index += pack_index(part);
    }
    REQUIRE(ndjson == whole.ndjson);
    REQUIRE(index == pack_index(whole));
  }
}

}  // namespace
}  // namespace anthropic_metrics
