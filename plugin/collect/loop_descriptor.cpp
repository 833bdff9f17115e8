// SPDX-License-Identifier: Apache-2.0
#include "collect/loop_descriptor.hpp"

#include <sys/eventfd.h>

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;
using Reactor = asio::detail::epoll_reactor;

/// Asio keeps the number to itself. An explicit instantiation may name what is private, by the
/// rules of the language, and does not compile where the member has another name.
int& descriptor_of(Reactor& reactor);
template <int Reactor::*member>
struct Opened {
  friend int& descriptor_of(Reactor& reactor) { return reactor.*member; }
};
template struct Opened<&Reactor::epoll_fd_>;

int new_bell() {
  const int number = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (number < 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "eventfd");
  return number;
}

}  // namespace

LoopDescriptor::LoopDescriptor(asio::io_context& loop)
    : bell_(loop, new_bell()), number_(descriptor_of(asio::use_service<Reactor>(loop))) {
  listen();
}

void LoopDescriptor::ring() noexcept {
  (void)::eventfd_write(bell_.native_handle(), 1);
}

void LoopDescriptor::listen() {
  bell_.async_wait(asio::posix::stream_descriptor::wait_read,
                   [this](const boost::system::error_code& ended) {
                     if (ended) return;
                     eventfd_t rung = 0;
                     (void)::eventfd_read(bell_.native_handle(), &rung);
                     listen();
                   });
}

}  // namespace anthropic_metrics
