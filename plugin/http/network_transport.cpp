// SPDX-License-Identifier: Apache-2.0
#include "http/network_transport.hpp"

#include <fmt/format.h>

#include <utility>

#include "http/http_exchange.hpp"
#include "http/octets.hpp"
#include "http/transport_core.hpp"

namespace anthropic_metrics::http {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

TransportCore::TransportCore(asio::any_io_executor on, HttpSettings with, CredentialSource& key,
                             TransportParts parts)
    : executor(std::move(on)),
      settings(std::move(with)),
      credential(key),
      tracer(parts.tracer),
      log(std::move(parts.log)),
      book(executor, stops, settings.lookup_lifetime, std::move(parts.lookup)) {}

std::unique_ptr<Connection> TransportCore::take_idle() {
  const auto oldest = Clock::now() - settings.idle_timeout;
  std::erase_if(idle, [&](auto& c) { return c->idle_since < oldest || !c->is_quiet(); });
  if (idle.empty()) return nullptr;
  auto connection = std::move(idle.back());  // the latest used: the others may grow old
  idle.pop_back();
  connection->reused = true;
  return connection;
}

void TransportCore::give_back(std::unique_ptr<Connection> connection) {
  if (stops->stopped() || !connection->is_quiet()) return;
  connection->idle_since = Clock::now();
  connection->received.release_memory();
  idle.push_back(std::move(connection));
  if (idle.size() > settings.idle_connections) idle.erase(idle.begin());
}

NetworkTransport::NetworkTransport(std::shared_ptr<TransportCore> core) : core_(std::move(core)) {}

NetworkTransport::~NetworkTransport() {
  cancel();
  // An exchange that outlives us must not reach what we only borrowed.
  core_->tracer = nullptr;
  core_->log = nullptr;
}

Result<std::unique_ptr<NetworkTransport>> NetworkTransport::make(asio::any_io_executor executor,
                                                                 HttpSettings settings,
                                                                 CredentialSource& credential,
                                                                 TransportParts parts) {
  if (auto ok = check(settings); !ok) return ok.error();
  for (const std::string& address : settings.addresses) {
    boost::system::error_code ec;
    asio::ip::make_address(address, ec);
    if (ec) return Error{Errc::configuration, "\"" + excerpt(address, 60) + "\" is not an address"};
  }
  auto proxy = choose_proxy(settings.url, std::exchange(settings.proxy, std::nullopt),
                            settings.proxy_environment);
  if (!proxy) return proxy.error();

  auto core = std::make_shared<TransportCore>(std::move(executor), std::move(settings), credential,
                                              std::move(parts));
  core->proxy = std::move(*proxy);
  if (core->settings.url.tls()) {
    auto tls = TlsContext::make(core->settings.ssl);
    if (!tls) return tls.error();
    core->tls = std::move(*tls);
  }
  return std::unique_ptr<NetworkTransport>(new NetworkTransport(std::move(core)));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> NetworkTransport::send(Request request) {
  return send_on(core_, std::move(request));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> NetworkTransport::send_on(
    std::shared_ptr<TransportCore> core, Request request) {
  const HttpSettings& settings = core->settings;
  const std::string what =
      fmt::format("GET {}{}", settings.url.text(),
                  excerpt(request.target.substr(0, request.target.find('?')), 120));
  if (core->stops->stopped()) co_return Error{Errc::cancelled, what + ": cancelled"};
  if (!is_allowed_target(request.target, settings.allowed_paths)) {
    co_return Error{Errc::configuration,
                    what + ": not one of the report paths this client may ask for"};
  }
  // A missing key is told before anything is sent or looked up.
  if (auto key = core->credential.current(); !key) co_return key.error();

  Budget budget{settings.deadlines.exchange};
  for (bool fresh = false;; fresh = true) {
    auto exchange = std::make_unique<HttpExchange>(core, what, budget);
    auto kept = fresh ? nullptr : core->take_idle();
    if (kept) {
      ++core->counts.reused;
      exchange->use(std::move(kept));
    } else {
      auto connected = co_await exchange->connect();
      if (!connected) co_return connected.error();
    }
    auto started = co_await exchange->start(request);
    if (started) co_return std::unique_ptr<Exchange>(std::move(exchange));
    if (fresh || !exchange->was_stale()) co_return started.error();
    // The peer had closed the kept connection: once more on a new one. GET is safe to repeat.
    ++core->counts.stale;
    core->debug(what + ": a kept connection had been closed; using a new one");
  }
}

bool NetworkTransport::lookup_running() const noexcept {
  return core_->book.running();
}

void NetworkTransport::cancel() {
  core_->stops->stop();
  core_->idle.clear();
}

void NetworkTransport::close_idle() {
  core_->idle.clear();
}

TransportCounts NetworkTransport::counts() const noexcept {
  return core_->counts;
}

std::uint64_t NetworkTransport::resent() const noexcept {
  return core_->counts.stale;
}

bool NetworkTransport::unverified() const noexcept {
  return core_->settings.ssl.unverified();
}

std::string NetworkTransport::proxy() const {
  return core_->proxy ? core_->proxy->redacted() : "";
}

}  // namespace anthropic_metrics::http
