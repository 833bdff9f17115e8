// SPDX-License-Identifier: Apache-2.0
// Causes that an audit meets on its way, counted by kind, with the first of each as an example.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proof/audit_report.hpp"

namespace anthropic_metrics::host {

class Findings {
 public:
  enum class Kind {
    duplicate_id,     // one id in several backing indices, or twice
    repeat,           // told as duplicate_id: a line of files that comes again, and counts once
    foreign_id,       // an id that does not follow from the document
    revision_hole,    // a row without one of its revisions
    pipeline_error,   // documents of that kind
    failure_store,    // documents that the store put aside
    dead_letter,      // documents that wait in the output's file
    other_collector,  // documents that are not ours
    gap,              // rows that the API sends and nobody can read
    overlap,          // buckets of another grain over the same hours
  };

  // example: where it is; kept of the first.
  void count(Kind kind, std::string_view example, std::uint64_t number = 1);

  // In the order of the kinds. output: its name, for remedies.
  std::vector<Finding> list() const;

 private:
  struct Met {
    std::uint64_t count = 0;
    std::string example;
  };
  std::map<Kind, Met> met_;
};

}  // namespace anthropic_metrics::host
