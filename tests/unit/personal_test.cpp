// SPDX-License-Identifier: Apache-2.0
#include "streams/personal.hpp"

#include <catch2/catch_test_macros.hpp>

#include "streams/personal_original.hpp"

namespace anthropic_metrics::streams {
namespace {

const std::string key(32, 'k');

Layout people(PersonalData mode) {
  Layout layout;
  layout.texts = {{.name = "id", .field = "id"},
                  {.name = "actor.type", .field = "actor_type"},
                  {.name = "actor.email_address", .field = "actor", .personal = true},
                  {.name = "models.model", .field = "model"}};
  layout.personal = Personal(mode, key);
  return layout;
}

TEST_CASE("of a person is shown what the mode allows") {
  const std::string ann = "ann@example.org";
  CHECK(Personal().shown(ann) == std::nullopt);
  CHECK(Personal(PersonalData::none, key).shown(ann) == std::nullopt);
  CHECK(Personal(PersonalData::full).shown(ann) == ann);
  // The first 132 bits of HMAC-SHA-256, base64url.
  CHECK(Personal(PersonalData::hashed, key).shown(ann) == "xIwETx7nGsCZ3W28_X5-AN");
  CHECK(Personal(PersonalData::hashed, std::string(32, 'l')).shown(ann) !=
        Personal(PersonalData::hashed, key).shown(ann));
  CHECK(Personal(PersonalData::hashed, key).shown("") == "");
}

TEST_CASE("a hash without its key is nothing") {
  CHECK(Personal(PersonalData::hashed).shown("ann@example.org") == std::nullopt);
  CHECK(Personal(PersonalData::hashed).silent());
  CHECK_FALSE(Personal(PersonalData::hashed, key).silent());
}

TEST_CASE("modes are read as they are written") {
  for (const auto mode : {PersonalData::none, PersonalData::hashed, PersonalData::full})
    CHECK(parse_personal_data(to_text(mode)) == mode);
  for (const char* other : {"", "None", "hash", "all"}) CHECK_FALSE(parse_personal_data(other));
}

TEST_CASE("an original keeps what is no person's") {
  const Layout none = people(PersonalData::none);
  CHECK(
      shown_original(none, R"({"id":"u1", "day":"2026-11-26", "at":"2026-11-26T00:00:00Z",
    "actor":{"type":"user_actor","email_address":"ann@example.org"},"n":9007199254740993.0,
    "remote":false,"plan":null,"models":[{"model":"m","note":"Ann's"},{"model":"n"}]})") ==
      R"({"id":"u1","day":"2026-11-26","at":"2026-11-26T00:00:00Z",)"
      R"("actor":{"type":"user_actor","email_address":"[withheld]"},"n":9007199254740993.0,)"
      R"("remote":false,"plan":null,"models":[{"model":"m","note":"[withheld]"},{"model":"n"}]})");
}

TEST_CASE("nothing of an odd entry gets by: another type, an unknown member, a name of a member") {
  const Layout none = people(PersonalData::none);
  for (const char* entry :
       {R"({"actor":"ann@example.org"})", R"({"actor":["ann@example.org"]})",
        R"("ann@example.org")", R"({"ann@example.org":1})",
        R"({"actor":{"ann@example.org":{"n":1}}})", R"({"new_member":"ann@example.org"})",
        R"({"actor":{"email_address":{"x":"ann@example.org"}}})",
        R"({"actor":{"type":["x",{"y":"ann@example.org"}]}})", R"(["ann@example.org"])",
        R"({"actor":"ann@exam)", R"({"a":"ann\u0040example.org"})"}) {
    INFO(entry);
    const std::string shown = shown_original(none, entry);
    CHECK(shown.find("ann") == std::string::npos);
  }
  CHECK(shown_original(none, R"({"actor":"ann@exam)").empty());
}

TEST_CASE("in an original a hash is the same as in the documents") {
  const Layout hashed = people(PersonalData::hashed);
  CHECK(shown_original(hashed,
                       R"({"actor":{"email_address":"ann@example.org"},"x":"ann@example.org"})") ==
        R"({"actor":{"email_address":"xIwETx7nGsCZ3W28_X5-AN"},"x":"xIwETx7nGsCZ3W28_X5-AN"})");
}

TEST_CASE("who asked for everything, or has no persons, gets the API's own bytes") {
  const std::string entry = R"({ "actor" : {"email_address":"ann@example.org"} , "x":1e3 })";
  CHECK(shown_original(people(PersonalData::full), entry) == entry);
  Layout impersonal = people(PersonalData::none);
  impersonal.texts[2].personal = false;
  CHECK(shown_original(impersonal, entry) == entry);
  CHECK(shown_original(impersonal, "{ broken") == "{ broken");
}

}  // namespace
}  // namespace anthropic_metrics::streams
