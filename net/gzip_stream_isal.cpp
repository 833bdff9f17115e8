// SPDX-License-Identifier: Apache-2.0
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "net/gzip_stream.hpp"

namespace anthropic_metrics::net {
namespace {

const char* fault_of(int status) {
  switch (status) {
    case ISAL_DECOMP_OK:
      return nullptr;
    case ISAL_INCORRECT_CHECKSUM:
      return "incorrect checksum";
    case ISAL_INVALID_WRAPPER:
      return "incorrect header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown compression method";
    case ISAL_INVALID_BLOCK:
      return "invalid block";
    case ISAL_INVALID_SYMBOL:
      return "invalid code";
    case ISAL_INVALID_LOOKBACK:
      return "invalid distance";
    default:
      return "no detail from ISA-L";
  }
}

/// Far below where 32 bits end, near which ISA-L before 2.32.1 does not add up.
std::uint32_t limited(std::size_t size) {
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(size, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

struct GzipStream::State {
  State() {
    isal_inflate_init(&stream);
    stream.crc_flag = ISAL_GZIP;  // header and trailer are its own business
  }
  inflate_state stream;  // 87 KB, of which init() cleared what must be.
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {}
GzipStream::~GzipStream() = default;

GzipStream::Step GzipStream::step(std::string_view in, std::span<char> out) {
  inflate_state& stream = state_->stream;
  const std::uint32_t offered = limited(in.size()), room = limited(out.size());
  // It only reads there.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(in.data()));
  stream.avail_in = offered;
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = room;
  const int status = isal_inflate(&stream);
  Step step{offered - stream.avail_in, room - stream.avail_out,
            stream.block_state == ISAL_BLOCK_FINISH, fault_of(status)};
  if (step.ended) isal_inflate_reset(&stream);
  return step;
}

}  // namespace anthropic_metrics::net
