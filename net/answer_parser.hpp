// SPDX-License-Identifier: Apache-2.0
// From octets to an answer's head and body, with limits. No I/O: octets are put in, pieces come
// out. Ours, because the readers there are refuse what every other client takes, or fail assertions
// on answers that come in odd pieces: docs/decisions/0013.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/head_lines.hpp"
#include "net/message.hpp"

namespace anthropic_metrics::net {

/// One answer. Errors are Errc::transient with a sentence that says what is not proper HTTP; after
/// one the parser is of no further use.
class AnswerParser {
 public:
  /// `header_limit` bounds status line and header, interim answers included.
  explicit AnswerParser(std::size_t header_limit) noexcept : header_limit_(header_limit) {}
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  struct Progress {
    std::size_t used = 0;    ///< Octets consumed from the front of what was offered.
    std::string_view piece;  ///< Body without framing: a part of what was offered, not a copy.
    bool done = false;       ///< Head: it is complete. Body: it ended, verified by its framing.
  };

  /// Reads the head from `octets`. Skips interim answers (1xx, at most eight; 101 is an error).
  /// Until done, offer what was not used again with more behind it.
  Result<Progress> head(std::string_view octets);

  /// Once head() is done. Reads from the body; no piece and not done: offer more.
  Result<Progress> body(std::string_view octets);

  /// The connection ended properly. Success if that is how this body ends.
  Result<void> end_of_connection();

  /// Once head() is done.
  ResponseHead take_head() { return std::move(head_); }

  /// What was not proper of a head, raw: it may hold anything, also the key that we sent.
  const std::string& offending() const noexcept { return offending_; }

  /// Once the body is done: true if the connection may carry another exchange.
  bool keep_alive() const noexcept { return keep_alive_; }

 private:
  enum class At { status, header, length, chunk_size, chunk, chunk_end, trailer, connection, end };

  Error offend(std::string_view place, std::string_view octets);
  Result<bool> take_head_line(std::string_view line);
  Result<void> end_head();
  Result<void> take_chunk_line(std::string_view line);
  bool expects_line() const noexcept {
    return at_ == At::chunk_size || at_ == At::chunk_end || at_ == At::trailer;
  }

  const std::size_t header_limit_;
  std::size_t header_octets_ = 0;
  int interim_answers_ = 0;
  At at_ = At::status;
  StatusLine line_;
  ResponseHead head_;
  std::string offending_;
  bool keep_alive_ = false;
  std::uint64_t left_ = 0;  ///< Of the body, or of the chunk.
  std::uint64_t body_octets_ = 0;
  std::uint64_t framing_octets_ = 0;
  std::vector<Header> trailer_;  ///< The latest of them only: they are checked, not kept.
};

}  // namespace anthropic_metrics::net
