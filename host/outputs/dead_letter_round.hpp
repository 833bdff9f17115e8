// SPDX-License-Identifier: Apache-2.0
// Dead letters on their way back: taken out of their file, handed to the output they came from, and
// whatever cannot be sent now kept for the next time.
#pragma once

#include <cstdint>

#include "failure.hpp"
#include "outputs/dead_letters.hpp"
#include "outputs/sink.hpp"

namespace anthropic_metrics::host {

struct Resent {
  std::uint64_t taken = 0;    // by the store, or there already
  std::uint64_t refused = 0;  // again: they are dead letters once more
};

// A host may write further letters meanwhile; another resend may not run. What a broken run before
// has left is sent first.
Result<Resent> send_again(const DeadLetters& letters, Sink& sink);

}  // namespace anthropic_metrics::host
