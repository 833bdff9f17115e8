// SPDX-License-Identifier: Apache-2.0
// Output files are a buffer: what happens when it is full.
#include <sys/resource.h>
#include <utime.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <ctime>

#include "output_setup.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

// Three files of 1 KB, and documents of which each fills one.
struct Full {
  Scratch scratch;
  LogFile log;
  FileSettings output = output_in(scratch);
  const std::string filler = std::string(600, 'x');

  Full() {
    output.rotate_every_kb = 1;
    output.number_of_files = 3;
  }
  std::filesystem::path file(int number) const {
    return scratch / (number == 0 ? usage_file : usage_file + "." + std::to_string(number));
  }
  std::string first_letters() const {
    std::string letters;
    for (int number = 0; number < 4; ++number) {
      const std::string text = read(file(number));
      letters += text.empty() ? '-' : text[0];
    }
    return letters;
  }
  void set_age(const std::filesystem::path& path, std::time_t seconds) const {
    const std::time_t then = std::time(nullptr) - seconds;
    const utimbuf times{then, then};
    REQUIRE(utime(path.c_str(), &times) == 0);
  }
};

}  // namespace

TEST_CASE("full files are renamed in order, and at the limit the next batch is refused") {
  Full full;
  FileSink sink("default", full.output, full.log.log);
  for (const char* name : {"1", "2", "3"}) CHECK(write_usage(sink, name + full.filler));
  CHECK(full.first_letters() == "321-");

  const auto failure = write_usage(sink, "4" + full.filler);

  REQUIRE(!failure);
  CHECK(failure.error().passes);
  CHECK_THAT(failure.error().lines[0],
             ContainsSubstring("is full: there are 3 files of 1 KB, and the oldest "
                               "was written less than delete_after (168h) ago") &&
                 ContainsSubstring("nothing is lost") &&
                 ContainsSubstring("remove files that were shipped"));
  CHECK(write_usage(sink, "4" + full.filler).error().lines ==
        failure.error().lines);  // so it is told once
  CHECK(full.first_letters() == "321-");

  SECTION("a shipped file that is removed makes room for one") {
    std::filesystem::remove(full.file(2));
    CHECK(write_usage(sink, "4" + full.filler));
    CHECK(full.first_letters() == "432-");
    CHECK(!write_usage(sink, "5" + full.filler));
  }
  SECTION("one that is removed from the middle likewise, and the older ones stay") {
    std::filesystem::remove(full.file(1));
    CHECK(write_usage(sink, "4" + full.filler));
    CHECK(full.first_letters() == "431-");
  }
  SECTION("so does the next start of a host") {
    FileSink again("default", full.output, full.log.log);
    CHECK(!write_usage(again, "4" + full.filler));
    CHECK(full.first_letters() == "321-");
  }
  SECTION("one from the future is not old") {
    full.set_age(full.file(2), -1'000'000);
    CHECK(!write_usage(sink, "4" + full.filler));
  }
  CHECK(full.log.text().empty());
}

TEST_CASE("an oldest file beyond the age makes room, and its end is logged with what it held") {
  Full full;
  FileSink sink("default", full.output, full.log.log);
  for (const char* name : {"1", "2", "3"})
    CHECK(write_usage(sink, std::string(name) + "\n\n" + full.filler));
  full.set_age(full.file(2), 8 * 86'400 + 5 * 3600);

  CHECK(write_usage(sink, "4" + full.filler));

  CHECK(full.first_letters() == "432-");
  CHECK_THAT(full.log.text(),
             ContainsSubstring("output 'default': deleted " + full.file(2).string() +
                               " to make room: 3 documents, the last of them written 8 days and 5 "
                               "hours ago"));
  CHECK(lines(full.log.text()).size() == 1);
}

TEST_CASE("delete_after 0s keeps so many files and no more") {
  Full full;
  full.output.delete_after = std::chrono::seconds(0);
  FileSink sink("default", full.output, full.log.log);
  for (const char* name : {"1", "2", "3", "4", "5"}) CHECK(write_usage(sink, name + full.filler));
  CHECK(full.first_letters() == "543-");
  CHECK(lines(full.log.text()).size() == 2);
}

TEST_CASE("below a limit of file sizes files are rotated before it is met") {
  Full full;
  full.output.rotate_every_kb = 1024;
  struct rlimit former {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &former) == 0);
  const auto former_action = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = former;
  small.rlim_cur = 1000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);

  FileSink sink("default", full.output, full.log.log);
  const auto first = write_usage(sink, "1" + full.filler);
  const auto second = write_usage(sink, "2" + full.filler);
  const auto large = write_usage(sink, "3" + std::string(2000, 'x'));
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, former_action);
  const auto again = write_usage(sink, "3" + std::string(2000, 'x'));

  CHECK(first);
  CHECK(second);
  REQUIRE(!large);
  CHECK_THAT(large.error().lines[0],
             ContainsSubstring("File too large") && ContainsSubstring("ulimit -f"));
  CHECK(again);
  CHECK(full.first_letters() == "321-");
}
