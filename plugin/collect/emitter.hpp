// SPDX-License-Identifier: Apache-2.0
// From decoded buckets to stored batches: compares with the ledger, writes documents, commits both
// in one transaction. No network, no waiting.
//
// Many small buckets are one transaction, a huge one is many: each commits a part of the bucket's
// record with the documents of that part. So what the record says was emitted at every moment, and
// what comes after a crash amid a bucket is what was left of it.
//
// What is read on request of an instance that knows nothing is not remembered either: then each
// bucket is emitted once, and a record of it, if there is one, goes with that.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "collect/entities.hpp"
#include "ledger/batch.hpp"
#include "ledger/delivery.hpp"
#include "ledger/document.hpp"
#include "ledger/lateness.hpp"
#include "ledger/ledger.hpp"
#include "ledger/reconcile.hpp"
#include "ledger/row_keys.hpp"
#include "streams/fetcher.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {

/// Rows of one bucket that could not be read, now or when the bucket was read before.
struct SetAside {
  Instant bucket{};
  Instant end{};
  std::int64_t rows = 0;   ///< Now; 0: all can be read again.
  std::int64_t fresh = 0;  ///< Of them, those that were not known.
  std::string reason;      ///< Of the first.
};

/// What is the same in all documents of a stream.
DocumentWriter::Constants constants_of(const streams::Descriptor& stream,
                                       const streams::StreamSettings& settings,
                                       const std::string& organization_id);

class Emitter {
 public:
  /// How often each identity was met in one snapshot, over all of its pages.
  using SnapshotIds = std::map<RowKey, std::uint32_t>;

  struct Made {
    std::int64_t documents = 0;
    std::int64_t corrections = 0;
    std::int64_t correction_tokens = 0;  ///< Sum of corrected counters, without sign.
    Decimal correction_amount{};         ///< The same of money.
    Lateness lateness{};
    std::vector<ledger::Entity> entities{};
    std::vector<SetAside> set_aside;  ///< Buckets with such rows, or that had some before.
  };

  /// Borrowed but for lane, of which id and grain are kept: all outlive the emitter. lane.id is 0
  /// for a snapshot stream, which has no ledger. names: for its documents, may be null.
  Emitter(const streams::Descriptor& stream, const streams::StreamSettings& settings,
          const streams::Layout& layout, const std::string& organization_id,
          const ledger::Lane& lane, ledger::Ledger& ledger, Delivery& delivery,
          std::size_t batch_documents, std::size_t batch_bytes, const Names* names = nullptr);

  /// From now on the ledger remembers nothing of what is emitted, and forgets what it knew of it.
  /// Buckets come in order; one that comes again, of a page that was asked for anew, is not emitted
  /// again.
  void remember_nothing() { remembers_ = false; }

  /// Begins to emit what differs from what was emitted for these buckets before. What was begun
  /// and not finished is dropped.
  void begin(std::vector<streams::Bucket> buckets);
  /// One bucket more, behind those.
  void append(streams::Bucket bucket);
  /// Whether next() has anything left to do.
  bool more() const { return open_.has_value() || !waiting_.empty(); }
  /// Whether there is enough for a slice that nothing more would fit into. A slice waits for the
  /// disk, and so does each of its batches, when it is written and when it is acknowledged: so a
  /// slice is one batch, and that is as large as it may be.
  bool full() const { return open_.has_value() || waiting_rows_ >= slice_rows_; }
  /// Does the next slice: some thousand rows and their batch, in one transaction; buckets that have
  /// room in it whole, or a part of a larger one. Nothing is stored if nothing differs. now: server
  /// time, for measuring how late the change is. Errc::state if the ledger could not be read or
  /// written: then nothing of the slice was emitted, and the rest is dropped.
  Result<Made> next(Instant now);

  /// Emits every row of a page of the snapshot taken at `at`. ids: the same object for all pages
  /// of a snapshot; entries that the API gives one identity, or none, get ids of their own by it.
  Result<Made> emit_snapshot(const streams::Bucket& page, Instant at, SnapshotIds& ids);
  /// Emits the rows of a page that `reading` wants told, and has the ledger remember them with
  /// that. What it remembers is Made::entities.
  Result<Made> emit_entities(const streams::Bucket& page, Entities& reading);

 private:
  /// Of a row of a snapshot.
  RowKey key_at_that_time(const std::string& text, const streams::Row& row);
  RowKey odd_key(const streams::OddRow& odd) { return keys_.of_odd(odd.reason, odd.original); }
  /// Writes what is new of the rows that are set aside; true if the ledger must learn of a change.
  bool set_aside(const ledger::Reconciliation& reading, ledger::Part& part, Made& made);
  /// Tells the odd entries of a page that were not told that day.
  void set_aside_entities(const streams::Bucket& page, Entities& reading, Made& made);
  void write_set_aside(DocumentValues& values, const streams::OddRow& odd, const RowKey& key);
  void count_correction(const ledger::Change& change, Instant bucket_end, Instant now,
                        Made& made) const;
  /// What a correction changes by and to, for its id. Valid until the next call.
  std::string_view step_of(const ledger::Change& change, const ledger::RecordRow& row,
                           const ledger::BucketRecord& record);
  /// The open bucket is emitted.
  void close(ledger::Commit& commit);
  /// A bucket of which some parts may be done.
  struct Open {
    ledger::Reconciliation reading;
    bool added_up = false;
    std::uint32_t part = 0;   ///< The next one.
    std::uint32_t known = 0;  ///< Parts that the ledger had.
  };
  void open_next();
  /// The next part of the open bucket, into `commit`; says how many rows that were.
  Result<std::size_t> do_part(ledger::Commit& commit, Instant now, Made& made);
  Result<ledger::BucketRecord> read_record(Open& open);
  /// What the documents of a part's changes add up to.
  ledger::DocumentSum sum_of(const ledger::Part& part) const;
  void write_changes(const streams::Bucket& bucket, const ledger::Part& part, Instant now,
                     Made& made);
  void write(const DocumentValues& values);
  /// places: as DocumentWriter says them of the line.
  void add(std::string_view line, const DocumentValues& values, std::uint32_t form,
           ValuePlaces::Places places);
  Result<Made> store(ledger::Commit commit, Made made);

  const streams::Layout& layout_;
  ledger::Ledger& ledger_;
  Delivery& delivery_;
  std::int64_t lane_;
  std::size_t batch_documents_, batch_bytes_;
  std::size_t slice_rows_;  ///< Of a new part of a record; a slice ends once it has as many.
  std::string stream_;
  bool observed_;  ///< Its rows are what the instance saw of itself.
  DocumentWriter writer_;
  RowKeys keys_;
  ledger::RowSums sums_;
  bool remembers_ = true;
  Instant emitted_to_ = Instant::min();  ///< If nothing is remembered: every bucket before it.
  std::deque<streams::Bucket> waiting_;
  std::size_t waiting_rows_ = 0;  ///< Of those.
  std::optional<Open> open_;
  std::vector<Batch> batches_;
  std::map<RowKey, std::int64_t> odd_told_;  ///< Odd entries, and the day they were told last.
  std::size_t usual_documents_ = 0, usual_bytes_ = 0;  ///< Of the batch before.
};

}  // namespace anthropic_metrics
