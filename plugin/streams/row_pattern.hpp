// SPDX-License-Identifier: Apache-2.0
// The rows of an answer are written alike: the same keys in the same order, with the same blanks.
// What one row has between its values is learned, and what the next has there is compared with it:
// so a row is read without a look at its keys, for a fraction of what parsing costs.
//
// A row is read here only if the parser would have read the same from it: every byte of it is one
// that was learned from a row which the parser took, or of a value of the plainest kind (null,
// ASCII without escapes, a whole number of few digits). All else is the parser's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "streams/key_table.hpp"

namespace anthropic_metrics::streams {

class RowPattern {
 public:
  /// A value of a row and what stands before it.
  struct Step {
    std::uint32_t offset = 0, size = 0;  ///< Of what stands before it, in literals().
    Target target;
  };

  /// The keys of a row: its own, and by the index of a group those of its object.
  struct Keys {
    const KeyTable& row;
    const std::vector<KeyTable>& groups;
  };

  /// Learns from a row that the parser took and found nothing wrong with. False: nothing new, or it
  /// has what no pattern can have, and then the pattern is as it was.
  bool learn(std::string_view row, const Keys& keys);

  bool known() const { return !steps_.empty(); }
  const std::vector<Step>& steps() const { return steps_; }
  const char* literals() const { return literals_.data(); }
  /// What stands behind the last value.
  std::string_view tail() const { return std::string_view(literals_).substr(tail_); }
  /// Bit i: a row has count i.
  std::uint32_t counts_present() const { return counts_present_; }

 private:
  std::vector<Step> steps_;
  std::string literals_;
  std::size_t tail_ = 0;
  std::uint32_t counts_present_ = 0;
};

}  // namespace anthropic_metrics::streams
