// SPDX-License-Identifier: Apache-2.0
#include "net/answer_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/octets.hpp"

namespace anthropic_metrics::net {
namespace {

constexpr std::size_t most_line = 32 * 1024;  // of a chunk's size with extensions, or of a trailer
constexpr std::uint64_t framing_allowance = 1 << 20;  // all of these together, besides the body
constexpr std::size_t most_offending = 4096;
constexpr int most_interim_answers = 8;

Error broken(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

}  // namespace

Result<AnswerParser::Progress> AnswerParser::head(std::string_view octets) {
  Progress progress;
  while (true) {
    const std::string_view rest = octets.substr(progress.used);
    std::size_t used = 0;
    const auto line = first_line(rest, used);
    // What has no end yet counts too.
    if (header_octets_ + (line ? used : rest.size()) > header_limit_) {
      return broken(fmt::format("the answer's header exceeds {} octets", header_limit_));
    }
    if (!line) {
      // Told at once, not when the deadline has passed: something else may be speaking there.
      constexpr std::string_view begin = "HTTP/1.";
      const std::size_t compared = std::min(rest.size(), begin.size());
      if (at_ == At::status && rest.substr(0, compared) != begin.substr(0, compared) &&
          rest.substr(0, compared).find_first_not_of("\r\n") != std::string_view::npos) {
        return offend("its first line", rest);
      }
      return progress;
    }
    progress.used += used;
    header_octets_ += used;
    const auto complete = take_head_line(*line);
    if (!complete) return complete.error();
    if (!*complete) continue;
    progress.done = true;
    return progress;
  }
}

Error AnswerParser::offend(std::string_view place, std::string_view octets) {
  offending_ = octets.substr(0, most_offending);
  return broken(fmt::format("the answer is not proper HTTP ({})", place));
}

/// True once the final answer's head is complete.
Result<bool> AnswerParser::take_head_line(std::string_view line) {
  if (at_ == At::status) {
    if (line.empty()) return false;  // a stray one in front of the status line
    const auto read = parse_status_line(line);
    if (!read) {
      return offend("its first line", line);
    }
    line_ = *read;
    at_ = At::header;
    return false;
  }
  if (!line.empty()) {
    if (take_header_line(line, head_.headers)) return false;
    return offend("a header", line);
  }
  if (line_.status < 200) {
    if (line_.status == 101 || ++interim_answers_ > most_interim_answers) {
      return broken(fmt::format("unexpected interim answers (status {})", line_.status));
    }
    head_ = {};  // 1xx: the real answer follows
    at_ = At::status;
    return false;
  }
  if (auto ok = end_head(); !ok) return ok.error();
  return true;
}

Result<void> AnswerParser::end_head() {
  head_.status = line_.status;
  const auto framing = framing_of(head_, line_);
  if (!framing) return framing.error();
  keep_alive_ = framing->keep_alive;
  switch (framing->end) {
    case Framing::End::none:
      at_ = At::end;
      break;
    case Framing::End::length:
      left_ = framing->length;
      at_ = left_ > 0 ? At::length : At::end;
      break;
    case Framing::End::chunks:
      at_ = At::chunk_size;
      break;
    case Framing::End::connection:
      at_ = At::connection;
      break;
  }
  return success();
}

Result<AnswerParser::Progress> AnswerParser::body(std::string_view octets) {
  Progress progress;
  while (at_ != At::end) {
    const std::string_view rest = octets.substr(progress.used);
    if (rest.empty()) return progress;
    if (!expects_line()) {
      const std::size_t size =
          at_ == At::connection
              ? rest.size()
              : static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      progress.piece = rest.substr(0, size);
      progress.used += size;
      body_octets_ += size;
      if (at_ == At::connection) return progress;
      left_ -= size;
      if (left_ == 0) at_ = at_ == At::chunk ? At::chunk_end : At::end;
      return progress;
    }
    std::size_t used = 0;
    const auto line = first_line(rest, used);
    if ((line ? used : rest.size()) > most_line) {
      return broken("the answer's body is not proper HTTP (a chunk header or trailer is too long)");
    }
    if (!line) {
      if (at_ == At::chunk_end && rest != "\r")
        return broken("the answer's body is not proper HTTP (a chunk is longer than its size)");
      return progress;
    }
    progress.used += used;
    framing_octets_ += used;
    if (framing_octets_ > framing_allowance + body_octets_) {
      return broken("the answer has more framing than body");
    }
    if (auto ok = take_chunk_line(*line); !ok) return ok.error();
  }
  progress.done = true;
  return progress;
}

Result<void> AnswerParser::take_chunk_line(std::string_view line) {
  const auto refuse = [](std::string_view why) {
    return broken(fmt::format("the answer's body is not proper HTTP ({})", why));
  };
  switch (at_) {
    case At::chunk_end:
      if (!line.empty()) return refuse("a chunk is longer than its size");
      at_ = At::chunk_size;
      return success();
    case At::trailer:
      if (line.empty()) {
        at_ = At::end;
        return success();
      }
      // Checked and forgotten; what goes on with it must not grow.
      if (trailer_.size() > 1) trailer_.erase(trailer_.begin());
      if (!trailer_.empty()) trailer_.back().value.clear();
      return take_header_line(line, trailer_) ? success() : refuse("a trailer is no header");
    default:
      break;
  }
  // "1a", padded or not, and extensions behind ';' that nobody uses.
  const std::string_view size = trim(line.substr(0, line.find(';')));
  std::uint64_t octets = 0;
  const auto [end, ec] = std::from_chars(size.data(), size.data() + size.size(), octets, 16);
  if (ec != std::errc{} || end != size.data() + size.size() ||
      std::any_of(line.begin(), line.end(), [](char c) { return c == '\0' || c == '\r'; })) {
    return refuse("a chunk's size is not a number");
  }
  left_ = octets;
  at_ = octets > 0 ? At::chunk : At::trailer;
  return success();
}

Result<void> AnswerParser::end_of_connection() {
  if (at_ == At::connection) at_ = At::end;
  if (at_ == At::end) return success();
  return broken("the connection ended before the answer did");
}

}  // namespace anthropic_metrics::net
