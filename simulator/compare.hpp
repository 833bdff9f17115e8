// SPDX-License-Identifier: Apache-2.0
// Two maps of sums side by side: what documents add up to, and what the API reports.
#pragma once

#include <map>
#include <set>
#include <string>

#include "check.hpp"

namespace anthropic_metrics::simulator {

inline constexpr std::size_t examples_kept = 10;

std::string place_text(Instant start, const auto& values) {
  std::string text = format_rfc3339(start);
  for (const std::string& value : values) {
    if (!value.empty()) text += " " + value;
  }
  return text;
}

/// Counts and names the rows on which the documents and the API disagree.
template <class Key, class Value, class Describe>
void compare(StreamCheck& result, const std::map<Key, Value>& found,
             const std::map<Key, Value>& expected, Describe describe_row) {
  std::set<Key> keys;
  for (const auto& entry : found) keys.insert(entry.first);
  for (const auto& entry : expected) keys.insert(entry.first);
  result.rows = keys.size();
  for (const Key& key : keys) {
    // A row that was corrected to nothing equals one that is absent.
    const auto here = found.find(key);
    const auto there = expected.find(key);
    const Value have = here == found.end() ? Value{} : here->second;
    const Value want = there == expected.end() ? Value{} : there->second;
    if (have == want) continue;
    ++result.differences;
    if (result.examples.size() < examples_kept)
      result.examples.push_back(describe_row(key, want, have));
  }
}

}  // namespace anthropic_metrics::simulator
