// SPDX-License-Identifier: Apache-2.0
#include "collect/read_entities.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "collect/directory.hpp"
#include "collect/entities.hpp"
#include "collect/read_list.hpp"
#include "collect/set_aside.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;

/// Emits what a page tells, and has the directory know it.
Result<void> emit(const Services& services, Lane& lane, const streams::Bucket& page,
                  Entities& reading, std::vector<SetAside>& set_aside) {
  const auto made = lane.emitter().emit_entities(page, reading);
  if (!made) return made.error();
  services.directory.learn(made->entities);
  set_aside.insert(set_aside.end(), made->set_aside.begin(), made->set_aside.end());
  const std::int64_t documents = made->documents;
  services.status.update(lane.stream(), [&](StreamStatus& s) { s.documents += documents; });
  return success();
}

}  // namespace

asio::awaitable<Outcome<void>> read_entities(const Services& services, Lane& lane) {
  std::optional<Entities> reading;  // One time for all pages.
  std::vector<SetAside> set_aside;
  const TakePage take = [&](const ListPage& page) {
    if (!reading)
      reading.emplace(lane.fetcher().layout(), std::string(lane.stream()), services.directory,
                      page.date);
    return emit(services, lane, page.rows, *reading, set_aside);
  };
  const auto read = co_await read_list(services, lane, lane.fetcher(), take);
  if (!read) co_return read;
  if (auto told = emit(services, lane, reading->removed(), *reading, set_aside); !told)
    co_return told.error();
  tell_set_aside(services, lane.stream(), set_aside);
  co_return Outcome<void>();
}

}  // namespace anthropic_metrics
