// SPDX-License-Identifier: Apache-2.0
// Every status and variant at the first, a middle and the last page of every stream: while it lasts
// nothing moves, nothing is asked too often and nothing is told twice; once it is over everything
// is there, within one interval.
#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "trial.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 5min;
constexpr int forever = 1'000'000;

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// GET only, of known paths only, and never more than one request a second beyond the burst.
void check_requests(const std::vector<PagedServer::Seen>& seen) {
  constexpr std::size_t burst = 8;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CAPTURE(seen[i].line);
    CHECK(seen[i].line.starts_with("GET /v1/organizations/"));
    CHECK(seen[i].line.ends_with(" HTTP/1.1"));
    for (std::size_t j = i + burst; j < seen.size(); ++j) {
      const auto allowed = burst + static_cast<std::size_t>((seen[j].at - seen[i].at) / 1s) + 1;
      CHECK(j - i < allowed);
    }
  }
}

std::vector<Monotonic> failures(const PagedServer& server, Monotonic from, Monotonic to) {
  std::vector<Monotonic> times;
  for (const auto& seen : server.seen())
    if (seen.failed && seen.at >= from && seen.at < to) times.push_back(seen.at);
  return times;
}

int attempts(const Variant& variant) {
  if (variant.attempts > 0) return variant.attempts;
  return variant.fate == Fate::retried ? 3 : 1;
}

void while_it_lasts(Trial& trial, const Variant& variant, Monotonic began) {
  const auto first_poll = failures(trial.server(), began, began + interval - 5s);
  CHECK(static_cast<int>(first_poll.size()) == attempts(variant));
  for (std::size_t i = 1; i < first_poll.size(); ++i) {
    CHECK(first_poll[i] - first_poll[i - 1] >= variant.retry_wait);
    CHECK(first_poll[i] - first_poll[i - 1] <= variant.retry_wait + 3s);
  }
  const auto later = failures(trial.server(), began + 1s, began + 24h);
  for (const Monotonic at : later) {
    if (variant.poll_wait > 0s) CHECK(at >= began + variant.poll_wait);
  }
  if (variant.fate == Fate::nothing) {
    CHECK(trial.health() == Health::healthy);
  } else {
    CHECK(trial.health() == (variant.fate == Fate::refused ? Health::failed : Health::degraded));
    CHECK(trial.warnings() == 1);
  }
}

/// How long after the fault is over all must be well. Those that ask for a person wait longer each
/// time, the server's wish is kept.
Monotonic patience(const Variant& variant) {
  if (variant.fate == Fate::refused) return 2 * interval + 30s;
  return std::max<Monotonic>(interval, variant.poll_wait) + 30s;
}

void meets(const Variant& variant, const Collected& stream, Page page, bool lasting) {
  CAPTURE(variant.name, stream.stream, name(page), lasting);
  Trial trial(stream);
  const Monotonic began = trial.now();
  trial.server().fail(variant, page, lasting ? forever : 1);
  trial.run_until(began + interval - 5s);
  CAPTURE(trial.said());
  if (variant.fate != Fate::passes && lasting) {
    const auto stuck = trial.cursor();
    while_it_lasts(trial, variant, began);
    trial.run_until(began + interval + 2min);
    CHECK(trial.cursor() == stuck);
    while_it_lasts(trial, variant, began);
  }
  const Monotonic healed = trial.now();
  trial.server().heal();
  const bool recovered = trial.recover(healed + patience(variant));
  CHECK(recovered);
  if (variant.fate == Fate::nothing) trial.run_until(healed + interval + 30s);
  if (!lasting && variant.fate == Fate::retried) CHECK(trial.now() <= healed + 11s);

  const auto problems = trial.problems();
  for (const std::string& problem : problems) {
    CAPTURE(problem);
    CHECK(false);
  }
  check_requests(trial.server().seen());
  CHECK(trial.said().find("CANARY") == std::string::npos);
}

}  // namespace

TEST_CASE("every status at every page loses nothing, moves nothing and is survived") {
  net::test::TestServer other_tls({net::test::server_for("other.example.test")},
                                  [](net::test::Peer&) {});
  net::test::TestServer other_plain([](net::test::Peer&) {});
  const auto variants =
      status_variants(std::string(canary), "https://api.example.test/v1/organizations/me",
                      fmt::format("https://127.0.0.1:{}/v1/organizations/me", other_tls.port()),
                      fmt::format("http://127.0.0.1:{}/v1/organizations/me", other_plain.port()));
  meets(variants[0], collected_streams()[0], Page::first, true);
  const long before = peak_kilobytes();
  int cases = 0;
  for (const Variant& variant : variants) {
    for (const Collected& stream : collected_streams()) {
      for (const Page page : {Page::first, Page::middle, Page::last}) {
        meets(variant, stream, page, true);
        ++cases;
        // A fault that passes by is made up for within the same poll.
        if (variant.fate != Fate::retried) continue;
        meets(variant, stream, page, false);
        ++cases;
      }
    }
  }
  CHECK(other_tls.connections() == 0);
  CHECK(other_plain.connections() == 0);
  const long grown = peak_kilobytes() - before;
  std::cout << "statuses and variants: " << variants.size()
            << ", at three pages of three streams: " << cases << " cases; memory grew by "
            << grown / 1024 << " MB\n";
  CHECK(cases >= 360);
#if !defined(AM_SANITIZED)  // Sanitizers keep freed memory.
  CHECK(grown < 32 * 1024);
#endif
}

}  // namespace anthropic_metrics::test
