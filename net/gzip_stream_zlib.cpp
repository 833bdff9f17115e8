// SPDX-License-Identifier: Apache-2.0
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "net/gzip_stream.hpp"

namespace anthropic_metrics::net {
namespace {

uInt limited(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct GzipStream::State {
  State() {
    // 16 + 15: a gzip header and trailer (with its checksum), a 32 KiB window.
    if (inflateInit2(&stream, 16 + 15) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  z_stream stream{};
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {}
GzipStream::~GzipStream() = default;

GzipStream::Step GzipStream::step(std::string_view in, std::span<char> out) {
  z_stream& stream = state_->stream;
  const uInt offered = limited(in.size()), room = limited(out.size());
  stream.next_in = reinterpret_cast<const Bytef*>(in.data());
  stream.avail_in = offered;
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = room;
  const int status = inflate(&stream, Z_NO_FLUSH);
  Step step{offered - stream.avail_in, room - stream.avail_out, status == Z_STREAM_END};
  if (step.ended && inflateReset(&stream) != Z_OK) step.fault = "zlib could not be reset";
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
    step.fault = stream.msg != nullptr ? stream.msg : "no detail from zlib";
  return step;
}

}  // namespace anthropic_metrics::net
