// SPDX-License-Identifier: Apache-2.0
#include "net/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace anthropic_metrics::net {
namespace {

constexpr int gzip_window = 15 + 16;
constexpr int memory_level = 8;

}  // namespace

Result<std::string> gzip(std::string_view text, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, std::clamp(level, 1, 9), Z_DEFLATED, gzip_window, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{Errc::transient, "compressing a request: no memory"};
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib counts in 32 bits: both sides are given to it in pieces.
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  std::size_t taken = 0, made = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t in = std::min(most, text.size() - taken);
    const std::size_t room = std::min(most, out.size() - made);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(room);
    state = deflate(&stream, taken + in == text.size() ? Z_FINISH : Z_NO_FLUSH);
    taken += in - stream.avail_in;
    made += room - stream.avail_out;
  }
  deflateEnd(&stream);
  if (state != Z_STREAM_END) return Error{Errc::transient, "compressing a request: no memory"};
  out.resize(made);
  return out;
}

}  // namespace anthropic_metrics::net
