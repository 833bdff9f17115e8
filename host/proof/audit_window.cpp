// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_window.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bucket_width.hpp"
#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::int64_t usual_span = 30 * 86'400;

Failure wrong(std::string line) {
  return {ExitCode::usage, {std::move(line)}};
}

// What ends later may be on its way to the store.
std::int64_t read_until(const StreamWork& work, Instant now) {
  return (now - work.delay()).time_since_epoch().count();
}

}  // namespace

std::int64_t seconds_of(const std::string& width) {
  for (const BucketWidth& known : bucket_widths)
    if (known.name == width) return known.seconds;
  return bucket_widths.back().seconds;
}

Result<AuditWindow> window_of(const std::optional<Instant>& from, const std::optional<Instant>& to,
                              const StreamWork& work, Instant now) {
  const std::int64_t width = seconds_of(work.grain.width);
  const auto down = [&](std::int64_t time) { return time - time % width; };
  const std::int64_t closed = down(now.time_since_epoch().count());
  if (from && *from >= now)
    return wrong(
        fmt::format("--from {} is in the future; name a time that is past", format_rfc3339(*from)));
  AuditWindow window;
  window.to = to ? std::min(down(to->time_since_epoch().count() + width - 1), closed)
                 : down(read_until(work, now));
  window.from = down(from ? from->time_since_epoch().count() : window.to - usual_span);
  if (window.from >= window.to)
    return wrong(
        fmt::format("no bucket of {} that begins at {} is over yet; name an earlier time "
                    "with --from",
                    work.grain.width, time_text(window.from)));
  return window;
}

AuditWindow newest_day_of(const StreamWork& work, Instant now) {
  constexpr std::int64_t day = 86'400;
  const std::int64_t until = read_until(work, now);
  const std::int64_t to = until - until % day;
  return {to - day, to};
}

}  // namespace anthropic_metrics::host
