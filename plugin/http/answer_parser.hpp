// SPDX-License-Identifier: Apache-2.0
// From octets to an answer's head and body, with limits. No I/O: octets are put in, pieces come
// out. answer_parser.cpp is the only file that knows Beast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "error.hpp"
#include "http/message.hpp"

namespace anthropic_metrics::http {

/// One answer. Errors are Errc::transient with a sentence that says what is not proper HTTP; after
/// one the parser is of no further use.
class AnswerParser {
 public:
  /// `header_limit` bounds status line and header, interim answers included.
  explicit AnswerParser(std::size_t header_limit);
  ~AnswerParser();
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  struct Progress {
    std::size_t used = 0;    ///< Octets consumed from the front of what was offered.
    std::string_view piece;  ///< Body without framing; valid until the next call.
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
  ResponseHead take_head();

  /// Once the body is done: true if the connection may carry another exchange.
  bool keep_alive() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace anthropic_metrics::http
