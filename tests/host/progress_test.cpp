// SPDX-License-Identifier: Apache-2.0
// The bar of a long work, and how it shares a terminal with the lines of the log.
#include "progress.hpp"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/file_descriptor.hpp"
#include "log.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;
using anthropic_metrics::FileDescriptor;
using namespace std::chrono_literals;

namespace {

Progress at(double share, std::chrono::milliseconds elapsed, double before = 0) {
  Progress progress;
  progress.share = share;
  progress.before = before;
  progress.elapsed = elapsed;
  return progress;
}

// A terminal of so many columns, as the program sees it, and what was written to it.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) {
    int outer = -1, inner = -1;
    const winsize size{24, columns, 0, 0};
    REQUIRE(::openpty(&outer, &inner, nullptr, nullptr, &size) == 0);
    outer_.reset(outer);
    inner_.reset(inner);
    ::fcntl(outer, F_SETFL, O_NONBLOCK);
  }
  int fd() const { return inner_.get(); }
  std::string text() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::read(outer_.get(), piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<std::size_t>(got));
    return all;
  }

 private:
  FileDescriptor outer_, inner_;
};

}  // namespace

TEST_CASE("the rest takes as long as what was done") {
  CHECK(time_left(at(0.5, 60s)) == "60 s");
  CHECK(time_left(at(0.75, 60s, 0.5)) == "60 s");
  CHECK(time_left(at(0.1, 60s)) == "9 min");
  CHECK(time_left(at(0.01, 60s)) == "1 h 39 min");
  CHECK(time_left(at(0.5, 1s)).empty());
  CHECK(time_left(at(0.5, 60s, 0.5)).empty());
  CHECK(time_left(at(1, 60s)).empty());
}

TEST_CASE("a bar has share, rate, time left and place, and fits the terminal") {
  Progress progress = at(0.4, 10s);
  progress.documents = 123'450;
  progress.where = "back to 2026-03-01";
  CHECK(progress_line(progress, 120) ==
        "[============>                 ] 40 %, 12,345 documents/s, 15 s left, back to 2026-03-01");
  for (const std::size_t columns : {10U, 40U, 60U, 80U})
    CHECK(progress_line(progress, columns).size() <= columns);
  CHECK_THAT(progress_line(at(1, 10s), 80), ContainsSubstring("=] 100 %"));
  CHECK_THAT(progress_line(at(0, 0s), 80), ContainsSubstring("[>  ") && ContainsSubstring(" 0 %"));
}

TEST_CASE("lines of the log stand above the bar, which goes in the end") {
  const Terminal terminal(40);
  Log log(terminal.fd(), Log::style_for(terminal.fd()));
  REQUIRE(log.is_watched());
  CHECK(log.columns() == 40);

  log.show("bar 1");
  log.show("bar 1");
  log.info("a line");
  log.show("bar 2\x1b[2J");
  log.show("");
  log.info("the last");

  const std::string erased = "\r\x1b[K";
  const std::string text = terminal.text();
  CAPTURE(text);
  REQUIRE(text.starts_with(erased + "bar 1" + erased));
  CHECK_THAT(text, ContainsSubstring("a line\r\nbar 1" + erased + "bar 2\\x1b[2J" + erased) &&
                       ContainsSubstring("host: the last\r\n"));
  CHECK(text.ends_with("the last\r\n"));
}

TEST_CASE("a file or a journal gets no bar") {
  Scratch scratch;
  const std::string file = (scratch / "log").string();
  {
    const FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    Log log(fd.get(), Log::style_for(fd.get()));
    CHECK_FALSE(log.is_watched());
    log.show("bar");
    log.info("a line");
  }
  CHECK(read(file).find("bar") == std::string::npos);
  CHECK_THAT(read(file), ContainsSubstring("a line"));
}
