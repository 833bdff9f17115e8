// SPDX-License-Identifier: Apache-2.0
// What a transport shares with the exchanges it handed out: settings, trust, kept connections.
// Private to https_transport.cpp and exchange.cpp.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "net/connection.hpp"
#include "net/https_transport.hpp"
#include "net/tls.hpp"

namespace anthropic_metrics::net {

struct TransportCore {
  TransportCore(boost::asio::any_io_executor on, HttpSettings with, Authorizer& key,
                TransportParts parts);

  void debug(std::string_view text) const {
    if (log) log(LogLevel::debug, text);
  }

  /// The kept connection used last that is young and quiet, or null. Closes those that are not.
  std::unique_ptr<Connection> take_idle();

  /// Keeps a connection whose answer was read to its end.
  void give_back(std::unique_ptr<Connection> connection);

  boost::asio::any_io_executor executor;
  HttpSettings settings;
  Authorizer& authorizer;
  Tracer* tracer;
  Log log;
  std::optional<Proxy> proxy;
  std::optional<TlsContext> tls;
  std::shared_ptr<StopList> stops = std::make_shared<StopList>();
  AddressBook book;
  std::vector<std::unique_ptr<Connection>> idle;  // ends before `tls`, which they borrow
  TransportCounts counts;
};

}  // namespace anthropic_metrics::net
