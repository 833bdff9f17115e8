// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "stream_case.hpp"

namespace anthropic_metrics::test {
namespace {

const streams::Window day{Instant(std::chrono::hours(24 * 20'000)),
                          Instant(std::chrono::hours(24 * 20'001))};

/// Reads one day again and again.
class Days {
 public:
  Days() : collector_("analytics_summary", settings()) { collector_.ask(day); }
  std::string read(const std::string& entry, const char* list = "summaries") {
    const auto documents = collector_.collect("{\"" + std::string(list) + "\":[" + entry + "]}");
    if (!documents) FAIL(documents.error().message);
    return *documents;
  }
  const streams::Fetcher& fetcher() const { return collector_.fetcher(); }

 private:
  static streams::StreamSettings settings() {
    streams::StreamSettings settings;
    settings.bucket_width = "1d";
    return settings;
  }
  Collector collector_;
};

bool has(const std::string& documents, const std::string& text) {
  return documents.find(text) != std::string::npos;
}

TEST_CASE("a day of summaries is asked for alone") {
  CHECK(Days().fetcher().request(day, "").target ==
        "/v1/organizations/analytics/"
        "summaries?starting_date=2024-10-04&ending_date=2024-10-05&limit=1000");
}

TEST_CASE("a gauge is told as it is, and again as a whole when it changed") {
  Days days;
  const std::string first = days.read(
      R"({"daily_active_user_count":41,"assigned_seat_count":150,"daily_adoption_rate":27.33})");
  CHECK(has(first, R"("assigned_seats":150)"));
  CHECK(has(first, R"("daily_active_users":41)"));
  CHECK(has(first, R"("daily_adoption_rate":27.33)"));
  CHECK(has(first, R"("revision":0)"));
  const std::string second = days.read(
      R"({"daily_active_user_count":42,"assigned_seat_count":150,"daily_adoption_rate":28.00})");
  CHECK(has(second, R"("assigned_seats":150)"));
  CHECK(has(second, R"("daily_active_users":42)"));
  CHECK(has(second, R"("daily_adoption_rate":28.00)"));
  CHECK(has(second, R"("revision":1)"));
  CHECK_FALSE(has(second, "\"total\""));
  CHECK(
      days.read(
              R"({"daily_active_user_count":42,"assigned_seat_count":150,"daily_adoption_rate":28.00})")
          .empty());
}

TEST_CASE("the list of summaries is read under either name") {
  const std::string entry = R"({"daily_active_user_count":41})";
  CHECK(Days().read(entry, "data") == Days().read(entry, "summaries"));
}

TEST_CASE("an odd summary is set aside") {
  for (const char* entry :
       {R"({"daily_active_user_count":"many"})", R"({"daily_adoption_rate":"most"})",
        R"({"daily_adoption_rate":[1]})", R"({"assigned_seat_count":0.5})", "7"}) {
    INFO(entry);
    const std::string documents = Days().read(entry);
    CHECK(has(documents, R"("kind":"pipeline_error")"));
    CHECK_FALSE(has(documents, R"("kind":"metric")"));
  }
}

}  // namespace
}  // namespace anthropic_metrics::test
