// SPDX-License-Identifier: Apache-2.0
#include "emitter.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace anthropic_metrics {
namespace {

/// Part of every row key. Changes when the meaning of a row does, so that old and new never mix.
constexpr std::int64_t row_schema_version = 1;

using streams::Row;
using streams::Text;

DocumentWriter::Constants constants_of(const streams::Descriptor& stream,
                                       const streams::StreamSettings& settings,
                                       const std::string& organization_id) {
  DocumentWriter::Constants constants;
  constants.stream = stream.name;
  constants.category = stream.category;
  constants.data_stream_namespace = settings.data_stream_namespace;
  constants.tags = settings.tags;
  constants.organization_id = organization_id;
  constants.snapshot = stream.snapshot();
  constants.keep_original = settings.preserve_original_event;
  return constants;
}

}  // namespace

Emitter::Emitter(const streams::Descriptor& stream, const streams::StreamSettings& settings,
                 const streams::Layout& layout, const std::string& organization_id,
                 ledger::Lane lane, ledger::Ledger& ledger, Delivery& delivery,
                 std::size_t batch_documents, std::size_t batch_bytes)
    : layout_(layout),
      ledger_(ledger),
      delivery_(delivery),
      lane_(std::move(lane)),
      batch_documents_(batch_documents),
      batch_bytes_(batch_bytes),
      stream_(stream.name),
      writer_(layout, constants_of(stream, settings, organization_id)) {
  key_.add(row_schema_version).add(organization_id).add("anthropic_metrics." + stream_);
  key_.add(lane_.bucket_width);
  for (const std::string& group : lane_.group_by) key_.add(group);
  key_prefix_ = key_.size();
}

RowKey Emitter::row_key(const std::string& text, const Row& row) const {
  key_.rewind(bucket_prefix_);
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) {
    if (!layout_.texts[i].identity) continue;
    const Text& place = row.texts[i];
    // Absent and null mean the same: the dimension's null member.
    if (place.state == Text::State::present)
      key_.add(std::string_view(text).substr(place.offset, place.size));
    else
      key_.add_null();
  }
  return key_.key();
}

/// What is left of an entry is another document than the whole of it, read in the same second.
/// Behind row_key() of the same row.
RowKey Emitter::partial_key(const std::string& text, const Row& row) const {
  key_.add("partial");
  for (const Text& place : row.texts)
    if (place.state == Text::State::present)
      key_.add(std::string_view(text).substr(place.offset, place.size));
  return key_.add(static_cast<std::int64_t>(row.counts_present)).key();
}

RowKey Emitter::odd_key(const streams::OddRow& odd) const {
  key_.rewind(bucket_prefix_);
  return key_.add("set aside").add(odd.reason).add(odd.original).key();
}

void Emitter::write_set_aside(DocumentValues& values, const streams::OddRow& odd,
                              const RowKey& key) {
  const std::string id = document_id(key, 0);
  values.id = id;
  values.row = &odd.row;
  add(writer_.write_set_aside(values, odd.reason, odd.original), values);
}

bool Emitter::set_aside(ledger::Reconciled& difference, const streams::Bucket& bucket, Made& made) {
  const auto& before = difference.odd_before;
  if (difference.odd.empty() && before.empty()) return false;
  SetAside& told = made.set_aside.emplace_back();
  told.bucket = bucket.start;
  told.end = bucket.end;
  told.rows = static_cast<std::int64_t>(difference.odd.size() + bucket.more_odd);
  if (!difference.odd.empty()) told.reason = difference.odd.front().reason;

  DocumentValues values;
  values.timestamp = values.start = bucket.start;
  values.end = bucket.end;
  values.text = &bucket.text;
  std::set<RowKey> now;
  for (const streams::OddRow& odd : difference.odd) {
    const RowKey key = odd_key(odd);
    if (!now.insert(key).second) continue;  // The same text twice is one document.
    ledger::RecordRow& row = difference.record.rows.emplace_back();
    row.key = key;
    row.set_aside = true;
    if (std::find(before.begin(), before.end(), key) != before.end()) continue;
    write_set_aside(values, odd, key);
    ++told.fresh;
    ++made.documents;
  }
  return told.fresh > 0 || now.size() != before.size();
}

void Emitter::write(const DocumentValues& values) {
  add(writer_.write(values), values);
}

void Emitter::add(std::string_view line, const DocumentValues& values) {
  const bool room = !batches_.empty() && batches_.back().documents.size() < batch_documents_ &&
                    batches_.back().ndjson.size() + line.size() + 1 <= batch_bytes_;
  if (!room) {
    batches_.emplace_back();
    batches_.back().stream = stream_;
    // Most batches are about as large as the one before.
    batches_.back().documents.reserve(usual_documents_);
    batches_.back().ndjson.reserve(usual_bytes_ + usual_bytes_ / 16);
  }
  batches_.back().add(line, values.id, values.timestamp);
}

void Emitter::count_correction(const ledger::Change& change, Instant bucket_end, Instant now,
                               Made& made) const {
  ++made.corrections;
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    made.correction_tokens += std::abs(change.counts[i]);
  if (layout_.money) {
    const Decimal amount = Decimal::parse(change.amount).value_or(Decimal());
    made.correction_amount = change.amount.starts_with('-') ? made.correction_amount - amount
                                                            : made.correction_amount + amount;
  }
  made.lateness.add(now - bucket_end, 1);
}

std::string_view Emitter::step_of(const ledger::Change& change, const ledger::RecordRow& row,
                                  const ledger::BucketRecord& record) {
  step_.rewind(0);
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    step_.add(change.counts[i]).add(row.row.counts[i]);
  if (layout_.money) step_.add(change.amount).add(record.view(row.row.amount));
  return step_.bytes();
}

Result<Emitter::Made> Emitter::emit(const std::vector<streams::Bucket>& buckets, Instant now) {
  ledger::Commit commit;
  commit.lane = lane_.id;
  Made made;
  batches_.clear();
  DocumentValues values;
  values.counts_present = ~0u;
  for (const streams::Bucket& bucket : buckets) {
    auto known = ledger_.record(lane_.id, bucket.start);
    if (!known) return known.error();
    key_.rewind(key_prefix_);
    key_.add(bucket.start.time_since_epoch().count());
    bucket_prefix_ = key_.size();
    auto difference = ledger::reconcile(std::move(*known), bucket, layout_,
                                        [&](const Row& row) { return row_key(bucket.text, row); });
    if (!difference) return difference.error();
    const bool odd_changed = set_aside(*difference, bucket, made);
    if (difference->changes.empty() && !odd_changed) continue;

    const ledger::BucketRecord& record = difference->record;
    for (const ledger::Change& change : difference->changes) {
      const ledger::RecordRow& row = record.rows[change.row];
      const std::string id =
          document_id(row.key, row.revision, row.revision == 0 ? "" : step_of(change, row, record));
      values.id = id;
      values.timestamp = values.start = bucket.start;
      values.end = bucket.end;
      values.text = &record.text;
      values.row = &row.row;
      values.counts = change.counts;
      values.amount = change.amount;
      values.revision = row.revision;
      if (row.revision > 0) {
        values.total_counts = row.row.counts;
        values.total_amount = record.view(row.row.amount);
        count_correction(change, bucket.end, now, made);
      }
      write(values);
      ++made.documents;
    }
    commit.records.push_back({bucket.start, ledger::pack(record, layout_)});
  }
  if (commit.records.empty()) return made;
  commit.lateness = made.lateness;
  return store(std::move(commit), made);
}

Result<Emitter::Made> Emitter::emit_snapshot(const streams::Bucket& page, Instant at,
                                             SnapshotIds& ids) {
  Made made;
  batches_.clear();
  key_.rewind(key_prefix_);
  key_.add(at.time_since_epoch().count());
  bucket_prefix_ = key_.size();
  DocumentValues values;
  values.timestamp = at;
  values.text = &page.text;
  for (const Row& row : page.rows) {
    RowKey key = row_key(page.text, row);
    if (row.partial) key = partial_key(page.text, row);
    // Two entries that the API gives one identity are two documents all the same.
    const std::string id = document_id(key, ids[key]++);
    values.id = id;
    values.row = &row;
    values.counts = row.counts;
    values.counts_present = row.counts_present;
    write(values);
    ++made.documents;
  }
  for (const streams::OddRow& odd : page.odd) {
    const RowKey key = odd_key(odd);
    if (ids[key]++ > 0) continue;
    write_set_aside(values, odd, key);
    ++made.documents;
  }
  if (!page.odd.empty()) {
    const auto rows = static_cast<std::int64_t>(page.odd.size() + page.more_odd);
    made.set_aside.push_back({at, at, rows, rows, page.odd.front().reason});
  }
  if (batches_.empty()) return made;
  return store({}, made);
}

Result<Emitter::Made> Emitter::store(ledger::Commit commit, Made made) {
  if (auto stored = ledger_.commit(commit, batches_); !stored) return stored.error();
  for (Batch& batch : batches_) {
    usual_documents_ = batch.documents.size();
    usual_bytes_ = batch.ndjson.size();
    // It may wait long, with many others.
    if (usual_bytes_ < batch.ndjson.capacity() / 2) batch.ndjson.shrink_to_fit();
    if (usual_documents_ < batch.documents.capacity() / 2) batch.documents.shrink_to_fit();
  }
  delivery_.add(std::exchange(batches_, {}));
  return made;
}

Result<void> Emitter::extend(Instant origin) {
  ledger::Commit commit;
  commit.lane = lane_.id;
  commit.origin = origin;
  std::vector<Batch> none;
  return ledger_.commit(commit, none);
}

Result<void> Emitter::advance(Instant boundary) {
  ledger::Commit commit;
  commit.lane = lane_.id;
  commit.cursor = boundary;
  std::vector<Batch> none;
  return ledger_.commit(commit, none);
}

}  // namespace anthropic_metrics
