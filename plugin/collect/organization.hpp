// SPDX-License-Identifier: Apache-2.0
// Which organization the key belongs to: asked once for all streams, however many wait to know.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "collect/outcome.hpp"
#include "collect/services.hpp"
#include "collect/waiting.hpp"

namespace anthropic_metrics {

/// GET /v1/organizations/me: {"id": ..., "name": ..., "type": "organization"}, of which the id is
/// returned. stream: on whose behalf. The cheapest question there is, also for server time.
boost::asio::awaitable<Outcome<std::string>> ask_organization(const Services& services,
                                                              std::string_view stream);

class Organization {
 public:
  explicit Organization(boost::asio::io_context& loop) : asking_(loop) {}

  /// Returns once services.organization_id is set, or with the error of the one request that was to
  /// tell it. stream: on whose behalf.
  boost::asio::awaitable<Outcome<void>> identify(const Services& services, std::string_view stream);

  /// How many streams wait for another's answer here.
  std::size_t waiting() const noexcept { return asking_.waiting(); }

 private:
  Turnstile asking_;
  std::uint64_t failures_ = 0;
  Failure last_{};  ///< The last failure.
};

}  // namespace anthropic_metrics
