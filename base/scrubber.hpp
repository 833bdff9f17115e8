// SPDX-License-Identifier: Apache-2.0
// The second net under the rule that no message holds a key: text that leaves goes through here.
// The first net is that nothing which builds messages is ever given the key.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace anthropic_metrics {

/// What counts as a key by its looks, and what stands in its place.
struct KeyShape {
  std::size_t shortest_tail = 12;  ///< key characters behind "sk-ant-"
  std::string_view mark = "sk-ant-[redacted]";
};

/// Replaces everything shaped like a key. Prose such as "sk-ant-admin..." stays.
std::string scrub_shapes(std::string_view text, KeyShape shape = {});

/// Every `what` in the text by `by`, from left to right. `what` is not empty.
void replace_all(std::string& text, std::string_view what, std::string_view by);

/// Knows the live keys and replaces them by "[redacted]", also when percent-encoded or inside
/// base64 at any alignment (as in Basic credentials), and applies scrub_shapes.
class Scrubber {
 public:
  /// From now on `secret` is replaced. Its predecessors stay watched, at most four of them: a
  /// rotated key is still a key. Secrets shorter than 8 octets are not watched, they would eat
  /// prose.
  void watch(const Secret& secret);

  std::string scrub(std::string_view text) const;

 private:
  std::vector<std::vector<Secret>> watched_;  // per key, the forms it may take
};

}  // namespace anthropic_metrics
