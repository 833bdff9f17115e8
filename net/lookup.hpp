// SPDX-License-Identifier: Apache-2.0
// Names to addresses, remembered for a few minutes. A running getaddrinfo cannot be interrupted, so
// a lookup finishes on its own into state shared with whoever still waits; the wait itself is
// bounded.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/wait.hpp"

namespace anthropic_metrics::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Starts a lookup; calls back once on the loop, later. Replaced by tests.
using LookupFunction =
    std::function<void(std::string host, std::uint16_t port,
                       std::function<void(boost::system::error_code, Endpoints)> done)>;

/// The operating system's resolver, on Asio's lookup thread.
LookupFunction system_lookup(const boost::asio::any_io_executor& executor);

/// At most 16, families alternating in the resolver's order, so that one broken family costs
/// little.
Endpoints interleave(const Endpoints& endpoints);

/// True for addresses no API lives at: unspecified, multicast, link-local (cloud metadata
/// included).
bool is_refused_address(const boost::asio::ip::address& address);

class AddressBook {
 public:
  AddressBook(const boost::asio::any_io_executor& executor, std::shared_ptr<StopList> stops,
              std::chrono::steady_clock::duration lifetime, LookupFunction lookup);

  /// The host's endpoints, interleaved; never empty on success. An address literal needs no lookup,
  /// and localhost, with the names below it, is loopback without asking anybody (RFC 6761 6.3).
  /// Concurrent calls for one name share one lookup; after a deadline the lookup goes on and a
  /// later call may profit. Fails with Errc::transient or Errc::cancelled.
  boost::asio::awaitable<Result<Endpoints>> find(std::string host, std::uint16_t port,
                                                 std::chrono::steady_clock::duration limit);

  /// Nothing answered there: look the name up again next time.
  void forget(const std::string& host, std::uint16_t port);

  bool running() const noexcept { return *running_ > 0; }

 private:
  struct Lookup;
  using Key = std::pair<std::string, std::uint16_t>;

  std::shared_ptr<Lookup> start(const Key& key);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<StopList> stops_;
  std::chrono::steady_clock::duration lifetime_;
  LookupFunction lookup_;
  std::map<Key, std::shared_ptr<Lookup>> known_;
  std::shared_ptr<int> running_ = std::make_shared<int>(0);
};

}  // namespace anthropic_metrics::net
