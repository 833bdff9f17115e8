// SPDX-License-Identifier: Apache-2.0
// What every transport test needs: a loop, a canary key, settings that point at a test server, and
// a way to run one request to its end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/credential.hpp"
#include "canary.hpp"
#include "net/https_transport.hpp"
#include "test_server.hpp"

namespace anthropic_metrics::net::test {

/// Must never be seen anywhere but in a request's header.
using anthropic_metrics::test::canary;
inline constexpr std::string_view me = "/v1/organizations/me";

/// Every path that an Admin API client may ask for.
std::function<bool(std::string_view path)> report_paths();

/// https://`host`:`port` with authority() as the only trust, addresses fixed to 127.0.0.1, and
/// deadlines short enough for tests.
HttpSettings settings_for(const std::string& host, std::uint16_t port);

/// http://127.0.0.1:`port`.
HttpSettings plain_settings(std::uint16_t port);

struct Answer {
  ResponseHead head;
  std::string body;
  std::size_t pieces = 0;
  std::size_t largest_piece = 0;
};

class Client {
 public:
  explicit Client(HttpSettings settings, TransportParts parts = {},
                  std::string_view credential = canary,
                  api::CredentialKind kind = api::CredentialKind::api_key);

  /// Sends, reads to the end, runs the loop until done.
  Result<Answer> get(std::string target = std::string(me), std::vector<Header> headers = {});

  /// The same for any request.
  Result<Answer> send(Request request);

  boost::asio::io_context loop;
  api::CredentialSource credential;
  std::vector<std::string> logs;
  std::unique_ptr<HttpsTransport> transport;
  std::optional<Error> failed;  ///< Why there is no transport.
};

/// Sends and reads to the end.
boost::asio::awaitable<Result<Answer>> fetch(Transport& transport, Request request);

/// True if the canary is in `text` in any form the scrubber knows.
bool leaks(std::string_view text);

}  // namespace anthropic_metrics::net::test
