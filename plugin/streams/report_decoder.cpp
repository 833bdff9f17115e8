// SPDX-License-Identifier: Apache-2.0
#include "streams/report_decoder.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.hpp"
#include "streams/report_handler.hpp"

namespace anthropic_metrics::streams {
namespace {

class ReportDecoder final : public Decoder {
 public:
  ReportDecoder(const Layout& layout, bool keep_original, std::size_t most_rows)
      : parser_(boost::json::parse_options{}, layout, keep_original, most_rows) {}

  Result<void> feed(std::string_view bytes) override {
    std::string_view piece = mark_.rest_of(bytes);
    boost::system::error_code ec;
    std::size_t used = 0;
    handler().begin_of_piece(piece);
    for (;;) {
      if (!broken_) {
        used = parse(piece, ec);
        if (!ec || !handler().end_of_broken_row()) break;
        met_broken_ = true;
        if (!past_broken_) break;
        broken_ = std::exchange(ec, {});
      }
      if (!skip_broken(piece)) return success();
      handler().begin_of_piece(piece);
    }
    handler().end_of_piece();
    bytes_ += used;
    if (ec) return failure(ec);
    const auto rest = piece.substr(used).find_first_not_of(" \t\r\n");
    if (rest != std::string_view::npos)
      return Error{Errc::protocol,
                   fmt::format("$ is followed by something at byte {}; expected the "
                               "end of the answer",
                               bytes_ + rest)};
    return success();
  }

  void read_past_broken() override { past_broken_ = true; }
  bool met_broken() const override { return met_broken_; }

  std::vector<Bucket> take() override { return parser_.handler().take(); }

  Result<std::string> finish() override {
    boost::system::error_code ec;
    if (broken_)
      return Error{Errc::protocol, fmt::format("{} is cut off, and not valid JSON: {}",
                                               handler().path(), broken_.message())};
    if (!parser_.done()) {
      parser_.write_some(false, nullptr, 0, ec);
      if (ec && handler().fault().empty())
        return Error{Errc::protocol,
                     fmt::format("{} is cut off: the answer ends after {} bytes of unfinished JSON",
                                 handler().path(), bytes_)};
      if (ec) return failure(ec);
    }
    if (!handler().saw_data())
      return Error{Errc::protocol, "$ has no data: the answer is not a report"};
    if (!handler().has_more() && handler().saw_has_more()) return std::string{};
    if (!handler().has_more()) return handler().next_page();
    if (handler().next_page().empty())
      return Error{Errc::protocol, "$.next_page is missing although $.has_more is true"};
    return handler().next_page();
  }

 private:
  ReportHandler& handler() { return parser_.handler(); }
  const ReportHandler& handler() const { return parser_.handler(); }

  /// Says how many bytes of the piece were read.
  std::size_t parse(std::string_view piece, boost::system::error_code& ec) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (!ec && !parser_.done()) {
      at = read_rows(at, end);
      if (at == end) break;
      const bool pays = handler().pays();
      const char* const part = pays ? behind_bracket(at, end) : end;
      handler().begin_of_part();
      at += parser_.write_some(true, at, static_cast<std::size_t>(part - at), ec);
      handler().end_of_part(at, pays && at == part);
    }
    return static_cast<std::size_t>(at - piece.data());
  }

  /// A row ends with such a bracket, and behind the other begin the first: a part that goes so far
  /// has no more than one of either, at its end.
  static const char* behind_bracket(const char* at, const char* end) {
    while (at < end && *at != '}' && *at != '[') ++at;
    return at < end ? at + 1 : end;
  }

  const char* read_rows(const char* at, const char* end) {
    const auto behind = handler().behind();
    if (behind == ReportHandler::Behind::other) return at;
    const char* const rows_end = handler().read_rows(at, end);
    if (rows_end == at || behind == ReportHandler::Behind::row) return rows_end;
    static constexpr std::string_view stand_in = "null";
    boost::system::error_code none;
    handler().stand_in(true);
    parser_.write_some(true, stand_in.data(), stand_in.size(), none);
    handler().stand_in(false);
    return rows_end;
  }

  /// A row that is no JSON must not hold back the others: goes behind it, as far as its brackets
  /// and quotes say, and lets the parser go on there. False: the piece ends before.
  bool skip_broken(std::string_view& piece) {
    const std::size_t end = *handler().end_of_broken_row();
    if (end == RowSource::nowhere) {
      handler().end_of_piece();
      bytes_ += piece.size();
      return false;
    }
    handler().begin_anew(broken_.message());
    handler().end_of_piece();
    piece.remove_prefix(end);
    bytes_ += end;
    broken_.clear();
    static constexpr std::string_view to_there = R"({"":[{"":[null)";
    boost::system::error_code none;
    parser_.reset();
    parser_.write_some(true, to_there.data(), to_there.size(), none);
    handler().go_on();
    return true;
  }

  Error failure(const boost::system::error_code& ec) const {
    if (!handler().fault().empty()) return {Errc::protocol, handler().fault()};
    return {Errc::protocol, fmt::format("{} is not valid JSON near byte {}: {}", handler().path(),
                                        bytes_, ec.message())};
  }

  boost::json::basic_parser<ReportHandler> parser_;
  WithoutMark mark_;
  std::size_t bytes_ = 0;
  bool past_broken_ = false, met_broken_ = false;
  boost::system::error_code broken_;  ///< What the parser said of a row that is being skipped.
};

}  // namespace

std::unique_ptr<Decoder> make_report_decoder(const Layout& layout, bool keep_original,
                                             std::size_t most_rows) {
  return std::make_unique<ReportDecoder>(layout, keep_original, most_rows);
}

}  // namespace anthropic_metrics::streams
