// SPDX-License-Identifier: Apache-2.0
// One request until it is answered or given up: turn, pace, credential, retry. What to do after an
// attempt is decided in http/retry.hpp; this file only carries it out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "collect/services.hpp"
#include "net/message.hpp"

namespace anthropic_metrics {

/// Takes the body of a successful answer.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// A new attempt begins: forget the pieces of the one before. date: server time of the answer.
  virtual void begin(Instant date) = 0;
  virtual boost::asio::awaitable<Result<void>> piece(std::string_view bytes) = 0;
  virtual Result<void> end() = 0;
};

struct Answered {
  Error error{};  ///< Set if !ok.
  bool ok = false;
  Milliseconds not_before{
      0};  ///< The server asked not to be called again earlier than this from now.
};

/// stream: whose counters move, and the component of log lines.
/// A refused key is read again, and only if it has changed asked with once more: it may have been
/// replaced a moment ago.
boost::asio::awaitable<Answered> request(const Services& services, std::string_view stream,
                                         net::Request message, BodyReader& reader);

}  // namespace anthropic_metrics
