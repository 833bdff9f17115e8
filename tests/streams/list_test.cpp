// SPDX-License-Identifier: Apache-2.0
// Lists of named things, as the API has them for workspaces, keys and people: paged by id, or by a
// token.
#include "streams/list.hpp"

#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using streams::Paging;

std::unique_ptr<streams::Fetcher> fetcher(Paging paging) {
  streams::Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "name", .field = "name", .identity = false},
      {.name = "scope.place.city", .field = "city", .identity = false},
      {.name = "roles", .field = "roles", .json = true, .identity = false},
  };
  layout.counts = {{"seats", "seats", true}, {"scope.size", "size", false}};
  streams::ListEndpoint list;
  list.path = "/v1/organizations/people";
  list.headers = {{"anthropic-version", "2023-06-01"}};
  list.paging = paging;
  list.entries = "people";
  list.most_entries = 1000;
  list.parameters = {{"include_archived", "true"}};
  return make_list_fetcher(std::move(list), std::move(layout));
}

/// The only bucket of an answer with that data.
streams::Bucket read(const std::string& data) {
  auto decoded = decode(*fetcher(Paging::after_id), R"({"data":[)" + data + "]}", 4096);
  if (!decoded) FAIL(decoded.error().message);
  REQUIRE(decoded->buckets.size() == 1);
  return std::move(decoded->buckets.front());
}

/// What follows a page without entries that ends like that, or the error.
std::string next(Paging paging, const std::string& end) {
  const auto decoded = decode(*fetcher(paging), R"({"data":[])" + end + "}", 7);
  return decoded ? decoded->next_page : decoded.error().message;
}

TEST_CASE("a list is asked for in pages of the API's maximum") {
  const std::string first = "/v1/organizations/people?include_archived=true&limit=1000";
  const auto by_id = fetcher(Paging::after_id), by_token = fetcher(Paging::next_page);
  CHECK(by_id->request({}, "").target == first);
  CHECK(by_id->request({}, "user_1").target == first + "&after_id=user_1");
  CHECK(by_token->request({}, "page_1").target == first + "&page=page_1");
  CHECK(by_id->request({}, "").headers.size() == 1);
  CHECK(by_id->width() == std::chrono::seconds(0));
}

TEST_CASE("the next page of a list by id begins after its last one, while there is more") {
  const auto by_id = [](const std::string& end) { return next(Paging::after_id, end); };
  CHECK(by_id(R"(,"has_more":true,"first_id":"a","last_id":"b")") == "b");
  CHECK(by_id(R"(,"last_id":"b","has_more":false)") == "");
  CHECK(by_id(R"(,"last_id":"b")") == "");
  CHECK(by_id(R"(,"next_page":"page_1","has_more":false)") == "");
  for (const char* last : {"", R"(,"last_id":null)", R"(,"last_id":"")", R"(,"last_id":7)"})
    CHECK(by_id(R"(,"has_more":true)" + std::string(last)) ==
          "$.last_id is missing although $.has_more is true");
  CHECK(by_id(R"(,"has_more":"yes","last_id":"b")") == "$.has_more expected true or false");
}

TEST_CASE("the next page of a list by token is the one that it names") {
  const auto by_token = [](const std::string& end) { return next(Paging::next_page, end); };
  CHECK(by_token(R"(,"next_page":"page_1")") == "page_1");
  CHECK(by_token(R"(,"next_page":null)") == "");
  CHECK(by_token(R"(,"has_more":true,"last_id":"b")") == "");
  CHECK(by_token(R"(,"next_page":7)") == "$.next_page expected a string");
}

TEST_CASE("columns stand where their paths lead") {
  const auto bucket =
      read(R"({"id":"a","name":null,"roles":["x","y"],"seats":9007199254740993.0,"more":1,)"
           R"("scope":{"size":3,"place":{"city":"Rome"}}},{"id":"b","scope":null,"seats":0})");
  REQUIRE(bucket.rows.size() == 2);
  CHECK(bucket.odd.empty());
  const streams::Row a = bucket.rows[0], b = bucket.rows[1];
  CHECK(bucket.view(a.texts[0]) == "a");
  CHECK(a.texts[1].state == streams::Text::State::absent);
  CHECK(bucket.view(a.texts[2]) == "Rome");
  CHECK(bucket.view(a.texts[3]) == R"(["x","y"])");
  CHECK(a.counts[0] == 9007199254740993);
  CHECK(a.counts[1] == 3);
  CHECK(bucket.view(b.texts[0]) == "b");
  CHECK(b.texts[2].state == streams::Text::State::absent);
  CHECK(b.counts_present == 1);
}

TEST_CASE("an entry without its identity is set aside, and hides no other") {
  struct Case {
    const char *entry, *expected;
  };
  for (const Case& c :
       {Case{R"({"name":"n","seats":1})", ".id is missing"},
        Case{R"({"id":null,"seats":1})", ".id is missing"},
        Case{R"({"id":7,"seats":1})", ".id expected a string"}, Case{"7", " expected an object"},
        Case{"null", " expected an object"}, Case{R"({"id":"\ud800"})", " is not valid JSON: "}}) {
    INFO("entry " << c.entry);
    const auto bucket = read(R"({"id":"a","seats":1},)" + std::string(c.entry));
    CHECK(bucket.rows.size() == 1);
    REQUIRE(bucket.odd.size() == 1);
    CHECK(bucket.odd.front().reason.starts_with("$.data[1]" + std::string(c.expected)));
    CHECK(bucket.odd.front().original == c.entry);
  }
}

TEST_CASE("another oddity of an entry is told, and the rest of it is a row") {
  struct Case {
    const char *rest, *expected;
  };
  for (const Case& c :
       {Case{R"("name":7,"seats":1)", ".name expected a string"},
        Case{R"("scope":"s","seats":1)", ".scope expected an object or null"},
        Case{R"("scope":{"place":[]},"seats":1)", ".scope.place expected an object or null"},
        Case{R"("roles":"admin","seats":1)", ".roles expected an array of strings or null"},
        Case{R"("roles":["x",1],"seats":1)", ".roles[1] expected a string"},
        Case{R"("scope":{"size":-1},"seats":1)",
             ".scope.size expected a whole number of 0 or more, found -1"},
        Case{R"("scope":{"size":0.5},"seats":1)", ".scope.size expected a whole number"},
        Case{R"("seats":null)", ".seats is missing"}}) {
    INFO("entry with " << c.rest);
    const auto bucket = read(R"({"id":"a",)" + std::string(c.rest) + "}");
    REQUIRE(bucket.rows.size() == 1);
    CHECK(bucket.rows[0].partial);
    CHECK(bucket.view(bucket.rows[0].texts[0]) == "a");
    REQUIRE(bucket.odd.size() == 1);
    CHECK(bucket.odd.front().reason.starts_with("$.data[0]" + std::string(c.expected)));
  }
}

/// A list of people by their e-mail address, which says who they are.
streams::Bucket read_people(streams::PersonalData mode, const std::string& data) {
  streams::Layout layout;
  layout.texts = {{.name = "id", .field = "id", .identity = false},
                  {.name = "email", .field = "email", .personal = true}};
  layout.counts = {{"seats", "seats", false}};
  layout.personal = streams::Personal(mode, std::string(32, 'k'));
  streams::ListEndpoint list;
  list.entries = "people";
  const auto people = make_list_fetcher(std::move(list), std::move(layout));
  auto decoded = decode(*people, R"({"data":[)" + data + "]}", 4096);
  REQUIRE(decoded);
  REQUIRE(decoded->buckets.size() == 1);
  return std::move(decoded->buckets.front());
}

TEST_CASE("a text that says who a person is never reaches a row or an odd entry unasked") {
  using streams::PersonalData;
  const std::string ann = R"({"id":"u1","email":"ann@example.org","seats":1})";
  const auto none = read_people(PersonalData::none, ann);
  CHECK(none.odd.empty());
  CHECK(none.rows[0].texts[1].state == streams::Text::State::absent);
  CHECK(none.rows.text() == "u1");
  const auto hashed = read_people(PersonalData::hashed, ann);
  CHECK(hashed.view(hashed.rows[0].texts[1]) == "xIwETx7nGsCZ3W28_X5-AN");
  const auto full = read_people(PersonalData::full, ann);
  CHECK(full.view(full.rows[0].texts[1]) == "ann@example.org");

  for (const char* odd : {R"({"id":"u1","email":"ann@example.org","seats":"of ann@example.org"})",
                          R"({"id":"u1","email":["ann@example.org"]})", R"("ann@example.org")",
                          R"({"email":"ann@example.org\ud800"})"}) {
    INFO(odd);
    const auto bucket = read_people(PersonalData::none, odd);
    REQUIRE(bucket.odd.size() == 1);
    for (const std::string& text :
         {bucket.rows.text(), bucket.odd[0].reason, bucket.odd[0].original})
      CHECK(text.find("ann") == std::string::npos);
  }
}

TEST_CASE("an answer that is no list says of what it should be one") {
  const auto none = decode(*fetcher(Paging::after_id), R"({"people":[]})", 4096);
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "$ has no data array: the answer is not a list of people");
}

}  // namespace
}  // namespace anthropic_metrics::test
