// SPDX-License-Identifier: Apache-2.0
#include "collect/organization.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "collect/page_reader.hpp"

namespace anthropic_metrics {
boost::asio::awaitable<Answered> Organization::identify(const Services& services,
                                                        std::string_view stream) {
  const std::uint64_t before = failures_;
  const Turnstile::Turn turn = co_await asking_.enter();
  if (!services.organization_id.empty()) co_return Answered{{}, true, {}};
  if (failures_ != before) co_return last_;  // Asked and not told while we stood in the queue.

  IdentityReader reader;
  net::Request who{"/v1/organizations/me", {{"anthropic-version", services.settings.api_version}}};
  Answered answer = co_await request(services, stream, std::move(who), reader);
  if (answer.ok) {
    if (auto bound = services.ledger.bind_organization(reader.id()); !bound)
      answer = Answered{bound.error(), false, {}};
  }
  if (answer.error.code == Errc::too_much) answer.error.code = Errc::configuration;
  if (!answer.ok) {
    ++failures_;
    last_ = answer;
    co_return answer;
  }
  services.organization_id = reader.id();
  services.status.set_organization(reader.id());
  services.log(LogLevel::info, "organization",
               fmt::format("collecting organization {}, server time {}", reader.id(),
                           format_rfc3339(services.server_clock.now())));
  co_return answer;
}

}  // namespace anthropic_metrics
