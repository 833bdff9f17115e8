// SPDX-License-Identifier: Apache-2.0
// What the unit tests share: results unwrapped, times written as text, seeded randomness, a clock
// that stands still until it is told otherwise.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/time_text.hpp"

namespace anthropic_metrics::test {

/// The value of a result; fails the test with the error's text if there is none.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL("unexpected error: " << result.error().message);
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  if (!result) FAIL("unexpected error: " << result.error().message);
}

/// The error of a result that must have failed.
template <class T>
Error failure(const Result<T>& result) {
  if (result) FAIL("expected an error");
  return result.error();
}

inline Instant at(std::string_view text) {
  const auto instant = parse_rfc3339(text);
  if (!instant) FAIL("not a time: " << text);
  return *instant;
}

/// AM_SEED, or a fresh one. Tests print it with CAPTURE, so that a failure can be repeated.
inline std::uint64_t seed() {
  if (const char* set = std::getenv("AM_SEED")) return std::strtoull(set, nullptr, 10);
  return std::random_device{}();
}

using Random = std::mt19937_64;

/// A number in [least, most].
inline std::int64_t pick(Random& random, std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct FakeClock final : Clock {
  Monotonic time{std::chrono::hours(1)};
  Monotonic monotonic() const noexcept override { return time; }
};

}  // namespace anthropic_metrics::test
