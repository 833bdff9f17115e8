// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <optional>

namespace anthropic_metrics::net::test {

std::function<bool(std::string_view path)> report_paths() {
  return allow_paths({"/v1/organizations/me", "/v1/organizations/usage_report/messages",
                      "/v1/organizations/cost_report", "/v1/organizations/rate_limits",
                      "/v1/organizations/workspaces",
                      "/v1/organizations/workspaces/{id}/rate_limits", "/v1/organizations/api_keys",
                      "/v1/organizations/users"});
}

HttpSettings settings_for(const std::string& host, std::uint16_t port) {
  HttpSettings settings;
  settings.url = Url{"https", host, port, ""};
  settings.allows = report_paths();
  settings.addresses = {"127.0.0.1"};
  settings.ssl.certificate_authorities = {PemSource{"", authority().certificate}};
  settings.deadlines.connect = std::chrono::seconds(5);
  settings.deadlines.handshake = std::chrono::seconds(5);
  settings.deadlines.first_byte = std::chrono::seconds(5);
  settings.deadlines.exchange = std::chrono::seconds(10);
  return settings;
}

HttpSettings plain_settings(std::uint16_t port) {
  HttpSettings settings = settings_for("127.0.0.1", port);
  settings.url.scheme = "http";
  return settings;
}

Client::Client(HttpSettings settings, TransportParts parts, std::string_view key,
               api::CredentialKind kind)
    : credential(api::parse_credential(key).value(), kind) {
  if (!parts.log) {
    parts.log = [this](LogLevel, std::string_view text) { logs.emplace_back(text); };
  }
  auto made =
      HttpsTransport::make(loop.get_executor(), std::move(settings), credential, std::move(parts));
  if (made) {
    transport = std::move(*made);
  } else {
    failed = made.error();
  }
}

boost::asio::awaitable<Result<Answer>> fetch(Transport& transport, Request request) {
  auto exchange = co_await transport.send(std::move(request));
  if (!exchange) co_return exchange.error();
  Answer answer;
  answer.head = (*exchange)->head();
  while (true) {
    const auto piece = co_await (*exchange)->read();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return answer;
    answer.body += *piece;
    ++answer.pieces;
    answer.largest_piece = std::max(answer.largest_piece, piece->size());
  }
}

Result<Answer> Client::get(std::string target, std::vector<Header> headers) {
  return send(Request{std::move(target), std::move(headers), {}});
}

Result<Answer> Client::send(Request request) {
  if (!transport) return *failed;
  std::optional<Result<Answer>> result;
  boost::asio::co_spawn(loop, fetch(*transport, std::move(request)),
                        [&](std::exception_ptr thrown, Result<Answer> answer) {
                          if (thrown) std::rethrow_exception(thrown);
                          result = std::move(answer);
                        });
  loop.restart();
  loop.run();
  return std::move(*result);
}

bool leaks(std::string_view text) {
  Scrubber scrubber;
  scrubber.watch(Secret(canary));
  return scrubber.scrub(text) != text;
}

}  // namespace anthropic_metrics::net::test
