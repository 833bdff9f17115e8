// SPDX-License-Identifier: Apache-2.0
// Looks at many bytes at once: where text of JSON ends that stands in a document as it is, and what
// its numbers are. Header only, since it is inlined where every byte counts. Sixteen bytes at a
// time where every machine of the kind has that (SSE2), eight anywhere else.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace anthropic_metrics {

/// Which bytes end a run.
enum class Plain {
  escaped,  ///< Those that must be escaped in JSON: quotes, backslashes, controls.
  ascii     ///< Those, and all that is not ASCII.
};

inline std::uint64_t load_bytes(const char* at) {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

template <Plain plain>
bool ends_plain(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet == '"' || octet == '\\' || octet < 0x20 || (plain == Plain::ascii && octet >= 0x80);
}

/// Bit 8 i + 7: byte i ends a run. Bits of bytes above the first such one say nothing.
template <Plain plain>
std::uint64_t plain_ends(std::uint64_t bytes) {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  const auto zero = [](std::uint64_t value) { return (value - each) & ~value; };
  const std::uint64_t control = (bytes - 0x20 * each) & ~bytes;
  const std::uint64_t other = plain == Plain::ascii ? bytes : 0;
  return (control | other | zero(bytes ^ '"' * each) | zero(bytes ^ '\\' * each)) & high;
}

#if defined(__SSE2__)
/// Bit i: byte i of sixteen ends a run.
template <Plain plain>
unsigned plain_ends16(__m128i bytes) {
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // As signed numbers, bytes beyond ASCII are below zero.
  const __m128i control = plain == Plain::ascii
                              ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                              : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#endif

/// The first byte in [at, end) that ends a run; end if none does.
template <Plain plain>
const char* plain_end(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const unsigned ends =
        plain_ends16<plain>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
    if (ends != 0) return at + std::countr_zero(ends);
  }
#endif
  for (; end - at >= 8; at += 8) {
    const std::uint64_t ends = plain_ends<plain>(load_bytes(at));
    if (ends == 0) continue;
    if constexpr (std::endian::native == std::endian::little)
      return at + std::countr_zero(ends) / 8;
    break;
  }
  while (at < end && !ends_plain<plain>(*at)) ++at;
  return at;
}

/// Copies text up to its first byte that must be escaped, and says how many bytes those are. Of
/// what lies behind them there, up to text's size, the memory at `out` is not as it was.
inline std::size_t copy_plain(char* out, std::string_view text) {
  const char* const begin = text.data();
  const std::size_t size = text.size();
  std::size_t at = 0;
#if defined(__SSE2__)
  const auto copy16 = [&](std::size_t from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + from), bytes);
    return plain_ends16<Plain::escaped>(bytes);
  };
  for (; at + 16 <= size; at += 16)
    if (const unsigned ends = copy16(at); ends != 0)
      return at + static_cast<std::size_t>(std::countr_zero(ends));
  if (at == size) return size;
  if (size >= 16) {  // Those before it are plain.
    const unsigned ends = copy16(size - 16);
    return ends == 0 ? size : size - 16 + static_cast<std::size_t>(std::countr_zero(ends));
  }
#endif
  for (; at + 8 <= size; at += 8) {
    const std::uint64_t bytes = load_bytes(begin + at);
    if (plain_ends<Plain::escaped>(bytes) != 0) break;
    std::memcpy(out + at, &bytes, sizeof bytes);
  }
  // The last eight again, if those before them are plain.
  if (size >= 8 && at + 8 > size) {
    const std::uint64_t bytes = load_bytes(begin + size - 8);
    std::memcpy(out + size - 8, &bytes, sizeof bytes);
    if (plain_ends<Plain::escaped>(bytes) == 0) return size;
  }
  for (; at < size && !ends_plain<Plain::escaped>(begin[at]); ++at) out[at] = begin[at];
  return at;
}

#if defined(__SSE2__)
/// Bit i: byte i of sixteen differs.
inline unsigned differ16(const char* a, const char* b) {
  const __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
  const __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
  return 0xffffU ^ static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(left, right)));
}
#endif

/// Whether both are equal for `size` bytes.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  std::size_t at = 0;
#if defined(__SSE2__)
  if (size >= 16) {
    for (; at + 16 < size; at += 16)
      if (differ16(a + at, b + at) != 0) return false;
    return differ16(a + size - 16, b + size - 16) == 0;
  }
#endif
  if (size >= 8) {
    for (; at + 8 < size; at += 8)
      if (load_bytes(a + at) != load_bytes(b + at)) return false;
    return load_bytes(a + size - 8) == load_bytes(b + size - 8);
  }
  for (; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}

/// How many bytes both begin with, `most` at most.
inline std::size_t common_bytes(const char* a, const char* b, std::size_t most) {
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 16 <= most; at += 16)
    if (const unsigned differ = differ16(a + at, b + at); differ != 0)
      return at + static_cast<std::size_t>(std::countr_zero(differ));
#endif
  if constexpr (std::endian::native == std::endian::little)
    for (; at + 8 <= most; at += 8)
      if (const std::uint64_t differ = load_bytes(a + at) ^ load_bytes(b + at); differ != 0)
        return at + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

/// The first quote or comma in [at, end); end if there is none.
inline const char* quote_or_comma(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8(',')));
    if (const auto bits = static_cast<unsigned>(_mm_movemask_epi8(found)); bits != 0)
      return at + std::countr_zero(bits);
  }
#endif
  while (at < end && *at != '"' && *at != ',') ++at;
  return at;
}

/// Digits of a whole number as JSON has it, no more than most_plain_digits: its value and where
/// they end. null: there are none, or more, or a zero before others.
struct PlainNumber {
  std::int64_t value = 0;
  const char* end = nullptr;
};
inline constexpr int most_plain_digits = 12;

inline PlainNumber plain_number(const char* at, const char* end) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
  };
  if (at == end) return {};
  std::uint64_t value = 0;
  const char* here = at;
  if constexpr (std::endian::native == std::endian::little) {
    if (end - at >= 8) {
      constexpr std::uint64_t each = 0x0101010101010101;
      std::uint64_t digits = load_bytes(at) ^ '0' * each;
      const std::uint64_t others = ((digits + 0x76 * each) | digits) & 0x80 * each;
      const int count = others == 0 ? 8 : std::countr_zero(others) / 8;
      if (count == 0) return {};
      // The number is at the end of the eight, zeros before it; then pairs, fours and all.
      digits <<= (8 - count) * 8;
      digits = digits * 10 + (digits >> 8);
      constexpr std::uint64_t pairs = 0x000000ff000000ff;
      value =
          ((digits & pairs) * 0x000f424000000064 + (digits >> 16 & pairs) * 0x0000271000000001) >>
          32;
      here += count;
      if (count < 8) {
        if (*at == '0' && count > 1) return {};
        return {static_cast<std::int64_t>(value), here};
      }
    }
  }
  for (; here < end && digit(*here) <= 9; ++here) {
    if (here - at == most_plain_digits) return {};
    value = value * 10 + digit(*here);
  }
  if (here == at || (*at == '0' && here - at > 1)) return {};
  return {static_cast<std::int64_t>(value), here};
}

}  // namespace anthropic_metrics
