// SPDX-License-Identifier: Apache-2.0
#include "net/inflate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/gzip_stream.hpp"

namespace anthropic_metrics::net {
namespace {

Error broken(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

}  // namespace

struct BodyDecoder::Inflater {
  GzipStream stream;
  bool in_member = false;  // octets of a gzip member were read, its trailer was not
  bool any_member = false;
};

Result<BodyDecoder> BodyDecoder::make(ContentEncoding coding, const BodyLimits& limits) {
  switch (coding) {
    case ContentEncoding::identity:
      return BodyDecoder(nullptr, limits);
    case ContentEncoding::gzip:
      return BodyDecoder(std::make_unique<Inflater>(), limits);
    case ContentEncoding::unknown:
      break;
  }
  return broken(
      "the answer's content-encoding is neither gzip nor identity, which is all we asked for");
}

BodyDecoder::BodyDecoder(std::unique_ptr<Inflater> inflater, const BodyLimits& limits) noexcept
    : inflater_(std::move(inflater)), limits_(limits) {}
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

void BodyDecoder::feed(std::string_view wire) noexcept {
  pending_ = wire;
}

Result<std::string_view> BodyDecoder::next(std::span<char> out) {
  Result<std::string_view> piece = std::string_view{};
  if (inflater_) {
    piece = inflate_some(out);
    if (!piece) return piece;
  } else {
    piece = std::exchange(pending_, {});
  }
  decoded_ += piece->size();
  if (decoded_ > limits_.decoded) {
    return Error{Errc::too_much,
                 fmt::format("the answer's body exceeds {} octets", limits_.decoded)};
  }
  return piece;
}

Result<std::string_view> BodyDecoder::inflate_some(std::span<char> out) {
  Inflater& gzip = *inflater_;
  GzipStream::Step step;
  // A step may consume input (a header, an empty block) without output: go on until there is some.
  while (step.produced == 0) {
    // Blocks and tapes are padded with zero octets, which gzip itself passes over.
    if (gzip.any_member && !gzip.in_member)
      pending_.remove_prefix(std::min(pending_.find_first_not_of('\0'), pending_.size()));
    if (pending_.empty() && !gzip.in_member) break;
    if (!gzip.in_member && pending_.front() != '\x1f')
      return broken(gzip.any_member ? "something that is no gzip follows the answer's gzip data"
                                    : "the answer's gzip data is damaged (incorrect header)");
    step = gzip.stream.step(pending_, out);
    pending_.remove_prefix(step.consumed);
    if (step.fault != nullptr)
      return broken(fmt::format("the answer's gzip data is damaged ({})", step.fault));
    if (step.ended) {
      gzip.in_member = false;  // another member may follow (RFC 1952 2.2)
      gzip.any_member = true;
    } else if (step.consumed > 0) {
      gzip.in_member = true;
    } else if (step.produced == 0) {
      break;  // wants more input
    }
  }
  return std::string_view(out.data(), step.produced);
}

Result<void> BodyDecoder::finish() const {
  if (inflater_ && inflater_->in_member) {
    return broken("the answer's gzip data ends before its checksum: it was cut short");
  }
  return success();
}

}  // namespace anthropic_metrics::net
