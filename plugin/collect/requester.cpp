// SPDX-License-Identifier: Apache-2.0
#include "collect/requester.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/bursts.hpp"
#include "api/foreign_answer.hpp"
#include "api/newest_day.hpp"
#include "api/retry.hpp"
#include "api/status_error.hpp"
#include "base/assertion.hpp"
#include "base/octets.hpp"
#include "base/time_text.hpp"
#include "collect/organization.hpp"
#include "collect/stream_credential.hpp"
#include "net/headers.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// What one attempt came to.
struct Attempted {
  std::optional<Error> error{};
  net::ResponseHead head{};
  bool has_head = false;
  bool spend_cap = false;
};

/// Goes to the end of the loop's queue: between two pieces a poll may end, and others take turns,
/// even if the whole answer has already arrived.
asio::awaitable<void> let_others() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

/// The beginning of an error's body, as much as the message needs.
asio::awaitable<std::string> read_error_body(net::Exchange& exchange) {
  std::string body;
  while (body.size() < api::error_body_limit) {
    auto piece = co_await exchange.read();
    if (!piece || piece->empty()) break;
    body.append(piece->substr(0, api::error_body_limit - body.size()));
  }
  co_return body;
}

/// Server time and the organization's id come with every answer.
std::optional<Error> learn(const Services& services, std::string_view credential,
                           const net::ResponseHead& head, Monotonic received) {
  if (const auto date = net::server_date(head)) services.server_clock.observe(*date, received);
  const std::string_view organization = head.find("anthropic-organization-id");
  services.organization.heard(credential, organization);
  if (organization.empty() || services.organization_id.empty() ||
      organization == services.organization_id)
    return std::nullopt;
  return other_organization(services, credential, organization);
}

/// Why there is no server time, although an answer came.
Error without_date(const net::ResponseHead& head) {
  const std::string said = excerpt(head.find("date"), 60);
  if (said.empty())
    return {Errc::protocol, "the answer has no Date header, which server time needs"};
  return {Errc::protocol, fmt::format("the answer's Date \"{}\" is in none of the three forms of "
                                      "HTTP, and server time needs it",
                                      said)};
}

asio::awaitable<Attempted> attempt(const Services& services, std::string_view stream,
                                   net::Request message, const ReadBody& read,
                                   std::optional<Turnstile::Turn>& turn, const HistoryPart* part) {
  Attempted outcome;
  const api::Asked asked{message.target.substr(0, message.target.find('?')),
                         services.settings.http.url.path_prefix,
                         std::string(services.credential.setting(message.credential)),
                         may_be_refused(stream, message.target),
                         message.withheld,
                         api::day_asked_for(message.target)};
  const std::string credential = message.credential;
  services.status.update(stream, [](StreamStatus& s) { s.http_status = 0; });
  auto sent = co_await services.transport.send(std::move(message));
  if (!sent) {
    outcome.error = sent.error();
    services.status.update(stream, [](StreamStatus& s) { ++s.answers[0]; });
    co_return outcome;
  }
  const std::unique_ptr<net::Exchange> exchange = std::move(*sent);
  outcome.head = exchange->head();
  outcome.has_head = true;
  outcome.error = learn(services, credential, outcome.head, services.host.monotonic());
  services.status.update(stream, [&](StreamStatus& s) {
    s.http_status = outcome.head.status;
    s.throttled += outcome.head.status == 429 ? 1 : 0;
    ++s.answers[outcome.head.status];
  });
  if (outcome.error) co_return outcome;
  if (!api::is_answer(outcome.head.status)) {
    const std::string body = services.credential.scrub(co_await read_error_body(*exchange));
    outcome.error = api::status_error(outcome.head, body, asked);
    outcome.spend_cap = api::parse_api_error(body).spend_cap();
    co_return outcome;
  }
  if (!services.server_clock.known()) {
    outcome.error = without_date(outcome.head);
    co_return outcome;
  }
  // What waits for its turn to be read takes no place from what is still to be asked for, such as
  // the newer window that it waits for.
  if (part != nullptr) turn.reset();
  OpenAnswer answer(services, stream, *exchange, turn, part);
  const Result<void> taken = co_await read(answer);
  if (taken) co_return outcome;
  outcome.error = taken.error();
  if (outcome.error->code == Errc::protocol && !answer.broke_off())
    outcome.error = api::foreign_answer(outcome.head, services.credential.scrub(answer.beginning()),
                                        *outcome.error, asked);
  co_return outcome;
}

/// The same, with a library's failed assertion as what it is to a poll: an answer that cannot be
/// read.
asio::awaitable<Attempted> guarded_attempt(const Services& services, std::string_view stream,
                                           net::Request message, const ReadBody& read,
                                           std::optional<Turnstile::Turn>& turn,
                                           const HistoryPart* part) {
  Attempted outcome;
  try {
    outcome = co_await attempt(services, stream, std::move(message), read, turn, part);
  } catch (const BrokenAssertion& broken) {
    outcome.error = Error{
        Errc::protocol, fmt::format("reading the answer failed an assertion ({}); please report it",
                                    broken.what())};
  }
  co_return outcome;
}

/// True while the API asked for more rest than is waited here; else what is left to wait.
struct Rest {
  bool too_long = false;
  Milliseconds left{0};
};
Rest rest_of(const Services& services) {
  const Milliseconds left = services.hold.left();
  return {left > api::RetryPolicy{}.obeyed, left};
}

/// Whatever stream it was: the API counts the organization's requests.
void heed(const Services& services, std::string_view stream, const net::ResponseHead& head) {
  if (api::is_answer(head.status)) return;
  const auto wait = net::retry_after(head);
  const bool rest = wait && *wait > Milliseconds(0);
  if (rest || head.status == 429)
    services.history.refused(api::Pace::Time(services.host.monotonic()));
  if (!rest) return;
  if (auto kept = services.hold.ask(*wait); !kept)
    services.log(LogLevel::warn, stream, kept.error().message);
}

/// Until then, or until nobody wants the part any more.
asio::awaitable<void> sleep_until(const Services& services, Monotonic due,
                                  const HistoryPart* part) {
  if (part == nullptr) co_return co_await services.sleeper.until(due);
  while (!part->abandoned() && services.host.monotonic() < due)
    co_await services.sleeper.until(due, services.history.gone());
}

bool abandoned(const HistoryPart* part) {
  return part != nullptr && part->abandoned();
}

Error given_up() {
  return {Errc::cancelled, "this window of history is not wanted any more"};
}

/// Takes a place in the pace; how long until it falls due.
api::Pace::Duration reserve(const Services& services, std::string_view target,
                            const HistoryPart* part, Monotonic now) {
  const api::Pace::Time at(now);
  // Every request counts for how fast history may leave.
  const auto wide = services.history.pace().reserve(at);
  if (part != nullptr && api::takes_bursts(target)) return wide;
  return services.pace.reserve(at);
}

}  // namespace

Instant OpenAnswer::date() const {
  return net::server_date(exchange_.head()).value_or(services_.server_clock.now());
}

asio::awaitable<Result<std::string_view>> OpenAnswer::piece() {
  if (std::exchange(began_, true)) co_await let_others();
  if (abandoned(part_)) {
    broke_off_ = true;
    co_return given_up();
  }
  auto piece = co_await exchange_.read();
  broke_off_ = !piece;
  if (!piece) co_return piece;
  const auto size = static_cast<std::int64_t>(piece->size());
  services_.status.update(stream_, [&](StreamStatus& s) { s.bytes += size; });
  beginning_ += piece->substr(0, api::beginning_limit - beginning_.size());
  co_return piece;
}

asio::awaitable<void> OpenAnswer::wait_for_room() {
  if (!services_.delivery.enough()) co_return;
  turn_.reset();
  while (services_.delivery.enough()) co_await services_.room.wait();
  if (part_ != nullptr) co_return;
  Turnstile::Turn again = co_await services_.turns.enter();
  turn_.emplace(std::move(again));
}

asio::awaitable<Outcome<void>> request(const Services& services, std::string_view stream,
                                       net::Request message, const ReadBody& read,
                                       const HistoryPart* part) {
  std::uniform_real_distribution<double> random(0, 1);
  message.credential = credential_of(services, stream);
  api::CredentialSource& key = services.credential.source(message.credential);
  bool renewed = false;
  for (int number = 1;; ++number) {
    Attempted outcome;
    bool newer = false;
    {
      Turnstile& turns = part == nullptr ? services.turns : services.history.turns();
      Turnstile::Turn mine = co_await turns.enter();
      std::optional<Turnstile::Turn> turn(std::move(mine));
      for (bool paced = false;;) {
        const Monotonic now = services.host.monotonic();
        if (const Rest rest = rest_of(services); rest.too_long) {
          co_return Failure(
              Error{Errc::throttled, fmt::format("the API asked this organization to wait; {} of "
                                                 "it are left",
                                                 format_duration(rest.left))},
              rest.left);
        } else if (rest.left > Milliseconds(0)) {
          co_await sleep_until(services, now + rest.left, part);
        } else if (paced) {
          break;
        } else {
          // Meanwhile the answer to another request may ask for rest.
          co_await sleep_until(services, now + reserve(services, message.target, part, now), part);
          paced = true;
        }
        if (abandoned(part)) co_return given_up();
      }
      services.status.update(stream, [](StreamStatus& s) { ++s.requests; });
      outcome = co_await guarded_attempt(services, stream, message, read, turn, part);
      if (outcome.has_head) heed(services, stream, outcome.head);
      // What the transport sent again by itself takes its place too: the ceiling is for requests.
      for (auto more = services.history.more_resent(services.transport.resent()); more > 0; --more)
        reserve(services, message.target, part, services.host.monotonic());
      if (part != nullptr && !outcome.error) services.history.answered();
      // Before another request takes the turn, and with it perhaps the new key.
      newer = !renewed && outcome.error && outcome.error->code == Errc::unauthorized &&
              key.newer_than_used();
    }
    if (newer) {
      renewed = true;
      services.status.update(stream, [](StreamStatus& s) { ++s.retries; });
      services.log(LogLevel::info, stream,
                   fmt::format("the key was refused, and a new one is in its place ({}); asking "
                               "once more with that",
                               key.place().describe()));
      continue;
    }
    api::Attempt result;
    result.number = number;
    if (outcome.error && (!outcome.has_head || api::is_answer(outcome.head.status)))
      result.failed = outcome.error->code;
    if (outcome.has_head) result.head = &outcome.head;
    result.spend_cap = outcome.spend_cap;
    result.random = random(services.random);
    const auto decision = api::decide(result);
    if (decision.action == api::RetryDecision::Action::done) co_return Outcome<void>();
    if (decision.action == api::RetryDecision::Action::give_up) {
      Failure failure(outcome.error.value_or(Error{Errc::internal, "no reason was given"}),
                      decision.wait);
      if (outcome.has_head && !api::is_answer(outcome.head.status))
        failure.status = outcome.head.status;
      co_return failure;
    }
    services.status.update(stream, [](StreamStatus& s) { ++s.retries; });
    services.log(LogLevel::debug, stream,
                 fmt::format("attempt {} failed: {}; next in {}", number,
                             outcome.error ? outcome.error->message : std::string(),
                             format_duration(decision.wait)));
    co_await sleep_until(services, services.host.monotonic() + decision.wait, part);
    if (abandoned(part)) co_return given_up();
  }
}

}  // namespace anthropic_metrics
