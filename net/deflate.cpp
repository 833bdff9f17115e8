// SPDX-License-Identifier: Apache-2.0
#include "net/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace anthropic_metrics::net {
namespace {

constexpr int gzip_window = 15 + 16;
constexpr int memory_level = 8;
constexpr std::size_t room_size = 32 * 1024;

Error no_memory() {
  return Error{Errc::transient, "compressing a request: no memory"};
}

}  // namespace

void Gzip::Ends::operator()(z_stream_s* stream) const noexcept {
  deflateEnd(stream);
  delete stream;
}

Gzip::Gzip(Gzip&&) noexcept = default;
Gzip& Gzip::operator=(Gzip&&) noexcept = default;
Gzip::~Gzip() = default;

Result<Gzip> Gzip::make(int level) {
  auto stream = std::make_unique<z_stream>();
  if (deflateInit2(stream.get(), std::clamp(level, 1, 9), Z_DEFLATED, gzip_window, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return no_memory();
  Gzip made;
  made.stream_.reset(stream.release());
  made.room_ = std::make_unique_for_overwrite<char[]>(room_size);
  return made;
}

Result<void> Gzip::pack(std::string_view piece, int flush) {
  z_stream& stream = *stream_;
  do {
    // zlib counts in 32 bits.
    const std::size_t in = std::min<std::size_t>(std::numeric_limits<uInt>::max(), piece.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(in);
    const int last = in == piece.size() ? flush : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room_.get());
      stream.avail_out = static_cast<uInt>(room_size);
      if (deflate(&stream, last) == Z_STREAM_ERROR) return no_memory();
      packed_.append(room_.get(), room_size - stream.avail_out);
    } while (stream.avail_out == 0);
    piece.remove_prefix(in);
  } while (!piece.empty());
  return success();
}

Result<void> Gzip::add(std::string_view piece) {
  return piece.empty() ? success() : pack(piece, Z_NO_FLUSH);
}

Result<std::string> Gzip::finish() {
  if (auto packed = pack({}, Z_FINISH); !packed) return packed.error();
  if (deflateReset(stream_.get()) != Z_OK) return no_memory();
  return std::exchange(packed_, {});
}

Result<std::string> gzip(std::string_view text, int level) {
  auto packer = Gzip::make(level);
  if (!packer) return packer.error();
  if (auto added = packer->add(text); !added) return added.error();
  return packer->finish();
}

}  // namespace anthropic_metrics::net
