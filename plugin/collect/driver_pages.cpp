// SPDX-License-Identifier: Apache-2.0
// The driver's answer to answers that are too much: what came is kept, and less is asked for.
#include "collect/driver_pages.hpp"

#include <fmt/format.h>

#include <charconv>

#include "collect/driver.hpp"

namespace anthropic_metrics {
namespace {

std::string note_of(std::int64_t lane) {
  return fmt::format("page_size/{}", lane);
}

}  // namespace

Result<std::int64_t> remembered_pages(ledger::Ledger& ledger, std::int64_t lane) {
  if (lane == 0) return std::int64_t{0};
  const auto note = ledger.note(note_of(lane));
  if (!note) return note.error();
  std::int64_t buckets = 0;
  std::from_chars(note->data(), note->data() + note->size(), buckets);
  return buckets;
}

Result<void> Driver::keep_progress(OpenLane& open, const streams::Window& window, Instant reached) {
  // Only where nothing is missing before it. A window of history lies before the cursor.
  if (window.start > open.lane.cursor || reached <= open.lane.cursor) return success();
  open.lane.cursor = reached;
  return save_cursors();  // On the disk no further than confirmed time.
}

bool Driver::ask_for_less(OpenLane& open, Error& error, std::int64_t asked) {
  const bool surely = error.code == Errc::too_much;
  if (!surely && !error.slow) return false;
  if (!open.pages.too_much(asked)) {
    if (!surely) return false;
    error.code = error.slow ? Errc::transient : Errc::configuration;
    error.message += fmt::format(
        "; that was one bucket alone: name fewer in group_by or take a smaller bucket_width{}",
        error.slow ? ", or raise http_client_timeout" : "");
    return false;
  }
  services_.log(
      LogLevel::info, name(),
      fmt::format("{} buckets were too much for one answer; asking for {} a page from now "
                  "on: {}",
                  asked, open.pages.limit(), error.message));
  remember(open);
  return surely;  // What was only slow may have other reasons, and is left to the next poll.
}

void Driver::remember(const OpenLane& open) {
  const auto written =
      services_.ledger.set_note(note_of(open.lane.id), std::to_string(open.pages.limit()));
  if (!written) services_.log(LogLevel::warn, name(), written.error().message);
}

}  // namespace anthropic_metrics
