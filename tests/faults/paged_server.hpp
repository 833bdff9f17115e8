// SPDX-License-Identifier: Apache-2.0
// The simulated organization behind real TLS, with short pages, and a fault at the page of choice.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "simulated_transport.hpp"
#include "status_variants.hpp"
#include "test_server.hpp"

namespace anthropic_metrics::test {

enum class Page { first, middle, last };
const char* name(Page page);

class PagedServer {
 public:
  /// time is borrowed, and may only move while no request is under way.
  PagedServer(simulator::Simulator& simulator, const VirtualTime& time);

  /// From now on `times` requests for `page` of a report meet the variant.
  void fail(const Variant& variant, Page page, int times);
  void heal() { fail({}, Page::first, 0); }

  struct Seen {
    std::string line;  ///< The request line.
    Monotonic at{};
    bool failed = false;
  };
  std::vector<Seen> seen() const;
  std::uint16_t port() const { return server_.port(); }
  static const std::string& certificate_authority();  ///< PEM.

 private:
  void serve(net::test::Peer& peer);
  std::string answer(const std::string& head, bool& close);
  std::string spoiled(const std::string& good, bool& close) const;
  std::string fill(std::string text) const;

  simulator::Simulator& simulator_;
  const VirtualTime& time_;
  mutable std::mutex mutex_;
  Variant variant_;
  Page page_ = Page::first;
  int times_ = 0;
  std::vector<Seen> seen_;
  net::test::TestServer server_;  ///< Last: its threads use the rest.
};

}  // namespace anthropic_metrics::test
