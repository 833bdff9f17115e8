// SPDX-License-Identifier: Apache-2.0
// The lines of an answer's head, read as RFC 9112 lets a recipient read them: strict about what
// decides where a message ends, lenient about what every client takes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::net {

struct StatusLine {
  int status = 0;    ///< 100 to 999.
  bool old = false;  ///< HTTP/1.0: the connection ends unless the peer says otherwise.
};

/// The first line of `octets` without its end, CRLF or a lone LF; nothing if there is none yet.
/// `used` is its length with the end.
std::optional<std::string_view> first_line(std::string_view octets, std::size_t& used) noexcept;

/// "HTTP/1.1 200 OK"; the reason phrase, and the blank before it, may be missing.
std::optional<StatusLine> parse_status_line(std::string_view line) noexcept;

/// Appends "name: value" to `headers`. A line that begins with a blank goes on with the value
/// before it (obs-fold); blanks between name and colon are dropped, as RFC 9112 5.1 demands. False
/// if it is neither, or holds control characters.
bool take_header_line(std::string_view line, std::vector<Header>& headers);

/// How the body of an answer ends.
struct Framing {
  enum class End { none, length, chunks, connection };
  End end = End::none;
  std::uint64_t length = 0;
  bool keep_alive = false;  ///< The connection may carry another exchange afterwards.
};

/// Transfer-Encoding wins over Content-Length, and the connection is not used again then. Several
/// equal lengths are one; different ones, and codings that are neither chunked nor identity, are
/// errors.
Result<Framing> framing_of(const ResponseHead& head, const StatusLine& line);

}  // namespace anthropic_metrics::net
