// SPDX-License-Identifier: Apache-2.0
// The lanes of the ledger: which stretches of time it knows, and where their rows go.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ledger/ledger.hpp"
#include "ledger/schema.hpp"
#include "ledger/seconds.hpp"
#include "streams/stream_settings.hpp"

namespace anthropic_metrics::ledger {
namespace {

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

std::vector<std::string> split(std::string_view joined) {
  std::vector<std::string> names;
  while (!joined.empty()) {
    const auto comma = std::min(joined.find(','), joined.size());
    names.emplace_back(joined.substr(0, comma));
    joined.remove_prefix(std::min(comma + 1, joined.size()));
  }
  return names;
}

std::string namespace_note(const Lane& lane) {
  return fmt::format("lane {} namespace", lane.id);
}

/// Of lanes whose data set is another than the default.
std::string dataset_note(const Lane& lane) {
  return fmt::format("lane {} dataset", lane.id);
}

/// Of lanes whose rows are told apart by who a person is.
std::string personal_note(const Lane& lane) {
  return fmt::format("lane {} personal", lane.id);
}

}  // namespace

std::string Lane::data_stream() const {
  return fmt::format("metrics-{}-{}", dataset.empty() ? streams::default_dataset(stream) : dataset,
                     data_stream_namespace);
}

std::string Ledger::directory() {
  const std::lock_guard lock(mutex_);
  return database_.directory() ? database_.directory()->path() : std::string();
}

Result<std::vector<Lane>> Ledger::lanes(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(
      "SELECT id, bucket_width, group_by, origin, cursor, ended IS NOT NULL, ended, "
      "lane.seal=am_seal(id, stream, bucket_width, group_by, origin, cursor, ended), before, "
      "forgotten.seal=am_seal(forgotten.lane, before), "
      "space.value, space.seal=am_seal(space.name, space.value), "
      "dataset.value, dataset.seal=am_seal(dataset.name, dataset.value), "
      "persons.value, persons.seal=am_seal(persons.name, persons.value) "
      "FROM lane LEFT JOIN forgotten ON forgotten.lane=id "
      "LEFT JOIN meta AS space ON space.name='lane ' || id || ' namespace' "
      "LEFT JOIN meta AS dataset ON dataset.name='lane ' || id || ' dataset' "
      "LEFT JOIN meta AS persons ON persons.name='lane ' || id || ' personal' "
      "WHERE stream=?1 ORDER BY origin, id");
  if (!query) return query.error();
  query->bind(1, std::string_view(stream));
  std::vector<Lane> lanes;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return lanes;
    const bool forgot = !query->null(8);
    const bool named = !query->null(10);
    const bool moved = !query->null(12);
    const bool personal = !query->null(14);
    if (query->integer(7) == 0 || (forgot && query->integer(9) == 0) ||
        (named && query->integer(11) == 0) || (moved && query->integer(13) == 0) ||
        (personal && query->integer(15) == 0))
      return damaged(database_, fmt::format("lane {}", query->integer(0)));
    Lane& lane = lanes.emplace_back();
    lane.id = query->integer(0);
    lane.stream = stream;
    lane.bucket_width = query->text(1);
    lane.group_by = split(query->text(2));
    lane.origin = instant(query->integer(3));
    lane.cursor = instant(query->integer(4));
    if (query->integer(5) != 0) lane.end = instant(query->integer(6));
    if (forgot) lane.forgotten = instant(query->integer(8));
    if (named) lane.data_stream_namespace = query->text(10);
    lane.dataset = moved ? std::string(query->text(12)) : streams::default_dataset(stream);
    if (personal) lane.personal = query->text(14);
  }
}

Result<void> Ledger::add_lane(Lane& lane, std::int64_t ends) {
  const std::lock_guard lock(mutex_);
  const auto stored = database_.transaction([&]() -> Result<void> {
    auto insert = database_.prepare(
        "INSERT INTO lane(stream, bucket_width, group_by, origin, cursor) VALUES(?1,?2,?3,?4,?5)");
    if (!insert) return insert.error();
    const std::string group_by = join(lane.group_by);
    insert->bind(1, std::string_view(lane.stream))
        .bind(2, std::string_view(lane.bucket_width))
        .bind(3, std::string_view(group_by))
        .bind(4, seconds(lane.origin))
        .bind(5, seconds(lane.cursor));
    if (auto done = database_.run(*insert); !done) return done;
    lane.id = database_.last_insert_id();
    if (!lane.data_stream_namespace.empty())
      if (auto noted = write_note(namespace_note(lane), lane.data_stream_namespace); !noted)
        return noted;
    if (!lane.dataset.empty() && lane.dataset != streams::default_dataset(lane.stream))
      if (auto noted = write_note(dataset_note(lane), lane.dataset); !noted) return noted;
    if (!lane.personal.empty())
      if (auto noted = write_note(personal_note(lane), lane.personal); !noted) return noted;
    if (auto sealed = seal_lane(lane.id); !sealed || ends == 0) return sealed;
    auto end = database_.prepare("UPDATE lane SET ended=?1 WHERE id=?2");
    if (!end) return end.error();
    if (auto ended = database_.run(end->bind(1, seconds(lane.origin)).bind(2, ends)); !ended)
      return ended;
    return seal_lane(ends);
  });
  if (stored) begun_.insert(lane.id);
  return stored;
}

Result<void> Ledger::put_back(const Lane& lane) {
  const std::lock_guard lock(mutex_);
  return database_.transaction([&]() -> Result<void> {
    auto write =
        database_.prepare(lane.end ? "UPDATE lane SET origin=?1, cursor=?2, ended=?4 WHERE id=?3"
                                   : "UPDATE lane SET origin=?1, cursor=?2 WHERE id=?3");
    if (!write) return write.error();
    write->bind(1, seconds(lane.origin)).bind(2, seconds(lane.cursor)).bind(3, lane.id);
    if (lane.end) write->bind(4, seconds(*lane.end));
    if (auto done = database_.run(*write); !done) return done;
    auto known = database_.prepare("DELETE FROM forgotten WHERE lane=?1");
    if (!known) return known.error();
    if (auto done = database_.run(known->bind(1, lane.id)); !done) return done;
    if (lane.forgotten != Instant{}) {
      auto mark = database_.prepare(
          "INSERT INTO forgotten(lane, before, seal) VALUES(?1, ?2, am_seal(?1, ?2))");
      if (!mark) return mark.error();
      if (auto done = database_.run(mark->bind(1, lane.id).bind(2, seconds(lane.forgotten))); !done)
        return done;
    }
    return seal_lane(lane.id);
  });
}

Result<void> Ledger::note_namespace(const Lane& lane) {
  return set_note(namespace_note(lane), lane.data_stream_namespace);
}

}  // namespace anthropic_metrics::ledger
