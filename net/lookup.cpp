// SPDX-License-Identifier: Apache-2.0
#include "net/lookup.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "base/host_name.hpp"
#include "base/low_descriptors.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

struct AddressBook::Lookup {
  bool finished = false;
  boost::system::error_code error;
  Endpoints endpoints;
  Clock::time_point finished_at;
  std::vector<Waiter*> waiters;
};

LookupFunction system_lookup(const asio::any_io_executor& executor) {
  return [executor](std::string host, std::uint16_t port, auto done) {
    // The resolver is kept by its own handler: destroying it would only detach the handler.
    auto resolver = std::make_shared<tcp::resolver>(executor);
    resolver->async_resolve(
        host, fmt::format("{}", port), tcp::resolver::numeric_service,
        [resolver, done = std::move(done)](boost::system::error_code ec,
                                           const tcp::resolver::results_type& results) {
          Endpoints endpoints;
          for (const auto& entry : results) endpoints.push_back(entry.endpoint());
          done(ec, std::move(endpoints));
        });
  };
}

Endpoints interleave(const Endpoints& endpoints) {
  constexpr std::size_t most = 16;
  Endpoints ordered;
  std::vector<bool> used(endpoints.size(), false);
  bool want_v6 = !endpoints.empty() && endpoints.front().address().is_v6();
  while (ordered.size() < endpoints.size() && ordered.size() < most) {
    std::size_t pick = endpoints.size();
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if (used[i]) continue;
      if (pick == endpoints.size()) pick = i;  // the other family, should this one be used up
      if (endpoints[i].address().is_v6() == want_v6) {
        pick = i;
        break;
      }
    }
    used[pick] = true;
    ordered.push_back(endpoints[pick]);
    want_v6 = !endpoints[pick].address().is_v6();
  }
  return ordered;
}

bool is_refused_address(const asio::ip::address& address) {
  if (address.is_v6()) {
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped())
      return is_refused_address(asio::ip::make_address_v4(asio::ip::v4_mapped, v6));
    static const auto metadata = asio::ip::make_address_v6("fd00:ec2::254");
    return v6.is_unspecified() || v6.is_multicast() || v6.is_link_local() || v6 == metadata;
  }
  const auto v4 = address.to_v4();
  const bool link_local = (v4.to_uint() >> 16) == 0xa9fe;  // 169.254.0.0/16
  return v4.is_unspecified() || v4.is_multicast() || link_local || v4.to_uint() == 0xffffffff;
}

AddressBook::AddressBook(const asio::any_io_executor& executor, std::shared_ptr<StopList> stops,
                         Clock::duration lifetime, LookupFunction lookup)
    : executor_(executor),
      stops_(std::move(stops)),
      lifetime_(lifetime),
      lookup_(lookup ? std::move(lookup) : system_lookup(executor)) {}

std::shared_ptr<AddressBook::Lookup> AddressBook::start(const Key& key) {
  auto lookup = std::make_shared<Lookup>();
  known_[key] = lookup;
  ++*running_;
  // Nothing here refers to the book: it may be gone when the resolver returns.
  // The resolver's thread opens files and sockets, also while no poll runs.
  lookup_(key.first, key.second,
          [lookup, running = running_, above = LowDescriptors()](boost::system::error_code ec,
                                                                 Endpoints endpoints) {
            --*running;
            lookup->finished = true;
            lookup->error = ec;
            lookup->endpoints = interleave(endpoints);
            lookup->finished_at = Clock::now();
            for (Waiter* waiter : lookup->waiters) waiter->wake();
          });
  return lookup;
}

asio::awaitable<Result<Endpoints>> AddressBook::find(std::string host, std::uint16_t port,
                                                     Clock::duration limit) {
  boost::system::error_code not_a_literal;
  const auto literal = asio::ip::make_address(host, not_a_literal);
  if (!not_a_literal) co_return Endpoints{tcp::endpoint(literal, port)};
  if (is_loopback_host(host)) {
    co_return Endpoints{tcp::endpoint(asio::ip::address_v4::loopback(), port),
                        tcp::endpoint(asio::ip::address_v6::loopback(), port)};
  }

  const Key key{host, port};
  std::shared_ptr<Lookup> lookup;
  if (const auto found = known_.find(key); found != known_.end()) lookup = found->second;
  const bool stale = lookup && lookup->finished && Clock::now() - lookup->finished_at > lifetime_;
  if (!lookup || stale) lookup = start(key);

  if (!lookup->finished) {
    // Deregisters itself even if this coroutine is destroyed while it waits.
    struct Registration {
      std::shared_ptr<Lookup> lookup;
      Waiter waiter;
      Registration(std::shared_ptr<Lookup> l, const asio::any_io_executor& executor,
                   std::shared_ptr<StopList> stops)
          : lookup(std::move(l)), waiter(executor, std::move(stops)) {
        lookup->waiters.push_back(&waiter);
      }
      ~Registration() { std::erase(lookup->waiters, &waiter); }
    } registration(lookup, executor_, stops_);

    const Wake wake = co_await registration.waiter.wait(limit);
    if (wake == Wake::stopped)
      co_return Error{Errc::cancelled, "cancelled while looking up " + host};
    if (wake == Wake::deadline && !lookup->finished) {
      co_return Error{Errc::transient,
                      fmt::format("looking up {} took too long; check the name server", host)};
    }
  }

  if (lookup->error || lookup->endpoints.empty()) {
    if (const auto found = known_.find(key); found != known_.end() && found->second == lookup) {
      known_.erase(found);
    }
    co_return Error{Errc::transient,
                    fmt::format("{} cannot be looked up ({}); check url and the name server", host,
                                lookup->error ? lookup->error.message() : "it has no address")};
  }
  co_return lookup->endpoints;
}

void AddressBook::forget(const std::string& host, std::uint16_t port) {
  const auto found = known_.find(Key{host, port});
  if (found != known_.end() && found->second->finished) known_.erase(found);
}

}  // namespace anthropic_metrics::net
