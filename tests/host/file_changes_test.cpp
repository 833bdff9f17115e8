// SPDX-License-Identifier: Apache-2.0
// What others do to an output file while it is open. What was acknowledged is where a reader finds
// it, in whole lines.
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <functional>

#include "output_setup.hpp"
#include "outputs/rotating_file.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
namespace fs = std::filesystem;

namespace {

struct World {
  Scratch scratch;
  LogFile log;
  fs::path out = scratch / "out";
  fs::path file = scratch / usage_file;
};

bool somebody_holds(const fs::path& path) {
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (fs::read_symlink(entry.path(), error) == path) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("an output file that is changed under the host goes on as a reader expects") {
  struct Case {
    std::string what;
    std::function<void(const World&)> change;
    std::string file;  // what the file holds after the next batch
  };
  const std::vector<Case> cases{
      {"removed", [](const World& w) { fs::remove(w.file); }, "{\"a\":2}\n"},
      {"moved", [](const World& w) { fs::rename(w.file, w.scratch / "moved"); }, "{\"a\":2}\n"},
      {"moved, and another made in its place",
       [](const World& w) {
         fs::rename(w.file, w.scratch / "moved");
         write(w.file, "");
       },
       "{\"a\":2}\n"},
      {"cut to nothing", [](const World& w) { fs::resize_file(w.file, 0); }, "{\"a\":2}\n"},
      {"cut within a line", [](const World& w) { fs::resize_file(w.file, 3); }, "{\"a\":2}\n"},
      {"extended by a whole line",
       [](const World& w) { std::ofstream(w.file, std::ios::app) << "{\"b\":1}\n"; },
       "{\"a\":1}\n{\"b\":1}\n{\"a\":2}\n"},
      {"extended by half a line",
       [](const World& w) { std::ofstream(w.file, std::ios::app) << "{\"b\":"; },
       "{\"a\":1}\n{\"a\":2}\n"},
      {"its folder removed", [](const World& w) { fs::remove_all(w.out); }, "{\"a\":2}\n"},
      {"its folder moved", [](const World& w) { fs::rename(w.out, w.scratch / "old"); },
       "{\"a\":2}\n"},
      {"its folder removed and made again",
       [](const World& w) {
         fs::remove_all(w.out);
         fs::create_directory(w.out);
       },
       "{\"a\":2}\n"},
      {"its folder now a link to another",
       [](const World& w) {
         fs::rename(w.out, w.scratch / "old");
         fs::create_directory(w.scratch / "new");
         fs::create_directory_symlink(w.scratch / "new", w.out);
       },
       "{\"a\":2}\n"},
      {"its lock removed",
       [](const World& w) { fs::remove(w.out / ("." + w.file.filename().string() + ".lock")); },
       "{\"a\":1}\n{\"a\":2}\n"},
      {"made read-only", [](const World& w) { fs::permissions(w.file, fs::perms::owner_read); },
       "{\"a\":1}\n{\"a\":2}\n"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.what);
    World world;
    FileSink sink("default", output_in(world.scratch), world.log.log);
    CHECK(write_usage(sink, "{\"a\":1}"));
    row.change(world);

    CHECK(write_usage(sink, "{\"a\":2}"));

    CHECK(read(world.file) == row.file);
    FileSink second("default", output_in(world.scratch), world.log.log);
    CHECK(!write_usage(second, "{}"));  // The right to write is held as before.
  }
}

TEST_CASE("the bytes of a batch are needed no longer than until it is copied") {
  World world;
  FileSink sink("default", output_in(world.scratch), world.log.log);
  Batch batch({{0, "{\"a\":1}"}, {1, "{\"b\":1}"}});
  int told = 0;
  const auto forget = [&] {
    ++told;
    for (std::string& text : batch.texts) std::fill(text.begin(), text.end(), 'x');
    std::fill(batch.ndjson.begin(), batch.ndjson.end(), 'x');
    batch.batch = {};
  };

  REQUIRE(sink.write(batch.batch, targets, {.copied = forget}));

  CHECK(told == 1);
  CHECK(read(world.file) == "{\"a\":1}\n");
  CHECK(sink.report().accepted == 2);
}

TEST_CASE("a file that is taken away after a batch was copied has the batch come again, once") {
  World world;
  FileSink sink("default", output_in(world.scratch), world.log.log);
  CHECK(write_usage(sink, "{\"a\":1}"));
  int times = 0;
  const auto move = [&] {
    fs::rename(world.file, world.scratch / ("moved" + std::to_string(++times)));
  };
  const Batch batch({{0, "{\"a\":2}"}});

  const auto first = sink.write(batch.batch, targets, {.copied = move});
  REQUIRE(first);
  CHECK(first->again);
  CHECK(read(world.scratch / "moved1") == "{\"a\":1}\n");
  const auto second = sink.write(batch.batch, targets, {.copied = move});
  REQUIRE(!second);  // whoever does that does it on purpose
  CHECK_THAT(second.error().lines[0], ContainsSubstring("was moved"));
  const auto third = sink.write(batch.batch, targets, {.copied = move});
  REQUIRE(third);
  CHECK(third->again);

  CHECK_FALSE(sink.write(batch.batch, targets, {.copied = [] {}})->again);
  CHECK(read(world.file) == "{\"a\":2}\n");
  CHECK(sink.report().accepted == 2);
}

TEST_CASE("what is not a regular file of ours is refused, with a remedy, until it is gone") {
  struct Case {
    std::string sentence;
    std::function<void(const World&)> put;
  };
  const std::vector<Case> cases{
      {"is a symbolic link",
       [](const World& w) {
         write(w.scratch / "precious", "precious");
         fs::create_symlink(w.scratch / "precious", w.file);
       }},
      {"is a symbolic link", [](const World& w) { fs::create_symlink("/nowhere", w.file); }},
      {"Is a directory", [](const World& w) { fs::create_directory(w.file); }},
      {"is not a regular file", [](const World& w) { REQUIRE(mkfifo(w.file.c_str(), 0600) == 0); }},
  };
  for (const Case& row : cases) {
    CAPTURE(row.sentence);
    World world;
    FileSink sink("default", output_in(world.scratch), world.log.log);
    CHECK(write_usage(sink, "{\"a\":1}"));
    fs::rename(world.file, world.scratch / "moved");
    row.put(world);

    const auto failure = write_usage(sink, "{\"a\":2}");

    REQUIRE(!failure);
    CHECK_THAT(failure.error().lines[0],
               ContainsSubstring(row.sentence) && ContainsSubstring("remove"));
    CHECK(failure.error().passes);
    fs::remove(world.file);
    CHECK(write_usage(sink, "{\"a\":2}"));
    CHECK(read(world.file) == "{\"a\":2}\n");
    if (fs::exists(world.scratch / "precious"))
      CHECK(read(world.scratch / "precious") == "precious");
  }
}

TEST_CASE("a file of another user is refused and not touched") {
  if (geteuid() != 0) SKIP("[skipped: only root can give files away]");
  World world;
  write(world.file, "theirs\nhalf");
  REQUIRE(chown(world.file.c_str(), 12345, 12345) == 0);
  FileSink sink("default", output_in(world.scratch), world.log.log);

  const auto failure = write_usage(sink, "{}");

  REQUIRE(!failure);
  CHECK_THAT(failure.error().lines[0], ContainsSubstring("belongs to user 12345, not to user 0"));
  CHECK(read(world.file) == "theirs\nhalf");
  for (const auto& entry : fs::directory_iterator(world.out))
    CHECK(entry.path().extension() != ".probe");
}

TEST_CASE("a batch during whose writing the file is taken away is not there, and goes elsewhere") {
  World world;
  fs::create_directories(world.out);
  RotatingFile file(world.file, {});
  REQUIRE(file.append({"{\"a\":1}\n"}));
  REQUIRE(file.flush());
  file.commit();
  SECTION("moved") {
    REQUIRE(file.append({"{\"a\":2}\n"}));
    fs::rename(world.file, world.scratch / "moved");
  }
  SECTION("cut, as copytruncate does") {
    REQUIRE(file.append({"{\"a\":2}\n"}));
    fs::copy_file(world.file, world.scratch / "moved");
    fs::resize_file(world.scratch / "moved", 8);
    fs::resize_file(world.file, 0);
  }
  SECTION("moved, its successor already made") {
    REQUIRE(file.append({"{\"a\":2}\n"}));
    fs::rename(world.file, world.scratch / "moved");
    write(world.file, "");
  }
  CHECK(!file.flush());
  CHECK(file.was_taken());
  file.undo();

  REQUIRE(file.append({"{\"a\":2}\n"}));
  REQUIRE(file.flush());
  file.commit();

  CHECK(read(world.scratch / "moved") == "{\"a\":1}\n");
  CHECK(read(world.file) == "{\"a\":2}\n");
}

TEST_CASE("an output that is asked to reopen lets go of a moved file at once") {
  World world;
  FileSink sink("default", output_in(world.scratch), world.log.log);
  CHECK(write_usage(sink, "{\"a\":1}"));
  fs::rename(world.file, world.scratch / "moved");
  REQUIRE(somebody_holds(world.scratch / "moved"));

  sink.reopen();

  CHECK(!somebody_holds(world.scratch / "moved"));
  CHECK(write_usage(sink, "{\"a\":2}"));
  CHECK(read(world.file) == "{\"a\":2}\n");
}

TEST_CASE("a second host is refused also after the first has rotated its file") {
  World world;
  FileSettings output = output_in(world.scratch);
  output.rotate_every_kb = 1;
  FileSink first("default", output, world.log.log);
  FileSink second("default", output, world.log.log);
  for (const char* name : {"1", "2", "3"}) {
    CHECK(write_usage(first, name + std::string(600, 'x')));
    const auto failure = write_usage(second, "{}");
    REQUIRE(!failure);
    CHECK_THAT(failure.error().lines[0],
               ContainsSubstring("another process writes " + world.file.string()) &&
                   ContainsSubstring("another 'path' or 'filename'"));
  }
}
