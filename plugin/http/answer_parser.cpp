// SPDX-License-Identifier: Apache-2.0
#include "http/answer_parser.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <vector>

namespace anthropic_metrics::http {
namespace {

using boost::beast::http::error;
using boost::system::error_code;
namespace beast = boost::beast;

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::uint64_t framing_allowance = 1
                                            << 20;  // chunk headers and trailers, besides the body
constexpr int most_interim_answers = 8;

Error broken(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

std::string text(const boost::beast::string_view& view) {
  return {view.data(), view.size()};
}

}  // namespace

struct AnswerParser::Parser {
  explicit Parser(std::size_t limit) : header_limit(limit) { renew(); }

  void renew() {
    beast.emplace();
    beast->header_limit(static_cast<std::uint32_t>(header_limit));
    beast->body_limit(boost::none);  // the decoder counts, after inflating
  }

  std::optional<beast::http::response_parser<beast::http::buffer_body>> beast;
  std::size_t header_limit;
  std::size_t header_octets = 0;
  int interim_answers = 0;
  std::uint64_t body_octets = 0;
  std::uint64_t framing_octets = 0;
  std::vector<char> piece;
};

AnswerParser::AnswerParser(std::size_t header_limit)
    : parser_(std::make_unique<Parser>(header_limit)) {}
AnswerParser::~AnswerParser() = default;

Result<AnswerParser::Progress> AnswerParser::head(std::string_view octets) {
  Parser& p = *parser_;
  Progress progress;
  while (true) {
    const std::string_view rest = octets.substr(progress.used);
    if (rest.empty()) return progress;
    error_code ec;
    const std::size_t used = p.beast->put(boost::asio::buffer(rest.data(), rest.size()), ec);
    progress.used += used;
    p.header_octets += used;
    if (ec && ec != error::need_more) {
      return broken(fmt::format("the answer is not proper HTTP ({})", ec.message()));
    }
    const bool complete = p.beast->is_header_done();
    // What was not used yet counts too while it belongs to the header.
    if (p.header_octets + (complete ? 0 : rest.size() - used) > p.header_limit) {
      return broken(fmt::format("the answer's header exceeds {} octets", p.header_limit));
    }
    if (!complete) {
      if (ec || used == 0) return progress;
      continue;
    }
    const unsigned status = p.beast->get().result_int();
    if (status >= 200) break;
    if (status == 101 || status < 100 || ++p.interim_answers > most_interim_answers) {
      return broken(fmt::format("unexpected interim answers (status {})", status));
    }
    p.renew();  // 1xx: the real answer follows
  }
  progress.done = true;
  return progress;
}

ResponseHead AnswerParser::take_head() {
  const auto& message = parser_->beast->get();
  ResponseHead head;
  head.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    head.headers.push_back({text(field.name_string()), text(field.value())});
  }
  return head;
}

Result<AnswerParser::Progress> AnswerParser::body(std::string_view octets) {
  Parser& p = *parser_;
  if (p.piece.empty()) p.piece.resize(piece_size);
  Progress progress;
  while (!p.beast->is_done()) {
    const std::string_view rest = octets.substr(progress.used);
    if (rest.empty()) return progress;
    auto& body = p.beast->get().body();
    body.data = p.piece.data();
    body.size = p.piece.size();
    body.more = true;
    error_code ec;
    const std::size_t used = p.beast->put(boost::asio::buffer(rest.data(), rest.size()), ec);
    const std::size_t got = p.piece.size() - body.size;
    progress.used += used;
    p.body_octets += got;
    p.framing_octets += used - got;
    if (ec && ec != error::need_more && ec != error::need_buffer) {
      return broken(fmt::format("the answer's body is not proper HTTP ({})", ec.message()));
    }
    if (p.framing_octets > framing_allowance + p.body_octets) {
      return broken("the answer has more framing than body");
    }
    if (got > 0) {
      progress.piece = std::string_view(p.piece.data(), got);
      return progress;
    }
    if (used == 0) return progress;
  }
  progress.done = true;
  return progress;
}

Result<void> AnswerParser::end_of_connection() {
  error_code ec;
  if (!parser_->beast->is_done()) parser_->beast->put_eof(ec);
  if (!ec && parser_->beast->is_done()) return success();
  return broken("the connection ended before the answer did");
}

bool AnswerParser::keep_alive() const {
  return parser_->beast->keep_alive();
}

}  // namespace anthropic_metrics::http
