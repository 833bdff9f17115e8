// SPDX-License-Identifier: Apache-2.0
// Dates, waits and durations as headers, answers and settings hold them, and the proxy's answer.
#include "base/scrubber.hpp"
#include "base/time_text.hpp"
#include "fuzz.hpp"
#include "net/headers.hpp"
#include "net/proxy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  fuzz::Source source(fuzz::view(data, size));
  const std::string date(source.line()), wait(source.line()), ms(source.line());
  const std::string_view text = source.rest();
  net::ResponseHead head{429,
                         {{"Date", date},
                          {"Retry-After", wait},
                          {"retry-after-ms", ms},
                          {"x-should-retry", ms},
                          {"content-encoding", wait}}};
  if (const auto asked = net::retry_after(head))
    fuzz::require(asked->count() >= 0 && *asked <= std::chrono::days(367), "a wait is bounded");
  (void)net::server_date(head);
  (void)net::should_retry(head);
  (void)net::content_encoding(head);
  (void)net::location_host(text);
  if (const auto instant = parse_rfc3339(text)) {
    const auto again = parse_rfc3339(format_rfc3339(*instant));
    fuzz::require(again && *again == *instant, "a time's text reads as the time");
  }
  if (const auto duration = parse_duration(text)) {
    const auto again = parse_duration(format_duration(*duration));
    fuzz::require(again && *again == *duration, "a duration's text reads as the duration");
  }
  const net::Proxy proxy = [] {
    net::Proxy made;
    made.host = "proxy";
    made.port = 1;
    return made;
  }();
  const net::ResponseHead refusal{407, {{"Proxy-Authenticate", std::string(text)}}};
  const auto answered =
      net::check_connect_answer(refusal, text, proxy, net::Url{"https", "a", 1, ""});
  if (!answered) fuzz::require(answered.error().message.size() < 1000, "a message is bounded");
  fuzz::require(scrub_shapes(text).find("sk-ant-aaaaaaaaaaaa") == std::string::npos,
                "keys are scrubbed");
  return 0;
}
