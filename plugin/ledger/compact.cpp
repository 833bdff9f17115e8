// SPDX-License-Identifier: Apache-2.0
//
// Layout of a part: steps until its size is reached. Each step: how many bytes to take from the
// part before, how many new bytes follow, those bytes, how many bytes of the part before they stand
// for. All numbers are varints.
#include "ledger/compact.hpp"

#include <algorithm>

#include "base/byte_scan.hpp"
#include "ledger/varint.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// Where the value that differs at the first byte ends: in JSON, at the next quote or comma.
const char* end_of_value(const char* at, const char* end) {
  return at == end ? end : quote_or_comma(at + 1, end);
}

}  // namespace

std::string compact(std::string_view text, const std::vector<std::uint32_t>& sizes) {
  Writer out(text.size() / 6);
  const char* const end_of_text = text.data() + text.size();
  std::string_view before;
  for (const std::uint32_t size : sizes) {
    const std::string_view part = text.substr(0, size);
    text.remove_prefix(part.size());
    const char *now = part.data(), *old = before.data();
    const char *const end = now + part.size(), *const old_end = old + before.size();
    while (now != end) {
      const std::size_t same =
          common_bytes(now, old, static_cast<std::size_t>(std::min(end - now, old_end - old)));
      now += same;
      old += same;
      const char *const behind = end_of_value(now, end), *const skip = end_of_value(old, old_end);
      const std::string_view fresh(now, static_cast<std::size_t>(behind - now));
      out.make_room(3, fresh.size());
      out.number(same);
      out.number(fresh.size());
      out.bytes(fresh, end_of_text);
      out.number(static_cast<std::uint64_t>(skip - old));
      now = behind;
      old = skip;
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
