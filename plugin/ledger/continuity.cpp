// SPDX-License-Identifier: Apache-2.0
#include "ledger/continuity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "base/write_signals.hpp"
#include "ledger/schema.hpp"

namespace anthropic_metrics::ledger {
namespace {

constexpr std::size_t most_text = 4096;

std::string notice_of(Database& database) {
  return database.directory()->path() + "/went-back.txt";
}

std::string new_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

/// The id in the database; empty if it has none.
Result<std::string> stored_id(Database& database) {
  auto query =
      database.prepare("SELECT value, seal=am_seal(name, value) FROM meta WHERE name='state'");
  if (!query) return query.error();
  auto row = database.step(*query);
  if (!row) return row.error();
  if (*row && query->integer(1) == 0) return damaged(database, "its id");
  return *row ? std::string(query->text(0)) : std::string();
}

Result<void> store_id(Database& database, const std::string& id) {
  return database.transaction([&]() -> Result<void> {
    auto insert = database.prepare(
        "INSERT INTO meta(name, value, seal) VALUES('state', ?1, am_seal('state', ?1))");
    if (!insert) return insert.error();
    return database.run(insert->bind(1, std::string_view(id)));
  });
}

Result<std::int64_t> number(Database& database, std::string_view sql) {
  auto query = database.prepare(sql);
  if (!query) return query.error();
  auto row = database.step(*query);
  if (!row) return row.error();
  return *row ? query->integer(0) : 0;
}

/// Numbers up to `batch` are never given again.
Result<void> go_on_behind(Database& database, std::uint64_t batch) {
  return database.transaction([&]() -> Result<void> {
    for (const char* sql :
         {"INSERT INTO sqlite_sequence(name, seq) SELECT 'outbox', 0 WHERE NOT EXISTS "
          "(SELECT 1 FROM sqlite_sequence WHERE name='outbox') AND ?1>=0",
          "UPDATE sqlite_sequence SET seq=max(seq, ?1) WHERE name='outbox'"}) {
      auto write = database.prepare(sql);
      if (!write) return write.error();
      if (auto done = database.run(write->bind(1, static_cast<std::int64_t>(batch))); !done)
        return done;
    }
    return success();
  });
}

Result<void> put_notice(const std::string& file, const std::string& text) {
  const WriteSignals quiet;
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written =
      descriptor >= 0 &&
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  const int code = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (written) return success();
  return Error{Errc::state,
               fmt::format("cannot write {}: {}; check the disk and the permissions of "
                           "the state directory",
                           file, std::strerror(code))};
}

std::optional<std::string> read_notice(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  std::string text(most_text, '\0');
  const auto got = ::read(descriptor, text.data(), text.size());
  ::close(descriptor);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? fmt::format("the state is older than what was made from it, says {}", file)
                      : text;
}

std::string sentence(const std::string& directory, const Seen& mine, const Seen& other,
                     std::string_view who, const std::string& notice) {
  const std::string fact =
      mine.state == other.state
          ? fmt::format(
                "is older than what was made from it: its newest batch is {}, {} saw batch "
                "{}",
                mine.batch, who, other.batch)
          : fmt::format(
                "is not the one that was here: it is {} with batch {}, {} saw {} with "
                "batch {}",
                mine.state, mine.batch, who, other.state, other.batch);
  return fmt::format(
      "the state in {} {}. A copy was put back, or the disk lost what it had confirmed. Rows that "
      "changed since that copy was made are counted twice or corrected wrongly: stop the host and "
      "run anthropic-metrics audit --repair, which says and, with --yes, writes what makes them "
      "right. To say that this is done or known, remove {}",
      directory, fact, notice);
}

}  // namespace

bool acknowledged(Database& database) {
  return ::access(notice_of(database).c_str(), F_OK) != 0 && errno == ENOENT;
}

Result<void> name_state(Database& database) {
  return store_id(database, new_id());
}

Result<Continuity> establish(Database& database, const std::optional<Seen>& outputs) {
  Continuity found;
  auto id = stored_id(database);
  if (!id) return id.error();
  auto newest = number(database, "SELECT seq FROM sqlite_sequence WHERE name='outbox'");
  if (!newest) return newest.error();
  auto lanes = number(database, "SELECT count(*) FROM lane");
  if (!lanes) return lanes.error();
  const bool named = !id->empty();
  const bool empty = *newest == 0 && *lanes == 0;
  const bool fresh = !named && empty;
  found.seen = {named ? *id : new_id(), static_cast<std::uint64_t>(*newest)};
  if (!database.durable()) return found;
  StateDirectory& directory = *database.directory();
  const std::string notice = notice_of(database);

  const auto compare = [&](const std::optional<Seen>& other, std::string_view who) {
    if (!other || found.went_back) return;
    const bool same = other->state == found.seen.state;
    if (same ? other->batch > found.seen.batch : !fresh)
      found.went_back = sentence(directory.path(), found.seen, *other, who, notice);
  };
  compare(directory.seen(), "the lock beside it");
  // Outputs of another state are no proof: whoever moved the directory away meant it.
  const bool foreign = outputs && outputs->state != found.seen.state;
  if (!foreign || !named) compare(outputs, "the host's output");
  if (foreign && !found.went_back)
    found.another = fmt::format(
        "the output holds documents of another state ({} up to batch {}), this one in {} ({}) "
        "knows nothing of them: rows are sent again under the same ids; "
        "if the state is on a volume, stop and mount it",
        outputs->state, outputs->batch, directory.path(), found.seen.state);

  if (found.went_back)
    if (auto put = put_notice(notice, *found.went_back + "\n"); !put) return put.error();
  std::uint64_t behind = found.seen.batch;
  for (const auto& other : {directory.seen(), outputs})
    if (other && (found.went_back || other->state == found.seen.state))
      behind = std::max(behind, other->batch);
  if (behind > found.seen.batch)
    if (auto moved = go_on_behind(database, behind); !moved) return moved.error();
  found.seen.batch = behind;
  if (!named)
    if (auto stored = store_id(database, found.seen.state); !stored) return stored.error();
  // A mark that the disk loses is made again at the next start, unless something was there to lose.
  if (auto told = directory.remember(found.seen, !empty || directory.marked()); !told)
    return told.error();
  if (!found.went_back) found.went_back = read_notice(notice);
  return found;
}

}  // namespace anthropic_metrics::ledger
