// SPDX-License-Identifier: Apache-2.0
// Randomness without state: every number is a hash of the seed and of what it is for, so the
// simulator stores no data and two processes agree on them.
#pragma once

#include <cstdint>

namespace anthropic_metrics::simulator {

/// The finalizer of SplitMix64: a bijection in which every input bit changes about half of the
/// output bits.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// A number for the seed and any number of keys; the order of the keys matters.
template <class... Keys>
constexpr std::uint64_t hash(std::uint64_t seed, Keys... keys) {
  std::uint64_t value = mix(seed);
  ((value = mix(value ^ static_cast<std::uint64_t>(keys))), ...);
  return value;
}

/// A number from 0 to `count` - 1; `count` is small, the bias does not matter here.
constexpr std::uint64_t pick(std::uint64_t random, std::uint64_t count) {
  return random % count;
}

/// What a hash must stay below to happen with this probability. 0 never happens.
constexpr std::uint64_t threshold(double probability) {
  if (!(probability > 0)) return 0;
  if (probability >= 1) return UINT64_MAX;
  return static_cast<std::uint64_t>(probability * 18446744073709551616.0);
}

/// What a number is for: the first key of every hash, so that uses do not correlate.
enum class Purpose : std::uint64_t {
  organization,
  workspace,
  api_key,
  account,
  service_account,
  leaf,
  minute,
  late,
  hour,
  quiet,
  discount,
  price_correction,
  code_execution,
  session,
  limit,
  override_limit,
  request,
  fault,
  change,
  tags,
  creator,
  dated_key,
  person,
  refresh,
  revision,
  product,
  claude_code,
  activity_row,
  summary,
  spend_limit,
};

}  // namespace anthropic_metrics::simulator
