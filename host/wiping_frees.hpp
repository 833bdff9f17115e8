// SPDX-License-Identifier: Apache-2.0
// While a policy is read, its key passes through many hands that do not know it is one: streams,
// the YAML parser, trees, JSON. As long as one of these objects lives, all memory that its thread
// gives back through `delete` is overwritten first, whoever allocated it. For this the program
// replaces the global operator delete, unless a sanitizer does; elsewhere that only looks at a
// number of the thread.
#pragma once

namespace anthropic_metrics::host {

class WipingFrees {
 public:
  WipingFrees();
  // Also overwrites the part of the stack that calls since the constructor have used. So this is
  // the first object of its function, and the function keeps no secret in its own frame.
  ~WipingFrees();
  WipingFrees(const WipingFrees&) = delete;
  WipingFrees& operator=(const WipingFrees&) = delete;
};

}  // namespace anthropic_metrics::host
