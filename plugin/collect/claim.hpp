// SPDX-License-Identifier: Apache-2.0
// Who of this process collects what. Two inputs may turn out to belong to one organization: if both
// collect a stream into the same data stream, every sum there is twice what the API says, so the
// second one is refused. It is asked again at each poll, and let in when the first one is gone.
#pragma once

#include <sys/types.h>

#include <string>
#include <tuple>

#include "base/error.hpp"

namespace anthropic_metrics {

/// Held as long as an instance collects; gives way when destroyed. Thread-safe. A forked child
/// inherits no claims.
class Claim {
 public:
  struct Wish {
    std::string organization;
    std::string stream;
    std::string data_stream;  ///< metrics-<dataset>-<namespace>
    std::string instance;     ///< Its id, for the message; may be empty.
  };

  /// Errc::configuration with the names of both, while another instance has it.
  static Result<Claim> take(const Wish& wish);

  Claim(Claim&& other) noexcept;
  Claim& operator=(Claim&&) = delete;
  ~Claim();

 private:
  using Key = std::tuple<pid_t, std::string, std::string, std::string>;
  struct Held;
  static Held& held();
  explicit Claim(Key key) : key_(std::move(key)) {}

  Key key_;  ///< pid 0: moved from.
};

}  // namespace anthropic_metrics
