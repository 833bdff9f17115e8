// SPDX-License-Identifier: Apache-2.0
#include "net/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/octets.hpp"
#include "net/request_bytes.hpp"
#include "net/tracer.hpp"

namespace anthropic_metrics::net {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

using namespace std::chrono_literals;
constexpr std::size_t piece_size = 64 * 1024;

Error transient(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

HttpsExchange::HttpsExchange(std::shared_ptr<TransportCore> core, std::string what, Budget budget)
    : core_(std::move(core)),
      what_(std::move(what)),
      budget_(budget),
      floor_(core_->settings.deadlines.least_octets, core_->settings.deadlines.least_octets_within),
      parser_(core_->settings.header_limit) {}

HttpsExchange::~HttpsExchange() {
  if (core_->tracer && traced_ && !ended_) core_->tracer->end(traced_, "abandoned by the reader");
}

Error HttpsExchange::in_context(const Error& error) const {
  return Error{error.code, what_ + ": " + error.message, error.slow};
}

/// Octets of the peer's without our key, should they repeat it.
std::string HttpsExchange::shown(std::string_view octets) const {
  return core_->authorizer.scrub(octets.substr(0, 4096));
}

Error HttpsExchange::with_offending(Error error, const AnswerParser& parser) const {
  const std::string octets = excerpt(shown(parser.offending()), 60);
  if (!octets.empty()) error.message += fmt::format(": \"{}\"", octets);
  return error;
}

Error HttpsExchange::failure(const Outcome& outcome, std::string_view phase,
                             Clock::duration limit) const {
  switch (outcome.fate) {
    case Fate::stopped:
      return Error{Errc::cancelled, what_ + ": cancelled"};
    case Fate::late: {
      // Only what was asked for can be too much, and a body that flowed until the end surely is.
      const bool flowing = head_.status != 0;
      if (budget_.left == Clock::duration::zero()) {
        return Error{flowing ? Errc::too_much : Errc::transient,
                     fmt::format("{}: {} of {:g} s is used up {}", what_,
                                 core_->settings.timeout_setting, seconds(budget_.total), phase),
                     asked_};
      }
      return Error{Errc::transient,
                   fmt::format("{}: no progress for {:g} s {}", what_, seconds(limit), phase),
                   asked_ && !flowing};
    }
    case Fate::lost:
      // With TLS 1.3 the server looks at our certificate, or misses it, after the handshake.
      if (core_->tls) {
        if (const auto refused = core_->tls->refusal(core_->settings.url, outcome.detail)) {
          return in_context(*refused);
        }
      }
      break;
    case Fate::ok:
    case Fate::end:
      break;
  }
  return transient(fmt::format("{}: connection lost {} ({})", what_, phase, outcome.detail));
}

/// The exchange is over; every later read() says why.
Error HttpsExchange::fail(Error error) {
  connection_.reset();
  if (core_->tracer && traced_ && !ended_) core_->tracer->end(traced_, error.message);
  ended_ = true;
  failed_ = error;
  return error;
}

asio::awaitable<Result<void>> HttpsExchange::connect() {
  const HttpSettings& settings = core_->settings;
  const Url& url = settings.url;
  const std::string host = core_->proxy ? core_->proxy->host : url.host;
  const std::uint16_t port = core_->proxy ? core_->proxy->port : url.port;
  ++core_->counts.connections;

  // 1. Addresses.
  Endpoints endpoints;
  if (!core_->proxy && !settings.addresses.empty()) {
    for (const std::string& address : settings.addresses) {
      endpoints.emplace_back(asio::ip::make_address(address), port);
    }
  } else {
    const auto began = Clock::now();
    auto found = co_await core_->book.find(host, port, budget_.limit(settings.deadlines.lookup));
    budget_.spend(Clock::now() - began);
    if (!found) co_return in_context(found.error());
    endpoints = std::move(*found);
  }
  std::erase_if(endpoints, [&](const asio::ip::tcp::endpoint& endpoint) {
    return is_refused_address(endpoint.address()) ||
           (!url.tls() && !settings.plain_http && !endpoint.address().is_loopback());
  });
  if (endpoints.empty()) {
    core_->book.forget(host, port);
    co_return Error{
        Errc::configuration,
        fmt::format("{}: {} leads to an address no API lives at (link-local, multicast, "
                    "or not loopback for plain http); check url and the name server",
                    what_, host)};
  }

  // 2. TCP.
  auto began = Clock::now();
  const auto connect_limit = budget_.limit(settings.deadlines.connect);
  auto dialled = co_await Connection::dial(core_->executor, core_->stops, endpoints, connect_limit);
  budget_.spend(Clock::now() - began);
  if (!dialled.connection) {
    core_->book.forget(host, port);
    co_return failure(dialled.outcome, fmt::format("connecting to {}:{}", host, port),
                      connect_limit);
  }
  connection_ = std::move(dialled.connection);

  // 3. The proxy's tunnel.
  if (core_->proxy) {
    if (auto ok = co_await open_tunnel(); !ok) co_return ok.error();
  }

  // 4. TLS.
  if (core_->tls) {
    began = Clock::now();
    auto ok = co_await connection_->start_tls(*core_->tls, url,
                                              budget_.limit(settings.deadlines.handshake));
    budget_.spend(Clock::now() - began);
    if (!ok) co_return in_context(ok.error());
  }
  core_->debug(fmt::format("connected to {} ({})", url.host_and_port(), connection_->peer()));
  co_return success();
}

asio::awaitable<Result<void>> HttpsExchange::open_tunnel() {
  const HttpSettings& settings = core_->settings;
  const Proxy& proxy = *core_->proxy;
  Budget tunnel{budget_.limit(settings.deadlines.connect)};
  const Secret words = connect_request(settings.url, proxy, settings.user_agent);
  const std::string phase = "asking proxy " + proxy.redacted();
  AnswerParser parser(settings.header_limit);

  auto began = Clock::now();
  Outcome moved =
      co_await connection_->write(words.expose([](auto octets) { return octets; }), tunnel.left);
  while (true) {
    tunnel.spend(Clock::now() - began);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) co_return failure(moved, phase, settings.deadlines.connect);

    ReceiveBuffer& received = connection_->received;
    const auto progress = parser.head(received.data());
    if (!progress) {
      co_return transient(
          fmt::format("{}: proxy {} to CONNECT: {}; check that proxy_url names an "
                      "http proxy",
                      what_, proxy.redacted(), with_offending(progress.error(), parser).message));
    }
    received.consume(progress->used);
    if (progress->done) {
      if (auto ok =
              check_connect_answer(parser.take_head(), shown(received.data()), proxy, settings.url);
          !ok) {
        co_return in_context(ok.error());
      }
      // The origin speaks only after our hello: what is already here comes from the proxy.
      if (!received.empty()) {
        co_return transient(fmt::format("{}: proxy {} sent more than its answer to CONNECT", what_,
                                        proxy.redacted()));
      }
      co_return success();
    }
    began = Clock::now();
    moved = co_await connection_->read(tunnel.left);
  }
}

asio::awaitable<Result<void>> HttpsExchange::start(const Request& request) {
  const HttpSettings& settings = core_->settings;

  // Verified again here, however the connection came about: this is the last line before the key.
  if (auto ok = connection_->check_peer(core_->tls ? &*core_->tls : nullptr, settings.url); !ok) {
    co_return fail(ok.error());
  }
  const auto key = core_->authorizer.authorization(request.credential);
  if (!key) co_return fail(key.error());
  Outcome moved;
  {
    const auto bytes = serialise(request, settings, *key);
    if (!bytes) co_return fail(bytes.error());
    ++core_->counts.requests;
    if (core_->tracer) traced_ = core_->tracer->begin(request, settings.url);
    const auto limit = budget_.limit(settings.deadlines.first_byte);
    const auto began = Clock::now();
    moved = co_await connection_->write(bytes->expose([](auto octets) { return octets; }), limit);
    if (request.body && moved.fate == Fate::ok)
      moved = co_await connection_->write(request.body->octets, limit);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) {
      const bool broken = moved.fate == Fate::lost || moved.fate == Fate::end;
      stale_ = connection_->reused && broken;
      // A server that misses our certificate says so and closes: its reason may be here already.
      if (broken && core_->tls && !stale_) {
        const Outcome last = co_await connection_->read(std::min<Clock::duration>(limit, 1s));
        if (last.fate == Fate::lost && core_->tls->refusal(settings.url, last.detail)) moved = last;
      }
      co_return fail(failure(moved, "sending the request", limit));
    }
  }  // the request's bytes, and the key among them, are wiped
  asked_ = true;
  co_return co_await receive_head();
}

asio::awaitable<Result<void>> HttpsExchange::receive_head() {
  const HttpSettings& settings = core_->settings;
  Budget phase{settings.deadlines.first_byte};
  bool answered = false;
  while (true) {
    auto done = parse_head();
    if (!done) co_return fail(done.error());
    if (*done) break;

    const auto limit = budget_.limit(phase.left);
    const auto began = Clock::now();
    const Outcome moved = co_await connection_->read(limit);
    phase.spend(Clock::now() - began);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) {
      stale_ =
          !answered && connection_->reused && (moved.fate == Fate::lost || moved.fate == Fate::end);
      co_return fail(failure(moved,
                             answered ? "inside the answer's header" : "waiting for the answer",
                             settings.deadlines.first_byte));
    }
    answered = true;
  }
  if (core_->tracer) core_->tracer->head(traced_, head_);
  auto decoder = BodyDecoder::make(content_encoding(head_), settings.body);
  if (decoder) {
    decoder_ = std::move(*decoder);
  } else {
    // The status still counts; only the body is unreadable.
    failed_ = in_context(decoder.error());
  }
  co_return success();
}

/// Feeds what arrived to the parser. True once the final answer's head is complete.
Result<bool> HttpsExchange::parse_head() {
  const auto progress = parser_.head(connection_->received.data());
  if (!progress) return in_context(with_offending(progress.error(), parser_));
  connection_->received.consume(progress->used);
  if (progress->done) head_ = parser_.take_head();
  return progress->done;
}

asio::awaitable<Result<std::string_view>> HttpsExchange::read() {
  if (failed_) co_return fail(*failed_);
  while (!ended_) {
    if (core_->stops->stopped()) co_return fail(Error{Errc::cancelled, what_ + ": cancelled"});
    if (decoded_.empty() && content_encoding(head_) == ContentEncoding::gzip) {
      decoded_.resize(piece_size);
    }
    const auto piece = decoder_->next(decoded_);
    if (!piece) co_return fail(in_context(piece.error()));
    if (!piece->empty()) {
      if (core_->tracer) core_->tracer->body(traced_, *piece);
      co_return *piece;
    }
    const auto wire = co_await receive_body();
    if (!wire) co_return fail(wire.error());
    if (!wire->empty()) {
      decoder_->feed(*wire);
      continue;
    }
    if (auto ok = decoder_->finish(); !ok) {
      co_return fail(in_context(ok.error()));
    }
    finish();
  }
  co_return std::string_view{};
}

/// The next octets of the body without framing; empty at its verified end.
asio::awaitable<Result<std::string_view>> HttpsExchange::receive_body() {
  constexpr std::string_view phase = "inside the answer's body";
  const Deadlines& deadlines = core_->settings.deadlines;
  while (true) {
    const auto progress = parser_.body(connection_->received.data());
    if (!progress) co_return in_context(progress.error());
    connection_->received.consume(progress->used);
    if (progress->done || !progress->piece.empty()) co_return progress->piece;

    if (floor_.left() <= Clock::duration::zero()) {
      co_return transient(fmt::format("{}: the body arrives slower than {} octets in {:g} s", what_,
                                      deadlines.least_octets,
                                      seconds(deadlines.least_octets_within)));
    }
    const auto limit = budget_.limit(floor_.left());
    const auto began = Clock::now();
    const Outcome moved = co_await connection_->read(limit);
    const auto waited = Clock::now() - began;
    budget_.spend(waited);
    floor_.note(moved.size, waited);
    // Fine only for a body that ends with the connection, and with TLS only after close_notify.
    if (moved.fate == Fate::end && parser_.end_of_connection()) co_return std::string_view{};
    if (moved.fate != Fate::ok) co_return failure(moved, phase, deadlines.least_octets_within);
  }
}

void HttpsExchange::finish() {
  ended_ = true;
  if (core_->tracer) core_->tracer->end(traced_, {});
  if (parser_.keep_alive()) core_->give_back(std::move(connection_));
  connection_.reset();
  decoded_ = {};
}

}  // namespace anthropic_metrics::net
