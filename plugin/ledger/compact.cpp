// SPDX-License-Identifier: Apache-2.0
//
// Layout of a part: steps until its size is reached. Each step: how many bytes to take from the
// part before, how many new bytes follow, those bytes, how many bytes of the part before they stand
// for. All numbers are varints.
#include "ledger/compact.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ledger/varint.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// How many bytes both begin with. Most of a document is as in the one before, so four words are
/// compared at once.
std::size_t common(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    const auto differs = [&](std::size_t from) {
      std::uint64_t left, right;
      std::memcpy(&left, a.data() + from, 8);
      std::memcpy(&right, b.data() + from, 8);
      return left ^ right;
    };
    while (at + 32 <= most &&
           (differs(at) | differs(at + 8) | differs(at + 16) | differs(at + 24)) == 0)
      at += 32;
    for (; at + 8 <= most; at += 8)
      if (const std::uint64_t bits = differs(at); bits != 0)
        return at + static_cast<std::size_t>(std::countr_zero(bits)) / 8;
  }
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

/// The high bit of each byte of `word` that is `byte`; above the first such byte also of others.
constexpr std::uint64_t bytes_that_are(char byte, std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const std::uint64_t zeros = word ^ ones * static_cast<unsigned char>(byte);
  return (zeros - ones) & ~zeros & ones << 7;
}

/// Where the value that differs at the first byte ends: in JSON, at the next quote or comma.
std::size_t end_of_value(std::string_view text) {
  std::size_t at = std::min<std::size_t>(1, text.size());
  if constexpr (std::endian::native == std::endian::little)
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      const std::uint64_t found = bytes_that_are('"', word) | bytes_that_are(',', word);
      if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  while (at < text.size() && text[at] != '"' && text[at] != ',') ++at;
  return at;
}

}  // namespace

std::string compact(std::string_view text, const std::vector<std::uint32_t>& sizes) {
  Writer out(text.size() / 6);
  std::string_view before;
  for (const std::uint32_t size : sizes) {
    const std::string_view part = text.substr(0, size);
    text.remove_prefix(part.size());
    std::string_view rest = part;
    while (!rest.empty()) {
      const std::size_t same = common(rest, before);
      rest.remove_prefix(same);
      before.remove_prefix(same);
      const std::size_t fresh = end_of_value(rest);
      const std::size_t skipped = end_of_value(before);
      out.make_room(3, fresh);
      out.number(same);
      out.number(fresh);
      out.bytes(rest.substr(0, fresh));
      out.number(skipped);
      rest.remove_prefix(fresh);
      before.remove_prefix(skipped);
    }
    before = part;
  }
  return out.take();
}

std::optional<std::string> expand(std::string_view bytes, const std::vector<std::uint32_t>& sizes) {
  std::uint64_t total = 0;
  for (const std::uint32_t size : sizes) total += size;
  // No step makes more than the part before and the bytes it brings, so a short text that claims to
  // be huge is refused before memory is taken for it.
  if (total > (std::uint64_t{bytes.size()} + 1) * (sizes.size() + 1)) return std::nullopt;
  std::string out;
  out.reserve(total);  // Never moves: `before` points into it.
  Reader in(bytes);
  std::string_view before;
  for (const std::uint32_t size : sizes) {
    const std::size_t begin = out.size();
    const std::size_t end = begin + size;
    while (out.size() < end) {
      const std::uint64_t same = in.number();
      const std::string_view fresh = in.bytes(in.number());
      const std::uint64_t skipped = in.number();
      if (!in.ok() || same > before.size() || skipped > before.size() - same ||
          same + fresh.size() > end - out.size() || same + fresh.size() == 0)
        return std::nullopt;
      out.append(before.data(), same);
      out += fresh;
      before.remove_prefix(same + skipped);
    }
    before = std::string_view(out).substr(begin, size);
  }
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace anthropic_metrics::ledger
