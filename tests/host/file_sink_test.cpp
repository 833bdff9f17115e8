// SPDX-License-Identifier: Apache-2.0
#include "outputs/file_sink.hpp"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "output_setup.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

LogFile ignored;

}  // namespace

TEST_CASE("documents go to the file of their data stream, in order") {
  Scratch scratch;
  FileSink sink("default", output_in(scratch), ignored.log);
  CHECK(sink.write(Batch({{0, "{\"a\":1}"}, {1, "{\"b\":1}"}, {0, "{\"a\":2}"}}).batch, targets));
  CHECK(sink.write(Batch({{0, "{\"a\":3}"}}).batch, targets));
  CHECK(read(scratch / usage_file) == "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  CHECK(read(scratch / cost_file) == "{\"b\":1}\n");
}

TEST_CASE("a larger batch than writev takes at once arrives whole") {
  Scratch scratch;
  FileSink sink("default", output_in(scratch), ignored.log);
  std::vector<std::pair<std::uint32_t, std::string>> documents;
  for (int i = 0; i < 3000; ++i) documents.emplace_back(i % 2, "{\"i\":" + std::to_string(i) + "}");
  CHECK(sink.write(Batch(documents).batch, targets));
  CHECK(lines(read(scratch / usage_file)).size() == 1500);
  CHECK(lines(read(scratch / cost_file)).back() == "{\"i\":2999}");
}

TEST_CASE("a document larger than a file gets a file of its own") {
  Scratch scratch;
  FileSettings output = output_in(scratch);
  output.rotate_every_kb = 1;
  FileSink sink("default", output, ignored.log);
  CHECK(sink.write(Batch({{0, std::string(5000, 'a')}}).batch, targets));
  CHECK(sink.write(Batch({{0, std::string(5000, 'b')}}).batch, targets));
  CHECK(read(scratch / usage_file).size() == 5001);
  CHECK(read(scratch / (usage_file + ".1")).size() == 5001);
}

TEST_CASE("a line torn by a crash is removed before anything is appended") {
  struct Case {
    std::string before;
    std::string kept;
  };
  for (const Case& row :
       {Case{"{\"a\":1}\n{\"a\":", "{\"a\":1}\n"}, Case{"{\"a\":1}\n", "{\"a\":1}\n"},
        Case{"{\"a", ""}, Case{"", ""}, Case{"{}\n" + std::string(200'000, 'x'), "{}\n"}}) {
    Scratch scratch;
    write(scratch / usage_file, row.before);
    FileSink sink("default", output_in(scratch), ignored.log);
    CHECK(sink.write(Batch({{0, "{\"a\":9}"}}).batch, targets));
    CHECK(read(scratch / usage_file) == row.kept + "{\"a\":9}\n");
  }
}

TEST_CASE("permissions and file names are as configured") {
  Scratch scratch;
  FileSettings output = output_in(scratch);
  output.permissions = 0640;
  output.filename = "claude";
  const mode_t former = umask(0);
  FileSink sink("default", output, ignored.log);
  CHECK(sink.write(Batch({{0, "{}"}}).batch, targets));
  umask(former);
  struct stat info {};
  REQUIRE(stat((scratch / "out/claude-anthropic_metrics.usage-default.ndjson").c_str(), &info) ==
          0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE(
    "a batch that fails half-way leaves every file as it was, so that its repetition doubles "
    "nothing") {
  Scratch scratch;
  FileSink sink("default", output_in(scratch), ignored.log);
  CHECK(sink.write(Batch({{0, "{\"a\":1}"}}).batch, targets));
  std::filesystem::create_directory(scratch / cost_file);  // cannot be opened as a file
  const Batch both({{0, "{\"a\":2}"}, {1, "{\"b\":1}"}});

  const auto failure = sink.write(both.batch, targets);

  REQUIRE(!failure);
  CHECK_THAT(failure.error().lines[0], ContainsSubstring("output 'default': cannot open") &&
                                           ContainsSubstring("remove what is in the way"));
  CHECK(failure.error().passes);
  CHECK(read(scratch / usage_file) == "{\"a\":1}\n");

  std::filesystem::remove(scratch / cost_file);
  CHECK(sink.write(both.batch, targets));
  CHECK(read(scratch / usage_file) == "{\"a\":1}\n{\"a\":2}\n");
  CHECK(read(scratch / cost_file) == "{\"b\":1}\n");
}

TEST_CASE("a file that another sink writes is refused") {
  Scratch scratch;
  FileSink first("default", output_in(scratch), ignored.log);
  FileSink second("default", output_in(scratch), ignored.log);
  CHECK(first.write(Batch({{0, "{}"}}).batch, targets));
  const auto failure = second.write(Batch({{0, "{}"}}).batch, targets);
  REQUIRE(!failure);
  CHECK_THAT(failure.error().lines[0], ContainsSubstring("another process writes"));
}

TEST_CASE("a document of a stream that was not described is refused") {
  Scratch scratch;
  FileSink sink("default", output_in(scratch), ignored.log);
  const auto failure = sink.write(Batch({{7, "{}"}}).batch, targets);
  REQUIRE(!failure);
  CHECK_THAT(failure.error().lines[0], ContainsSubstring("stream 7"));
}
