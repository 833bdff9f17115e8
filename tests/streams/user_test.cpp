// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

using streams::Personal;
using streams::PersonalData;

constexpr const char* ann =
    R"({"data":[{"id":"user_1","type":"user","email":"ann@example.org","name":"Ann Example","role":"developer","added_at":"2026-01-05T10:00:00Z"}],"has_more":false})";

std::string told(PersonalData mode, const char* answer = ann) {
  streams::StreamSettings settings;
  settings.personal = Personal(mode, std::string(32, 'k'));
  settings.preserve_original_event = true;
  const auto documents = Collector("user", settings).collect(answer);
  if (!documents) FAIL(documents.error().message);
  return *documents;
}

TEST_CASE("who a person is is not told unless somebody asked for it") {
  const std::string none = told(PersonalData::none);
  CHECK(
      none.find(
          R"("user":{"added_at":"2026-01-05T10:00:00Z","id":"user_1","role":"developer","state":"live"})") !=
      std::string::npos);
  CHECK(none.find("ann@") == std::string::npos);
  CHECK(none.find("Ann") == std::string::npos);

  const std::string hashed = told(PersonalData::hashed);
  CHECK(hashed.find("ann@") == std::string::npos);
  CHECK(hashed.find("Ann") == std::string::npos);
  CHECK(hashed.find(R"("email":")") != std::string::npos);

  const std::string full = told(PersonalData::full);
  CHECK(full.find(R"("email":"ann@example.org")") != std::string::npos);
  CHECK(full.find(R"("name":"Ann Example")") != std::string::npos);
}

TEST_CASE("an odd member keeps its person to itself") {
  const std::string documents = told(
      PersonalData::none,
      R"({"data":[{"id":"user_1","email":{"address":"ann@example.org"},"name":["Ann"],"role":7}],"has_more":false})");
  CHECK(documents.find(R"("kind":"pipeline_error")") != std::string::npos);
  CHECK(documents.find("ann@") == std::string::npos);
  CHECK(documents.find("Ann") == std::string::npos);
}

TEST_CASE("the stream is off until it is asked for") {
  CHECK(streams::find("user")->opt_in);
  CHECK(streams::find("user")->personal);
}

}  // namespace
}  // namespace anthropic_metrics::test
