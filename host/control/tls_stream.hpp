// SPDX-License-Identifier: Apache-2.0
// A TLS session over a connected socket that never blocks: the one file beside it knows OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "control/bootstrap.hpp"
#include "control/wake.hpp"
#include "failure.hpp"
#include "net/tls.hpp"

namespace anthropic_metrics::host::control {

// Trusts the Agent's authority alone, and has the certificate that it gave us. `bootstrap` may
// forget the key afterwards.
Result<net::TlsContext> tls_for(const Bootstrap& bootstrap);

class TlsStream {
 public:
  // Up to the point where the Agent is known to be the one that started this program (the
  // certificate that it picks by the server name is valid for that name) and speaks HTTP/2.
  static Result<TlsStream> open(const net::TlsContext& context, const Bootstrap& bootstrap,
                                FileDescriptor socket, Wake& wake,
                                Wake::Clock::time_point deadline);
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;
  ~TlsStream();

  struct Moved {
    std::size_t bytes = 0;  // 0: nothing moves now
    bool over = false;      // the other side has ended, or the connection is broken
  };
  Moved read(char* buffer, std::size_t size);
  Moved write(std::string_view bytes);
  // Tells the other side that nothing more comes.
  void end();

  // What read() and write() wait for, as poll's events.
  short events() const { return events_; }
  int fd() const { return socket_.get(); }
  // Why it is over, if the other side did not just end.
  const std::string& reason() const { return reason_; }

 private:
  struct Session;
  TlsStream(std::unique_ptr<Session> session, FileDescriptor socket);
  Result<void> shake_hands(const std::string& address, Wake& wake,
                           Wake::Clock::time_point deadline);
  Moved moved(int result, std::size_t bytes);

  FileDescriptor socket_;
  std::unique_ptr<Session> session_;
  short events_ = 0;
  std::string reason_;
};

}  // namespace anthropic_metrics::host::control
