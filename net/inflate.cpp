// SPDX-License-Identifier: Apache-2.0
#include "net/inflate.hpp"

#include <fmt/format.h>

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace anthropic_metrics::net {
namespace {

Error broken(std::string message) {
  return Error{Errc::transient, std::move(message)};
}

}  // namespace

struct BodyDecoder::Inflater {
  Inflater() {
    // 16 + 15: a gzip header and trailer (with its checksum), a 32 KiB window.
    if (inflateInit2(&stream, 16 + 15) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
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
  z_stream& z = inflater_->stream;
  std::size_t produced = 0;
  // A call may consume input (a header, an empty block) without output: go on until there is some.
  while (produced == 0) {
    // Blocks and tapes are padded with zero octets, which gzip itself passes over.
    if (inflater_->any_member && !inflater_->in_member) {
      pending_.remove_prefix(std::min(pending_.find_first_not_of('\0'), pending_.size()));
    }
    const bool flushing = pending_.empty();
    if (flushing && !inflater_->in_member) break;
    z.next_in = reinterpret_cast<const Bytef*>(pending_.data());
    z.avail_in =
        static_cast<uInt>(std::min<std::size_t>(pending_.size(), std::numeric_limits<uInt>::max()));
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out =
        static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
    const uInt offered = z.avail_in;
    const uInt room = z.avail_out;
    const int rc = inflate(&z, Z_NO_FLUSH);
    pending_.remove_prefix(offered - z.avail_in);
    produced = room - z.avail_out;
    const bool began = inflater_->in_member;
    if (offered != z.avail_in) inflater_->in_member = true;

    if (rc == Z_STREAM_END) {
      inflater_->in_member = false;  // another member may follow (RFC 1952 2.2)
      inflater_->any_member = true;
      if (inflateReset(&z) != Z_OK) return broken("zlib could not be reset");
    } else if (rc == Z_BUF_ERROR) {
      break;  // wants more input
    } else if (rc != Z_OK && inflater_->any_member && !began) {
      return broken("something that is no gzip follows the answer's gzip data");
    } else if (rc != Z_OK) {
      return broken(fmt::format("the answer's gzip data is damaged ({})",
                                z.msg ? z.msg : "no detail from zlib"));
    }
  }
  return std::string_view(out.data(), produced);
}

Result<void> BodyDecoder::finish() const {
  if (inflater_ && inflater_->in_member) {
    return broken("the answer's gzip data ends before its checksum: it was cut short");
  }
  return success();
}

}  // namespace anthropic_metrics::net
