// SPDX-License-Identifier: Apache-2.0
// The things that stay, in the ledger.
#include <fmt/format.h>

#include "ledger/ledger.hpp"
#include "ledger/schema.hpp"

namespace anthropic_metrics::ledger {

Result<std::vector<Entity>> Ledger::entities() {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(
      "SELECT stream, id, content, day, changes, name, tags, state, "
      "seal=am_seal(stream, id, content, day, changes, name, tags, state) FROM entity "
      "ORDER BY stream, id");
  if (!query) return query.error();
  std::vector<Entity> found;
  for (;;) {
    auto row = database_.step(*query);
    if (!row) return row.error();
    if (!*row) return found;
    Entity& one = found.emplace_back();
    one.stream = query->text(0);
    one.id = query->text(1);
    if (query->integer(8) == 0) return damaged(database_, fmt::format("{} {}", one.stream, one.id));
    one.content = query->text(2);
    one.day = query->integer(3);
    one.changes = query->integer(4);
    one.name = query->text(5);
    one.tags = query->text(6);
    one.state = query->text(7);
  }
}

Result<void> Ledger::write_entities(const Commit& commit) {
  for (const Entity& one : commit.entities) {
    auto write = database_.cached(
        write_entity_,
        "INSERT OR REPLACE INTO entity(stream, id, content, day, changes, name, tags, state, seal) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,am_seal(?1,?2,?3,?4,?5,?6,?7,?8))");
    if (!write) return write.error();
    (*write)->bind(1, std::string_view(one.stream)).bind(2, std::string_view(one.id));
    (*write)->bind(3, std::string_view(one.content)).bind(4, one.day).bind(5, one.changes);
    (*write)->bind(6, std::string_view(one.name)).bind(7, std::string_view(one.tags));
    (*write)->bind(8, std::string_view(one.state));
    if (auto done = database_.run(**write); !done) return done;
  }
  return success();
}

}  // namespace anthropic_metrics::ledger
