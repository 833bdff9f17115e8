// SPDX-License-Identifier: Apache-2.0
// Which organization the keys belong to: asked once with each for all streams, however many wait to
// know. All of them must belong to the same.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "collect/waiting.hpp"

namespace anthropic_metrics {

/// GET /v1/organizations/me: {"id": ..., "name": ..., "type": "organization"}, of which the id is
/// returned, and the name if it is asked for. stream: on whose behalf. The cheapest question there
/// is, also for server time.
boost::asio::awaitable<Outcome<std::string>> ask_organization(const Services& services,
                                                              std::string_view stream,
                                                              std::string* name = nullptr);

class Organization {
 public:
  explicit Organization(boost::asio::io_context& loop) : asking_(loop) {}

  /// Returns once services.organization_id is set and the stream's credential is known to belong to
  /// it, or with the error of the one request that was to tell it. stream: on whose behalf.
  boost::asio::awaitable<Outcome<void>> identify(const Services& services, std::string_view stream);

  /// Whether there is nothing left to ask before the stream may begin.
  bool knows(const Services& services, std::string_view stream) const;
  /// What an answer to that credential said of itself, in its header; empty: nothing.
  void heard(std::string_view credential, std::string_view organization);

  /// How many streams wait for another's answer here.
  std::size_t waiting() const noexcept { return asking_.waiting(); }

 private:
  struct Asked {
    bool known = false;
    std::uint64_t failures = 0;
    Failure last{};     ///< The last failure.
    std::string heard;  ///< The organization that an answer named.
  };
  boost::asio::awaitable<Outcome<void>> ask(const Services& services, std::string_view stream,
                                            std::string_view credential);

  Turnstile asking_;
  std::map<std::string, Asked, std::less<>> asked_;  ///< By credential.
};

}  // namespace anthropic_metrics
