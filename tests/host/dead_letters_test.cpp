// SPDX-License-Identifier: Apache-2.0
// Documents that a store refuses: kept whole, counted, and never more than fits.
#include "outputs/dead_letters.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "catch_failure.hpp"
#include "scratch.hpp"

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

const std::chrono::system_clock::time_point now{std::chrono::seconds(1'788'220'800)};

DeadLetter letter(const std::string& id) {
  return {.data_stream = "metrics-anthropic_metrics.usage-default",
          .id = id,
          .status = 400,
          .type = "document_parsing_exception",
          .reason = "failed to parse \"x\"",
          .document = R"({"a":1})"};
}

}  // namespace

TEST_CASE("a dead letter says all that a resend and a person need") {
  const Scratch scratch;
  DeadLetters letters("my output", scratch / "deep/er", 1'000'000);
  CHECK(letters.count() == 0);
  REQUIRE(letters.add({letter("a"), letter("b")}, now));
  CHECK(letters.count() == 2);
  REQUIRE(letters.add({letter("c")}, now));
  CHECK(letters.count() == 3);

  const auto all = lines(read(letters.file()));
  REQUIRE(all.size() == 3);
  const auto first = boost::json::parse(all[0]);
  CHECK(first == boost::json::parse(
                     R"({"@timestamp":"2026-09-01T00:00:00.000Z","output":"my output",
                     "data_stream":"metrics-anthropic_metrics.usage-default","id":"a","status":400,
                     "type":"document_parsing_exception","reason":"failed to parse \"x\"",
                     "document":{"a":1}})"));
  struct stat info {};
  REQUIRE(::stat(letters.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  // Somebody else's changes are seen.
  std::filesystem::rename(letters.file(), letters.in_work());
  CHECK(letters.count() == 3);
  std::filesystem::remove(letters.in_work());
  CHECK(letters.count() == 0);
}

TEST_CASE("without a folder, or beyond the limit, nothing is kept and the batch is refused") {
  const Scratch scratch;
  DeadLetters nowhere("o", {}, 1'000'000);
  const auto refused = nowhere.add({letter("a")}, now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().lines.back() == "name one with dead_letter.path");
  CHECK(nowhere.add({}, now));

  DeadLetters small("o", scratch.folder(), 600);
  REQUIRE(small.add({letter("a"), letter("b")}, now));
  const std::string before = read(small.file());
  const auto full = small.add({letter("c")}, now);
  REQUIRE_FALSE(full);
  CHECK(full.error().lines.back().find("dead_letter.max_kb") != std::string::npos);
  CHECK(read(small.file()) == before);
}

TEST_CASE("letters that do not fit on the disk leave no half line") {
  const Scratch scratch;
  DeadLetters letters("o", scratch.folder(), 1'000'000);
  REQUIRE(letters.add({letter("a")}, now));
  const std::string before = read(letters.file());

  rlimit former{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &former) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{before.size() + 100, former.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const auto failed = letters.add({letter("b"), letter("c")}, now);
  ::setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, handler);

  REQUIRE_FALSE(failed);
  CHECK(failed.error().lines.front().find(letters.file().string()) != std::string::npos);
  CHECK(read(letters.file()) == before);
  REQUIRE(letters.add({letter("b")}, now));
  CHECK(lines(read(letters.file())).size() == 2);
}
