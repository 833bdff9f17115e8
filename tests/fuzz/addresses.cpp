// SPDX-License-Identifier: Apache-2.0
// url, proxy_url and NO_PROXY, a line each.
#include "base/octets.hpp"
#include "fuzz.hpp"
#include "net/proxy.hpp"
#include "net/request_bytes.hpp"
#include "net/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  fuzz::Source source(fuzz::view(data, size));
  const std::string_view text = source.line();
  const std::string_view proxy_text = source.line();
  const std::string_view exceptions = source.rest();
  (void)net::redact_url(text);
  const auto url = net::parse_url(text);
  if (url) {
    fuzz::require(!url->host.empty() && url->port != 0, "a url has host and port");
    fuzz::require(is_field_value(url->authority()), "an authority fits into a header");
    const auto again = net::parse_url(url->text());
    fuzz::require(again && again->host == url->host && again->port == url->port &&
                      again->path_prefix == url->path_prefix,
                  "a url's text reads as the url");
    (void)net::bypasses_proxy(exceptions, url->host, url->port);
  }
  const auto proxy = net::parse_proxy(proxy_text);
  if (url && proxy) {
    net::connect_request(*url, *proxy, "a/1").expose([](std::string_view words) {
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
