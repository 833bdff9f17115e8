// SPDX-License-Identifier: Apache-2.0
#include "collect/read_snapshot.hpp"

#include <algorithm>
#include <utility>

#include "collect/read_list.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {

namespace asio = boost::asio;

namespace {

/// Their limits are settings that change a few times a year: one or two workspaces are asked every
/// hour and a half or three hours, many of them every six. One that is new is asked at once.
constexpr std::chrono::minutes per_workspace{90};
constexpr std::chrono::hours longest_round{6};
/// Polls do not come to the second.
constexpr std::chrono::seconds slack{60};

/// What is read of one poll.
struct Snapshot {
  std::optional<Instant> at{};  ///< One time for all pages: the rows of a poll belong together.
  Emitter::SnapshotIds ids{};
  std::vector<SetAside> set_aside{};
};

/// Reads and emits a list to its end.
asio::awaitable<Outcome<void>> emit_list(const Services& services, Lane& lane,
                                         const streams::Fetcher& fetcher, Snapshot& snapshot) {
  const TakePage take = [&](const ListPage& page) -> Result<void> {
    if (!snapshot.at) snapshot.at = page.date;
    const auto made = lane.emitter().emit_snapshot(page.rows, *snapshot.at, snapshot.ids);
    if (!made) return made.error();
    auto& set_aside = snapshot.set_aside;
    set_aside.insert(set_aside.end(), made->set_aside.begin(), made->set_aside.end());
    services.status.update(lane.stream(), [&](StreamStatus& s) { s.documents += made->documents; });
    return success();
  };
  co_return co_await read_list(services, lane, fetcher, take);
}

/// Whether the newest answer was that nothing is there: archived between the listing and now.
bool gone(const Services& services, const Lane& lane, const Failure& failure) {
  return failure.code == Errc::configuration &&
         services.status.stream(lane.stream()).http_status == 404;
}

/// The lists of the workspaces, one after another: each of their requests takes its turn and its
/// place in the pace, as those of the other streams do between them.
asio::awaitable<Outcome<void>> read_workspaces(const Services& services, Lane& lane,
                                               WorkspaceParts& parts, Snapshot& snapshot) {
  const Monotonic now = services.host.monotonic();
  const bool anew = !parts.next_round || now >= *parts.next_round;
  if (!parts.live || (!anew && !parts.offered)) co_return Outcome<void>();
  if (anew) parts.asked.clear();
  parts.offered = true;
  const std::vector<std::string> live = parts.live();
  for (const std::string& id : live) {
    if (parts.asked.contains(id)) continue;
    const auto fetcher = lane.fetcher().of_workspace(id);
    if (fetcher == nullptr) continue;
    const auto read = co_await emit_list(services, lane, *fetcher, snapshot);
    if (read || gone(services, lane, read.error())) {
      parts.asked.insert(id);
      continue;
    }
    if (read.error().code != Errc::not_offered) co_return read;
    parts.next_round = now + std::chrono::hours(24);
    parts.offered = false;
    if (!std::exchange(parts.told, true))
      services.log(LogLevel::info, lane.stream(), read.error().message);
    co_return Outcome<void>();
  }
  if (anew)
    parts.next_round =
        now + std::min<std::chrono::seconds>(live.size() * per_workspace, longest_round) - slack;
  co_return Outcome<void>();
}

}  // namespace

asio::awaitable<Outcome<void>> read_snapshot(const Services& services, Lane& lane,
                                             WorkspaceParts& parts) {
  Snapshot snapshot;
  auto read = co_await emit_list(services, lane, lane.fetcher(), snapshot);
  if (read) read = co_await read_workspaces(services, lane, parts, snapshot);
  // Of what was not read to its end it is not known whether an odd entry is mended.
  if (read) tell_set_aside(services, lane.stream(), snapshot.set_aside);
  co_return read;
}

}  // namespace anthropic_metrics
