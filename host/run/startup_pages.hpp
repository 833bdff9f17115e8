// SPDX-License-Identifier: Apache-2.0
// Memory of code that only starting needs.
#pragma once

namespace anthropic_metrics::host {

// Reading the policy, the system's certificates and the first answers touches code that hourly work
// does not, and the kernel counts each page of it as this process's for good. Says once that none
// is needed: what is comes back from the file's cache when it runs. Only code is given back, which
// nobody has written to; where the operating system does not want this nothing changes.
class StartupPages {
 public:
  // started: everything that runs has worked once. The first true counts.
  void give_back_once(bool started);

 private:
  bool given_ = false;
};

}  // namespace anthropic_metrics::host
