// SPDX-License-Identifier: Apache-2.0
//
// Layout of a part: steps until its size is reached. Each step: how many bytes to take from the
// part before, how many new bytes follow, those bytes, how many bytes of the part before they stand
// for. All numbers are varints.
#include "ledger/compact.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/byte_scan.hpp"
#include "ledger/varint.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// Bytes of two values that are compared at once.
constexpr std::size_t behind_values = 16;

/// Where the value that differs at the first byte ends: in JSON, at the next quote or comma.
const char* end_of_value(const char* at, const char* end) {
  return at == end ? end : quote_or_comma(at + 1, end);
}

/// Few bytes are copied with what lies behind them, in one move; `to` has room for
/// Writer::spare more.
char* put_bytes(char* to, std::string_view bytes, const char* end_of_text) {
  const char* const from = bytes.data();
  if (bytes.size() <= Writer::spare &&
      static_cast<std::size_t>(end_of_text - from) >= Writer::spare)
    std::memcpy(to, from, Writer::spare);
  else
    std::memcpy(to, from, bytes.size());
  return to + bytes.size();
}

/// A step, into room for three numbers and `fresh`.
[[gnu::always_inline]] inline char* put_step(char* to, std::size_t same, std::string_view fresh,
                                             std::size_t skipped, const char* end_of_text) {
  to = put_varint(to, same);
  to = put_varint(to, fresh.size());
  to = put_bytes(to, fresh, end_of_text);
  return put_varint(to, skipped);
}

/// The steps from one part to the next, of which nothing is known.
void put_any(Writer& out, std::string_view part, std::string_view before, const char* end_of_text) {
  const char *now = part.data(), *old = before.data();
  const char *const end = now + part.size(), *const old_end = old + before.size();
  while (now != end) {
    const std::size_t same =
        common_bytes(now, old, static_cast<std::size_t>(std::min(end - now, old_end - old)));
    now += same;
    old += same;
    const char *const behind = end_of_value(now, end), *const skip = end_of_value(old, old_end);
    const std::string_view fresh(now, static_cast<std::size_t>(behind - now));
    out.written_to(put_step(out.make_room(3, fresh.size()), same, fresh,
                            static_cast<std::size_t>(skip - old), end_of_text));
    now = behind;
    old = skip;
  }
}

/// How many bytes two values begin with; behind each there are fifteen more. A look at sixteen says
/// it of nearly all, whatever their sizes: to guess wrong how often a loop is run costs more than
/// all of it.
std::size_t common_of_values(const char* now, const char* old, std::size_t most) {
#if defined(__SSE2__)
  const auto same =
      static_cast<std::size_t>(std::countr_zero(differ16(now, old) | 1u << behind_values));
  if (same < behind_values || most <= behind_values) return std::min(same, most);
#endif
  return common_bytes(now, old, most);
}

/// The steps between parts that differ in values alone. Behind them there are as many bytes as are
/// looked at at once.
void put_values(Writer& out, std::string_view part, ValuePlaces::Places places, const char* old,
                ValuePlaces::Places places_before, const char* end_of_text) {
  const char* const now = part.data();
  char* to = out.make_room(3 * (places.size() / 2 + 1), part.size());
  const std::uint16_t* before = places_before.data();
  std::size_t same = 0, at = 0;
  const std::uint16_t* const end = places.data() + places.size();
  for (const std::uint16_t* place = places.data(); place != end; place += 2, before += 2) {
    const std::size_t size = place[1] - place[0], size_before = before[1] - before[0];
    const std::size_t common =
        common_of_values(now + place[0], old + before[0], std::min(size, size_before));
    same += place[0] - at + common;
    at = place[1];
    if (common == size && common == size_before) continue;
    to = put_step(to, same, {now + at - (size - common), size - common}, size_before - common,
                  end_of_text);
    same = 0;
  }
  out.written_to(put_step(to, same + part.size() - at, part.substr(part.size()), 0, end_of_text));
}

}  // namespace

std::string compact(std::string_view text, const std::vector<std::uint32_t>& sizes,
                    const ValuePlaces& values) {
  Writer out(text.size() / 6);
  const char* const end_of_text = text.data() + text.size();
  std::string_view before;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::string_view part = text.substr(0, sizes[i]);
    text.remove_prefix(part.size());
    if (values.alike(i) && text.size() >= behind_values)
      put_values(out, part, values.of(i), before.data(), values.of(i - 1), end_of_text);
    else
      put_any(out, part, before, end_of_text);
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
