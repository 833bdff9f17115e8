// SPDX-License-Identifier: Apache-2.0
#include "ledger/outbox.hpp"

#include <fmt/format.h>

#include "ledger/compact.hpp"
#include "ledger/schema.hpp"
#include "ledger/seconds.hpp"

namespace anthropic_metrics::ledger {
namespace {

/// Of each document with its newline.
std::vector<std::uint32_t> sizes_of(const Batch& batch) {
  std::vector<std::uint32_t> sizes;
  sizes.reserve(batch.documents.size());
  for (const Batch::Document& document : batch.documents) sizes.push_back(document.size + 1);
  return sizes;
}

}  // namespace

Result<void> Outbox::insert(std::vector<Batch>& batches) {
  auto write = database_.cached(insert_,
                                "INSERT INTO outbox(stream, documents, ndjson, places, size, seal) "
                                "VALUES(?1,?2,?3,?4,?5,am_seal(?1,?2,?3,?4,?5))");
  if (!write) return write.error();
  for (Batch& batch : batches) {
    const std::string places = pack_index(batch);
    const std::string ndjson = compact(batch.ndjson, sizes_of(batch), batch.values);
    (*write)
        ->bind(1, std::string_view(batch.stream))
        .bind(2, static_cast<std::int64_t>(batch.documents.size()))
        .bind_blob(3, ndjson)
        .bind_blob(4, places)
        .bind(5, static_cast<std::int64_t>(batch.ndjson.size()));
    if (auto done = database_.run(**write); !done) return done;
    batch.id = static_cast<std::uint64_t>(database_.last_insert_id());
  }
  return success();
}

Result<std::vector<OutboxEntry>> Outbox::list() {
  auto query = database_.prepare(
      "SELECT id, documents, coalesce(size, length(ndjson)), handed_over IS NOT NULL FROM outbox "
      "ORDER BY id");
  if (!query) return query.error();
  std::vector<OutboxEntry> entries;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return entries;
    entries.push_back({static_cast<std::uint64_t>(query->integer(0)),
                       static_cast<std::uint64_t>(query->integer(1)),
                       static_cast<std::uint64_t>(query->integer(2)), query->integer(3) != 0});
  }
}

Result<Batch> Outbox::load(std::uint64_t batch_id) {
  auto query = database_.cached(
      read_,
      "SELECT stream, ndjson, places, size, seal=CASE WHEN size IS NULL "
      "THEN am_seal(stream, documents, ndjson, places) "
      "ELSE am_seal(stream, documents, ndjson, places, size) END FROM outbox WHERE id=?1");
  if (!query) return query.error();
  (*query)->bind(1, static_cast<std::int64_t>(batch_id));
  auto row = database_.step(**query);
  if (!row) return row.error();
  if (!*row)
    return Error{Errc::state, fmt::format("batch {} is not in the outbox any more", batch_id)};
  Batch batch;
  batch.id = batch_id;
  batch.stream = (*query)->text(0);
  const std::string_view stored = (*query)->blob(1);
  bool sound = (*query)->integer(4) != 0;
  if ((*query)->null(3)) {  // As the first version of the state kept it.
    batch.ndjson = stored;
    sound = sound && unpack_index((*query)->blob(2), stored.size(), batch);
  } else {
    const auto size = static_cast<std::uint64_t>((*query)->integer(3));
    sound = sound && unpack_index((*query)->blob(2), size, batch);
    auto ndjson = sound ? expand(stored, sizes_of(batch)) : std::nullopt;
    sound = ndjson.has_value();
    if (sound) batch.ndjson = std::move(*ndjson);
  }
  if (!sound) return damaged(database_, fmt::format("batch {} of the outbox", batch_id));
  return batch;
}

Result<void> Outbox::replace(std::uint64_t batch, std::vector<Batch>& parts) {
  return database_.transaction([&]() -> Result<void> {
    auto erased = erase(batch);
    return erased ? insert(parts) : erased;
  });
}

Result<void> Outbox::erase(std::uint64_t batch) {
  auto statement = database_.cached(delete_, "DELETE FROM outbox WHERE id=?1");
  if (!statement) return statement.error();
  return database_.run((*statement)->bind(1, static_cast<std::int64_t>(batch)));
}

Result<void> Outbox::remove(std::uint64_t batch) {
  return database_.transaction([&] { return erase(batch); });
}

Result<void> Outbox::keep_handed_over(std::uint64_t batch, Instant at, Instant horizon) {
  return database_.transaction([&]() -> Result<void> {
    auto mark = database_.prepare("UPDATE outbox SET handed_over=?1 WHERE id=?2");
    if (!mark) return mark.error();
    if (auto done =
            database_.run(mark->bind(1, seconds(at)).bind(2, static_cast<std::int64_t>(batch)));
        !done)
      return done;
    auto purge = database_.prepare("DELETE FROM outbox WHERE handed_over < ?1");
    if (!purge) return purge.error();
    return database_.run(purge->bind(1, seconds(horizon)));
  });
}

}  // namespace anthropic_metrics::ledger
