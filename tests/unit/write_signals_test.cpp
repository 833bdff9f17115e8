// SPDX-License-Identifier: Apache-2.0
// Limits of the process under the state: they cost a poll, never the host.
#include "base/write_signals.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "ledger/database.hpp"
#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::contains;
using test::failure;
using test::must;
using test::Scratch;

/// The file size limit while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

volatile std::sig_atomic_t caught = 0;

TEST_CASE("a state beyond the limit of file sizes is a failed write that says so, and goes on") {
  const Scratch scratch;
  ledger::Database database = must(ledger::Database::open(scratch / "state"));
  must(database.execute("CREATE TABLE t(a)"));
  const auto insert = [&] {
    return database.transaction(
        [&] { return database.execute("INSERT INTO t VALUES(zeroblob(200000))"); });
  };
  {
    const FileLimit limit(64 * 1024);
    const auto refused = insert();
    CHECK(contains(failure(refused).message, "ulimit -f"));
    CHECK(contains(failure(insert()).message, "as large as this process may write"));
  }
  must(insert());
  auto rows = must(database.prepare("SELECT count(*) FROM t"));
  REQUIRE(must(database.step(rows)));
  CHECK(rows.integer(0) == 1);
}

TEST_CASE("signals of our writes are taken away, those of others and the mask stay") {
  struct sigaction handler {
  }, before{};
  handler.sa_handler = [](int) { caught = caught + 1; };
  REQUIRE(::sigaction(SIGPIPE, &handler, &before) == 0);
  caught = 0;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  {
    const WriteSignals outer;
    {
      const WriteSignals inner;
      CHECK(::write(ends[1], "x", 1) == -1);
      CHECK(errno == EPIPE);
    }
    CHECK(::write(ends[1], "x", 1) == -1);
  }
  CHECK(caught == 0);
  CHECK(::write(ends[1], "x", 1) == -1);
  CHECK(caught == 1);

  sigset_t pipe, old;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  REQUIRE(pthread_sigmask(SIG_BLOCK, &pipe, &old) == 0);
  ::raise(SIGPIPE);  // The host's own, waiting.
  { const WriteSignals quiet; }
  REQUIRE(pthread_sigmask(SIG_SETMASK, &old, nullptr) == 0);
  CHECK(caught == 2);
  ::close(ends[1]);
  ::sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace
}  // namespace anthropic_metrics
