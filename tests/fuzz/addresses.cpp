// SPDX-License-Identifier: Apache-2.0
// url, proxy_url and NO_PROXY, a line each.
#include "fuzz.hpp"
#include "http/octets.hpp"
#include "http/proxy.hpp"
#include "http/request_bytes.hpp"
#include "http/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  fuzz::Source source(fuzz::view(data, size));
  const std::string_view text = source.line();
  const std::string_view proxy_text = source.line();
  const std::string_view exceptions = source.rest();
  (void)http::redact_url(text);
  const auto url = http::parse_url(text);
  if (url) {
    fuzz::require(!url->host.empty() && url->port != 0, "a url has host and port");
    fuzz::require(http::is_field_value(url->authority()), "an authority fits into a header");
    const auto again = http::parse_url(url->text());
    fuzz::require(again && again->host == url->host && again->port == url->port &&
                      again->path_prefix == url->path_prefix,
                  "a url's text reads as the url");
    (void)http::bypasses_proxy(exceptions, url->host, url->port);
  }
  const auto proxy = http::parse_proxy(proxy_text);
  if (url && proxy) {
    http::connect_request(*url, *proxy, "a/1").expose([](std::string_view words) {
      std::size_t lines = 0;
      for (std::size_t at = 0; (at = words.find("\r\n", at)) != words.npos; at += 2) ++lines;
      fuzz::require(lines <= 5 && words.substr(0, 8) == "CONNECT ",
                    "CONNECT has the lines it should");
      fuzz::require(words.find("\r\n\r\n") == words.size() - 4, "CONNECT ends once");
    });
  }
  if (proxy && !proxy->basic.empty())
    fuzz::require(proxy->redacted().find("***@") != std::string::npos, "a password is not shown");
  return 0;
}
