// SPDX-License-Identifier: Apache-2.0
// What is told of things that a list has no more.
#include "collect/entities.hpp"

#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::at;

/// What is told of one thing that was known by a name, and that the list has no more.
std::string told(bool personal, streams::PersonalData mode) {
  streams::Layout layout;
  layout.texts = {{.name = "id", .field = "id"},
                  {.name = "name", .field = "name", .identity = false, .personal = personal},
                  {.name = "state", .field = "state", .identity = false}};
  layout.personal = streams::Personal(mode, std::string(32, 'k'));
  boost::asio::io_context loop;
  Directory directory(loop);
  ledger::Entity known;
  known.stream = "user";
  known.id = "u1";
  known.content = "as it was";
  known.name = "Ann";
  known.state = "live";
  directory.learn({known});
  Entities entities(layout, "user", directory, at("2026-11-29T12:00:00Z"));
  const streams::Bucket bucket = entities.removed();
  REQUIRE(bucket.rows.size() == 1);
  std::string all;
  const streams::Row row = bucket.rows[0];
  for (std::size_t i = 0; i < layout.texts.size(); ++i)
    if (row.texts[i].state == streams::Text::State::present)
      all += std::string(bucket.view(row.texts[i])) + " ";
  return all;
}

}  // namespace

TEST_CASE("what is removed keeps its last name, but no person's that may not be shown any more") {
  using streams::PersonalData;
  CHECK(told(false, PersonalData::none) == "u1 Ann removed ");
  CHECK(told(true, PersonalData::full) == "u1 Ann removed ");
  CHECK(told(true, PersonalData::hashed) == "u1 removed ");
  CHECK(told(true, PersonalData::none) == "u1 removed ");
}

}  // namespace anthropic_metrics
