// SPDX-License-Identifier: Apache-2.0
// Lines of files in the order of a number, however they are mixed.
#include "proof/line_runs.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <fstream>
#include <random>

#include "catch_failure.hpp"
#include "own_folder.hpp"

using namespace anthropic_metrics::host;
using anthropic_metrics::test::OwnFolder;

namespace {

// "12 rest"; a line that begins otherwise does not count.
std::optional<std::int64_t> number_of(std::string_view line) {
  std::int64_t number = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::filesystem::path write(const OwnFolder& folder, const std::string& name,
                            const std::string& text) {
  std::ofstream(folder / name, std::ios::binary) << text;
  return folder / name;
}

std::vector<std::string> all(LineRuns& lines) {
  std::vector<std::string> found;
  while (true) {
    const auto next = lines.next();
    REQUIRE(next);
    if (!*next) return found;
    found.emplace_back((*next)->text);
  }
}

std::vector<std::string> ordered(const std::vector<std::filesystem::path>& files) {
  LineRuns lines(number_of);
  REQUIRE(lines.open(files));
  return all(lines);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines of several files come in one order, and equal ones as they were found") {
  const OwnFolder folder("lines");
  const auto first = write(folder, "a", "5 a\n6 a\n1 b\n\nno number\n6 c\n");
  const auto second = write(folder, "b", "6 d\n2 d\n9 without an end");
  CHECK(ordered({first, second}) ==
        Texts{"1 b", "2 d", "5 a", "6 a", "6 c", "6 d", "9 without an end"});
  CHECK(ordered({write(folder, "empty", "")}).empty());
}

TEST_CASE("lines longer than a piece of a file are whole") {
  const OwnFolder folder("lines");
  const std::string large(100'000, 'x');
  const auto file = write(folder, "a", "2 " + large + "\n1 small\n2 " + large + "y\n");
  CHECK(ordered({file}) == Texts{"1 small", "2 " + large, "2 " + large + "y"});
}

TEST_CASE("any mixture of lines comes out sorted, and each of them once") {
  const OwnFolder folder("lines");
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::filesystem::path> files;
    std::vector<std::int64_t> expected;
    for (const char* name : {"a", "b", "c"}) {
      std::string text;
      for (int i = 0; i < 300; ++i) {
        const auto number = static_cast<std::int64_t>(random() % 50);
        expected.push_back(number);
        text += std::to_string(number) + ' ' + std::string(random() % 400, '.') + '\n';
      }
      files.push_back(write(folder, name, text));
    }
    std::sort(expected.begin(), expected.end());
    std::vector<std::int64_t> found;
    for (const std::string& line : ordered(files)) found.push_back(number_of(line).value());
    CHECK(found == expected);
  }
}

TEST_CASE("a file that is not there is a failure that names it") {
  const OwnFolder folder("lines");
  LineRuns lines(number_of);
  const auto opened = lines.open({folder / "nowhere"});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().lines.front().find("nowhere: ") != std::string::npos);
}
