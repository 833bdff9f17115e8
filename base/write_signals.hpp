// SPDX-License-Identifier: Apache-2.0
// A write that the system refuses is an error code here, never a signal that ends the host.
#pragma once

#include <csignal>

namespace anthropic_metrics {

/// While one lives, SIGXFSZ (a file beyond RLIMIT_FSIZE: EFBIG) and SIGPIPE (EPIPE) that writes of
/// this thread cause are kept back and taken away at the end. The host's handlers, and signals that
/// waited before, stay as they were. Cheap when nested. Never around a call into the host.
class WriteSignals {
 public:
  WriteSignals() noexcept;
  ~WriteSignals();
  WriteSignals(const WriteSignals&) = delete;
  WriteSignals& operator=(const WriteSignals&) = delete;

 private:
  sigset_t before_{};
  sigset_t ours_{};  ///< Those that did not wait already.
  bool outermost_ = false;
};

}  // namespace anthropic_metrics
