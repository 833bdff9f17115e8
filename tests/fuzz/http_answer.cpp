// SPDX-License-Identifier: Apache-2.0
// An answer as it comes off the wire, through the parser and the inflater with their limits, and
// into the sentence for a person. First octet: the size of the pieces it arrives in.
#include <array>

#include "api/retry.hpp"
#include "api/status_error.hpp"
#include "fuzz.hpp"
#include "net/answer_parser.hpp"
#include "net/headers.hpp"
#include "net/inflate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  constexpr std::size_t header_limit = 2048;
  constexpr net::BodyLimits limits{1 << 20};
  fuzz::Source source(fuzz::view(data, size));
  const std::size_t piece = source.number() * 4 + 1;
  std::string_view wire = source.rest();
  std::string received;
  const auto more = [&] {
    received += wire.substr(0, piece);
    wire.remove_prefix(std::min(piece, wire.size()));
  };
  net::AnswerParser parser(header_limit);
  for (;;) {
    const auto head = parser.head(received);
    if (!head) return 0;
    fuzz::require(head->used <= received.size(), "no more is used than there is");
    received.erase(0, head->used);
    if (head->done) break;
    if (wire.empty()) return 0;
    more();
  }
  const net::ResponseHead head = parser.take_head();
  fuzz::require(head.status >= 0 && head.status <= 999, "a status has three digits");
  if (const auto wait = net::retry_after(head))
    fuzz::require(wait->count() >= 0, "no wait is negative");
  api::Attempt attempt;
  attempt.head = &head;
  fuzz::require(api::decide(attempt).wait <= std::chrono::hours(1), "no wait is beyond an hour");

  auto decoder = net::BodyDecoder::make(net::content_encoding(head), limits);
  if (!decoder) return 0;
  std::string body;
  std::array<char, 700> out{};
  for (;;) {
    const auto got = parser.body(received);
    if (!got) return 0;
    fuzz::require(got->used <= received.size(), "no more is used than there is");
    const std::string part(got->piece);
    received.erase(0, got->used);
    if (!part.empty()) {
      decoder->feed(part);
      for (;;) {
        const auto decoded = decoder->next(out);
        if (!decoded) return 0;
        if (decoded->empty()) break;
        body += *decoded;
        fuzz::require(body.size() <= limits.decoded, "the cap holds");
      }
    }
    if (got->done) break;
    if (part.empty() && got->used == 0) {
      if (wire.empty()) {
        if (!parser.end_of_connection()) return 0;
        break;
      }
      more();
    }
  }
  if (!decoder->finish()) return 0;
  const Error error = api::status_error(head, body);
  fuzz::require(error.message.size() < 4096, "a message is bounded");
  for (const char c : error.message)
    fuzz::require(static_cast<unsigned char>(c) >= 0x20, "a message holds no control characters");
  return 0;
}
