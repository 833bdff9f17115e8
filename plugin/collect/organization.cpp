// SPDX-License-Identifier: Apache-2.0
#include "collect/organization.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "base/json_text.hpp"
#include "base/time_text.hpp"
#include "collect/directory.hpp"
#include "collect/requester.hpp"
#include "collect/stream_credential.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_identity_bytes = 64 * 1024;

/// name: what the answer calls it, empty if it does not say.
Result<std::string> id_in(const std::string& body, std::string& name) {
  boost::system::error_code ec;
  const boost::json::value document = boost::json::parse(body, ec);
  if (ec) return Error{Errc::protocol, "$ is not valid JSON: " + ec.message()};
  const auto* object = document.if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  if (id == nullptr || !id->is_string() || id->get_string().empty())
    return Error{Errc::protocol, "$.id is missing: the answer does not name the organization"};
  if (const auto* called = object->if_contains("name"); called != nullptr && called->is_string())
    name = called->get_string();
  return std::string(id->get_string());
}

/// For the documents, also of later runs before they have asked.
void note_name(const Services& services, const std::string& name) {
  services.directory.name_organization(name);
  if (auto noted = services.ledger.set_note("organization name", name); !noted)
    services.log(LogLevel::warn, "organization", noted.error().message);
}

}  // namespace

asio::awaitable<Outcome<std::string>> ask_organization(const Services& services,
                                                       std::string_view stream, std::string* name) {
  std::string id, called;
  const ReadBody read = [&](OpenAnswer& answer) -> asio::awaitable<Result<void>> {
    WithoutMark mark;
    std::string body;
    for (;;) {
      const auto piece = co_await answer.piece();
      if (!piece) co_return piece.error();
      if (piece->empty()) break;
      if (body.size() + piece->size() > most_identity_bytes)
        co_return Error{Errc::protocol, "the answer about the organization is over 64 KiB"};
      body += mark.rest_of(*piece);
    }
    auto found = id_in(body, called);
    if (!found) co_return found.error();
    id = std::move(*found);
    co_return success();
  };
  net::Request who{"/v1/organizations/me", {{"anthropic-version", services.settings.api_version}}};
  const auto answered = co_await request(services, stream, std::move(who), read);
  if (answered && name != nullptr) *name = called;
  if (answered) co_return id;
  Failure failure = answered.error();
  if (failure.code == Errc::too_much) failure.code = Errc::configuration;  // Less is not to be had.
  co_return failure;
}

bool Organization::knows(const Services& services, std::string_view stream) const {
  if (services.organization_id.empty()) return false;
  if (services.credential.names().size() == 1) return true;
  const auto found = asked_.find(credential_of(services, stream));
  return found != asked_.end() && found->second.known;
}

void Organization::heard(std::string_view credential, std::string_view organization) {
  if (!organization.empty()) asked_[std::string(credential)].heard = organization;
}

asio::awaitable<Outcome<void>> Organization::ask(const Services& services, std::string_view stream,
                                                 std::string_view credential) {
  std::string name;
  auto id = co_await ask_organization(services, stream, &name);
  // A key with scopes may not be let in here. Every answer names the organization all the same.
  const std::string heard = asked_[std::string(credential)].heard;
  const bool scoped = credential == "enterprise" && !heard.empty() && !id &&
                      services.server_clock.known() && id.error().code != Errc::unauthorized &&
                      id.error().code != Errc::transient;
  if (scoped) id = heard;
  if (!id) co_return id.error();
  if (services.organization_id.empty()) {
    if (auto bound = services.ledger.bind_organization(*id); !bound) co_return bound.error();
    services.organization_id = *id;
    if (!scoped) note_name(services, name);
    services.status.set_organization(*id);
    services.log(LogLevel::info, "organization",
                 fmt::format("collecting organization {}, server time {}", *id,
                             format_rfc3339(services.server_clock.now())));
  }
  if (*id == services.organization_id) co_return Outcome<void>();
  co_return Failure(other_organization(services, credential, *id));
}

asio::awaitable<Outcome<void>> Organization::identify(const Services& services,
                                                      std::string_view stream) {
  const std::string credential(credential_of(services, stream));
  const std::uint64_t before = asked_[credential].failures;
  const Turnstile::Turn turn = co_await asking_.enter();
  if (knows(services, stream)) co_return Outcome<void>();
  // Asked and not told while we stood in the queue.
  if (asked_[credential].failures != before) co_return asked_[credential].last;
  const auto told = co_await ask(services, stream, credential);
  Asked& asked = asked_[credential];
  asked.known = told.has_value();
  if (told) co_return Outcome<void>();
  ++asked.failures;
  asked.last = told.error();
  co_return asked.last;
}

}  // namespace anthropic_metrics
