// SPDX-License-Identifier: Apache-2.0
// Tells from outside of an event loop that it has work: by the descriptor on which Asio waits for
// the network and for its timers, and on which ring() is seen too. Reading it is never needed: the
// loop, when it runs, takes what was told.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace anthropic_metrics {

class LoopDescriptor {
 public:
  /// The loop must outlive this object. Throws boost::system::system_error if the system has no
  /// descriptor left.
  explicit LoopDescriptor(boost::asio::io_context& loop);

  /// Readable while the loop, which does not run, has something to take: an answer of the network,
  /// a timer that is due, a ring. Lives as long as the loop.
  int number() const noexcept { return number_; }

  /// Makes it readable, for work that another thread has posted: Asio tells of that only while the
  /// loop runs. From any thread, after the work was posted.
  void ring() noexcept;

 private:
  void listen();

  boost::asio::posix::stream_descriptor bell_;
  const int number_;
};

}  // namespace anthropic_metrics
