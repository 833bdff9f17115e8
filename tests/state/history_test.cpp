// SPDX-License-Identifier: Apache-2.0
// The promise, over thousands of seeded histories: for every closed bucket the sum over the store
// equals what the API reports now, whatever happened in between.
//
//   AM_HISTORIES=<n>   how many (default 700; 300 below a sanitizer, ten times slower)
//   AM_SEED=<n>        only this one
#include "history.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "scratch_folder.hpp"

using namespace anthropic_metrics::test;

namespace {

#ifdef AM_SANITIZED
constexpr std::uint64_t by_default = 300;
#else
constexpr std::uint64_t by_default = 700;
#endif

std::optional<std::uint64_t> number(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("sums in a create-only store equal the API after every history") {
  const auto seed = number("AM_SEED");
  const std::uint64_t wanted = seed ? 1 : number("AM_HISTORIES").value_or(by_default);
  Tally tally;
  std::uint64_t wrong = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t number = 1; number <= wanted; ++number) {
    const std::uint64_t this_seed = seed.value_or(number);
    const ScratchFolder folder(fast_folder());
    History history(this_seed, folder.path(), tally);
    const auto problems = history.run();
    if (problems.empty()) continue;
    ++wrong;
    std::string text;
    for (const std::string& problem : problems) text += "  " + problem + "\n";
    FAIL_CHECK("history of seed " << this_seed << "; repeat it with AM_SEED=" << this_seed << "\n"
                                  << text);
    if (wrong >= 3) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << wanted << " histories in " << took.count() << " s, "
            << static_cast<double>(wanted) / took.count() << " per second, " << wrong
            << " with wrong sums\n";
  for (const auto& [what, times] : tally) std::cout << "  " << what << ": " << times << "\n";

  if (seed || wanted < 300 || wrong > 0) return;
  for (const char* kind :
       {"status", "spend_cap", "html", "truncate", "reset", "stall", "trickle", "malformed",
        "wrong_types", "missing_bucket", "repeated_bucket", "page_loop", "missing_page_token"}) {
    CAPTURE(kind);
    CHECK(tally[std::string("fault ") + kind] > 0);
  }
  for (const char* what :
       {"crash", "crash on the wire", "crash before the store", "crash after the store", "restart",
        "configuration changed", "backpressure", "handed over",
        "handed over and lost, then a crash", "not stored, retry", "never acknowledged, not stored",
        "stored in part, retry", "stored, retry", "stored twice",
        "stored, acknowledged late or never", "stored, released, acknowledged twice",
        "ran on for a day", "corrections", "conflicts (409)"}) {
    CAPTURE(what);
    CHECK(tally[what] > 0);
  }
}
