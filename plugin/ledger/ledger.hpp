// SPDX-License-Identifier: Apache-2.0
// The durable memory of an instance: what was emitted (ledger), what was handed out and not yet
// acknowledged (outbox), how far each stream got (cursor). One transaction carries all three,
// before a batch is handed out: after a crash the same bytes go out again under the same ids.
//
// Damage is found, never added up: every row that sums depend on carries a checksum, which is
// compared, with the database's structure, when it is opened and when the row is read. A state that
// nobody touched since it was left in order opens at once; its rows are compared in quiet moments.
//
// Thread-safe: the poll thread commits while other threads acknowledge. Calls are short; none waits
// for the network.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ledger/batch.hpp"
#include "ledger/continuity.hpp"
#include "ledger/database.hpp"
#include "ledger/document_sum.hpp"
#include "ledger/entity.hpp"
#include "ledger/lateness.hpp"
#include "ledger/outbox.hpp"
#include "ledger/record.hpp"

namespace anthropic_metrics::ledger {

/// One stream read with one grain: the rows of different grains never add up with each other, so
/// each has its own stretch of time, [origin, end).
struct Lane {
  std::int64_t id = 0;
  std::string stream;
  std::string bucket_width;
  std::vector<std::string> group_by;
  /// The data stream that its rows go to, corrections too. Empty: not noted.
  std::string data_stream_namespace{};
  std::string dataset{};  ///< Likewise. Empty: the default of the stream.
  /// The personal_data of rows that are told apart by who a person is. Empty: these are not.
  std::string personal{};
  Instant origin{};              ///< Start of the first bucket it may emit.
  Instant cursor{};              ///< Every bucket before it has been emitted.
  std::optional<Instant> end{};  ///< Set when a newer grain took over from there.
  Instant forgotten{};           ///< Buckets before it are not known any more, nor read again.

  /// metrics-<dataset>-<namespace>
  std::string data_stream() const;
};

/// What a finished piece of an answer changes.
struct Commit {
  struct Record {
    Instant bucket{};
    std::string bytes;
    std::uint32_t part = 0;
    /// What the documents that make the record true add up to; nothing: nobody knows.
    std::optional<DocumentSum> added{};
  };
  std::int64_t lane = 0;
  std::vector<Record> records;
  std::optional<Instant> cursor;
  std::optional<Instant> origin;   ///< A backfill reached further back.
  Lateness lateness;               ///< Added to the lane's stream.
  std::vector<Entity> entities{};  ///< Things that stay, which the batches tell of.
  std::vector<Instant> erased{};   ///< Buckets of which nothing is known any more.
};

/// What somebody who can read the store says that it holds of [from, to) of a lane.
struct Told {
  std::int64_t lane = 0;
  Instant from{};
  Instant to{};
  std::vector<Commit::Record> records;  ///< All that is known of the window from now on.
  std::string note, note_text;          ///< Noted with it; no name: nothing is.
};

class Ledger {
 public:
  class CommitSoon;

  /// directory empty: in memory, nothing survives the instance. outputs: what the host's outputs
  /// remember of the state, if they do.
  static Result<std::unique_ptr<Ledger>> open(const std::string& directory,
                                              const std::optional<Seen>& outputs = {});

  bool durable() const noexcept { return database_.durable(); }
  /// Where it is, without links; empty: in memory.
  std::string directory();

  /// Which state this is, and the newest batch handed out of it; for outputs to remember.
  Seen seen();
  /// The sentence to say while this is an older copy of the state and nobody acknowledged it.
  std::optional<std::string> went_back();
  /// The sentence to say if the outputs hold documents of another state.
  std::optional<std::string> another_state();
  /// Success while the files are those that were opened, and nothing in them was found damaged by
  /// rest().
  Result<void> check();
  /// For a moment without work: writes the log into the database if that is worth it, looks
  /// through some more rows if opening did not look through all, and gives back memory.
  void rest();
  /// Before a batch is given away: the files must still be ours, and the lock remembers the batch.
  Result<void> handing_out(std::uint64_t batch);

  /// Binds the state to an organization, the first time; later ones must be the same.
  /// Errc::configuration with both ids otherwise: numbers of two organizations must not meet in one
  /// ledger.
  Result<void> bind_organization(const std::string& organization_id);
  /// The organization the state belongs to; empty if none yet.
  Result<std::string> organization();

  /// Every lane of a stream, oldest first.
  Result<std::vector<Lane>> lanes(const std::string& stream);
  /// Stores a new lane and gives it its id. ends: the lane that ends where it begins, 0 for none.
  Result<void> add_lane(Lane& lane, std::int64_t ends);
  /// Writes where a known lane begins, stands and ends, and what it forgot, forwards or back: for
  /// times that turned out to be wrong.
  Result<void> put_back(const Lane& lane);
  /// Writes the lane's namespace, the first time it is known.
  Result<void> note_namespace(const Lane& lane);

  /// A fact in a few words that outlives the instance; empty if it was never noted.
  Result<std::string> note(const std::string& name);
  /// text empty: forgets it.
  Result<void> set_note(const std::string& name, const std::string& text);

  /// How late buckets of a stream were found to change, over the state's whole life.
  Result<Lateness> lateness(const std::string& stream);

  /// The newest bucket that was emitted and begins before `before`. It may lie beyond the cursor: a
  /// page that was cut counts up to the cut.
  Result<std::optional<Instant>> newest_bucket(std::int64_t lane, Instant before = Instant::max());

  /// Starts of the buckets in [from, to) for which something was emitted, oldest first.
  Result<std::vector<Instant>> buckets(std::int64_t lane, Instant from, Instant to);
  /// Of days that are more than kept_days before the newest one, `added` is always lost.
  DayChanges changes(std::int64_t lane, Instant day);
  static constexpr std::chrono::days kept_days{100};

  /// What was emitted for a bucket; empty if nothing was. Of a bucket with many rows it is in
  /// parts, each of which says it of other rows.
  Result<BucketRecord> record(std::int64_t lane, Instant bucket, std::uint32_t part = 0);
  /// How many parts there are of a bucket that has any. Errc::state if one between them is missing.
  Result<std::uint32_t> parts(std::int64_t lane, Instant bucket);

  /// Replaces what is known of the window's buckets, in one transaction with batches that make it
  /// true, which get their ids. What differs from the API is found by the next reading.
  Result<void> tell(const Told& told, std::vector<Batch>& batches);

  /// Every thing that stays, as it was told last.
  Result<std::vector<Entity>> entities();

  /// Forgets what was emitted for buckets before `before`, which from now on must never be read
  /// again. Those before the lane's origin stay: a window of history may be half done.
  Result<void> forget(std::int64_t lane, Instant before);

  /// Writes records, cursor and batches in one transaction and gives the batches their ids. All or
  /// nothing.
  Result<void> commit(const Commit& commit, std::vector<Batch>& batches);

  /// Batches to hand out after a start, oldest first: those not acknowledged, and those handed over
  /// within the horizon to a host that cannot acknowledge.
  Result<std::vector<OutboxEntry>> outbox();
  Result<Batch> load(std::uint64_t batch);
  /// Replaces a batch by its parts, which get ids of their own.
  Result<void> replace(std::uint64_t batch, std::vector<Batch>& parts);
  /// Forgets a batch, on disk when it returns. One that is gone already is fine. If a commit comes
  /// soon, it waits for that and goes with it.
  Result<void> remove(std::uint64_t batch);
  /// Keeps a batch that was handed over at `at` to a host that cannot acknowledge, and forgets
  /// those handed over before `horizon`. outbox() still lists it, so a restart hands it out again.
  Result<void> keep_handed_over(std::uint64_t batch, Instant at, Instant horizon);

 private:
  explicit Ledger(Database database) : database_(std::move(database)), outbox_(database_) {}
  Result<void> seal_lane(std::int64_t lane);
  Result<std::string> read_note(const std::string& name);
  Result<void> write_note(const std::string& name, const std::string& text);
  Result<void> write_records(std::int64_t lane, const std::vector<Commit::Record>& records);
  /// Of what was to be written about a bucket. added: what documents came with it, if it is known.
  void count_change(std::int64_t lane, Instant bucket, const std::optional<DocumentSum>& added);
  Result<void> write_entities(const Commit& commit);
  Result<void> look_further();
  /// What `sql` says of the lane ?1, if it says anything.
  Result<std::optional<Instant>> time_of(std::int64_t lane, const char* sql);
  /// Those that start in [from, to).
  Result<void> erase_buckets(std::int64_t lane, Instant from, Instant to);
  Result<void> add_lateness(const Commit& commit);
  Result<void> write_commit(const Commit& commit, std::vector<Batch>& batches);
  void end_waiting(bool committed) noexcept;

  std::mutex mutex_;
  struct Removal {
    std::uint64_t batch = 0;
    bool done = false;
  };
  std::vector<Removal*> removals_;  ///< Of threads that wait for the commit that comes soon.
  bool commit_soon_ = false;
  std::uint64_t commits_awaited_ = 0;  ///< Until now, whatever became of them.
  std::condition_variable waited_;
  struct Written {
    std::uint64_t count = 0, lost = 0;   ///< As in DayChanges.
    std::unique_ptr<DocumentSum> added;  ///< Nothing: not kept any more, or never was.
  };
  std::map<std::pair<std::int64_t, Instant>, Written> written_;  ///< By lane and UTC day.
  Instant newest_day_ = Instant::min();                          ///< Of those.
  std::set<std::int64_t> begun_;                                 ///< Lanes of this run.
  Database database_;
  Statement read_record_, write_record_, read_part_, write_part_, count_parts_;
  Statement write_cursor_, seal_lane_, write_lateness_, write_entity_;
  Statement erase_buckets_, erase_parts_;
  Outbox outbox_;
  Continuity continuity_;
  /// What is not compared yet: all behind the bucket of this id; nothing once it is empty.
  std::optional<std::int64_t> unseen_from_;
  std::optional<Error> damage_;  ///< Found by that.
};

/// While it lives, or until the next commit, its thread works on that commit and waits for nobody:
/// batches that other threads remove meanwhile are removed by it. So both go to the disk together,
/// and no thread waits for the disk twice.
class Ledger::CommitSoon {
 public:
  explicit CommitSoon(Ledger& ledger);
  CommitSoon(const CommitSoon&) = delete;
  CommitSoon& operator=(const CommitSoon&) = delete;
  ~CommitSoon();

 private:
  Ledger& ledger_;
};

}  // namespace anthropic_metrics::ledger
