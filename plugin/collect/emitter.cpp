// SPDX-License-Identifier: Apache-2.0
#include "collect/emitter.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace anthropic_metrics {
namespace {

/// So that a slice's rows and documents take a few megabytes, and a poll a few milliseconds.
constexpr std::size_t most_slice_rows = 2048;
/// Rows that are given their keys at once, in slices: it writes nothing.
constexpr std::size_t slices_of_keys = 8;

using streams::Row;

}  // namespace

DocumentWriter::Constants constants_of(const streams::Descriptor& stream,
                                       const streams::StreamSettings& settings,
                                       const std::string& organization_id) {
  DocumentWriter::Constants constants;
  constants.stream = stream.name;
  constants.category = stream.category;
  constants.dataset = settings.dataset_of(stream.name);
  constants.data_stream_namespace = settings.data_stream_namespace;
  constants.tags = settings.tags;
  constants.organization_id = organization_id;
  constants.snapshot = stream.snapshot();
  constants.keep_original = settings.preserve_original_event;
  constants.names_others = !stream.names.empty();
  return constants;
}

Emitter::Emitter(const streams::Descriptor& stream, const streams::StreamSettings& settings,
                 const streams::Layout& layout, const std::string& organization_id,
                 const ledger::Lane& lane, ledger::Ledger& ledger, Delivery& delivery,
                 std::size_t batch_documents, std::size_t batch_bytes, const Names* names)
    : layout_(layout),
      ledger_(ledger),
      delivery_(delivery),
      lane_(lane.id),
      batch_documents_(batch_documents),
      batch_bytes_(batch_bytes),
      slice_rows_(std::min(most_slice_rows, batch_documents)),
      stream_(stream.name),
      observed_(stream.observing()),
      writer_(layout, constants_of(stream, settings, organization_id), names),
      keys_(layout, {organization_id, settings.dataset_of(stream.name), lane.bucket_width,
                     lane.group_by, lane.personal}),
      sums_(layout) {}

void Emitter::write_set_aside(DocumentValues& values, const streams::OddRow& odd,
                              const RowKey& key) {
  const std::string id = document_id(key, 0);
  values.id = id;
  values.row = &odd.row;
  add(writer_.write_set_aside(values, odd.reason, odd.original), values, ValuePlaces::unknown_form,
      {});
}

bool Emitter::set_aside(const ledger::Reconciliation& reading, ledger::Part& part, Made& made) {
  const streams::Bucket& bucket = reading.bucket();
  const auto& before = part.odd_before;
  if (reading.odd().empty() && before.empty()) return false;
  SetAside& told = made.set_aside.emplace_back();
  told.bucket = bucket.start;
  told.end = bucket.end;
  told.rows = static_cast<std::int64_t>(reading.odd().size() + reading.more_odd());
  if (!reading.odd().empty()) told.reason = reading.odd().front().reason;

  DocumentValues values;
  values.timestamp = values.start = bucket.start;
  values.end = bucket.end;
  values.text = &bucket.rows.text();
  std::set<RowKey> now;
  for (const streams::OddRow& odd : reading.odd()) {
    const RowKey key = odd_key(odd);
    if (!now.insert(key).second) continue;  // The same text twice is one document.
    ledger::RecordRow& row = part.record.rows.emplace_back();
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
  const std::string_view line = writer_.write(values);
  add(line, values, writer_.form(), writer_.places());
}

void Emitter::add(std::string_view line, const DocumentValues& values, std::uint32_t form,
                  ValuePlaces::Places places) {
  const bool room = !batches_.empty() && batches_.back().documents.size() < batch_documents_ &&
                    batches_.back().ndjson.size() + line.size() + 1 <= batch_bytes_;
  if (!room) {
    batches_.emplace_back();
    batches_.back().stream = stream_;
    // Most batches are about as large as the one before.
    batches_.back().documents.reserve(usual_documents_);
    batches_.back().ndjson.reserve(usual_bytes_ + usual_bytes_ / 16);
    batches_.back().values.reserve(usual_documents_, usual_documents_ * places.size());
  }
  batches_.back().add(line, values.id, values.timestamp);
  batches_.back().values.add(form, places);
}

void Emitter::count_correction(const ledger::Change& change, Instant bucket_end, Instant now,
                               Made& made) const {
  ++made.corrections;
  for (std::size_t i = 0; i < layout_.counts.size(); ++i)
    made.correction_tokens += std::abs(change.counts[i]);
  if (layout_.money) {
    const std::string& text = change.amounts[0];
    const Decimal amount = Decimal::parse(text).value_or(Decimal());
    made.correction_amount =
        text.starts_with('-') ? made.correction_amount - amount : made.correction_amount + amount;
  }
  made.lateness.add(now - bucket_end, 1);
}

std::string_view Emitter::step_of(const ledger::Change& change, const ledger::RecordRow& row,
                                  const ledger::BucketRecord& record) {
  RowKeys::Measures by{change.counts.data()}, to{row.row.counts.data()};
  for (std::size_t which = 0; which < layout_.amounts(); ++which) {
    by.amounts[which] = change.amounts[which];
    to.amounts[which] = record.view(row.row.money(which));
  }
  return keys_.step(by, to);
}

void Emitter::begin(std::vector<streams::Bucket> buckets) {
  open_.reset();
  waiting_.clear();
  waiting_rows_ = 0;
  for (streams::Bucket& bucket : buckets) append(std::move(bucket));
}

void Emitter::append(streams::Bucket bucket) {
  if (!remembers_ && bucket.end <= emitted_to_) return;
  waiting_rows_ += bucket.rows.size();
  waiting_.push_back(std::move(bucket));
}

Result<Emitter::Made> Emitter::next(Instant now) {
  const ledger::Ledger::CommitSoon soon(ledger_);
  ledger::Commit commit;
  commit.lane = lane_;
  Made made;
  batches_.clear();
  for (std::size_t rows = 0; more() && rows < slice_rows_;) {
    if (!open_) {
      if (rows > 0 && rows + waiting_.front().rows.size() > slice_rows_) break;
      open_next();
    }
    auto done = do_part(commit, now, made);
    if (!done) {
      begin({});
      return done.error();
    }
    rows += *done;
  }
  if (commit.records.empty() && commit.erased.empty() && batches_.empty()) return made;
  commit.lateness = made.lateness;
  auto stored = store(std::move(commit), std::move(made));
  if (!stored) begin({});
  return stored;
}

void Emitter::open_next() {
  streams::Bucket bucket = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_rows_ -= bucket.rows.size();
  keys_.begin(bucket.start.time_since_epoch().count());
  const auto key_of = [this](const streams::PackedRows& rows, const Row& row) {
    return keys_.of(rows.text(), row);
  };
  open_.emplace(Open{ledger::Reconciliation(std::move(bucket), layout_, key_of)});
}

Result<std::size_t> Emitter::do_part(ledger::Commit& commit, Instant now, Made& made) {
  Open& open = *open_;
  if (!open.added_up) {
    open.added_up = open.reading.add_up(slices_of_keys * slice_rows_);
    return open.added_up ? 0 : slice_rows_;
  }
  auto known = read_record(open);
  if (!known) return known.error();
  ledger::Part part = open.reading.compare(std::move(*known));
  if (open.part + 1 >= open.known) open.reading.add_new(part, slice_rows_);
  const std::size_t rows = part.record.rows.size();
  const bool odd_changed = open.part == 0 && set_aside(open.reading, part, made);
  const streams::Bucket& bucket = open.reading.bucket();
  if (part.differs() || odd_changed) {
    write_changes(bucket, part, now, made);
    if (remembers_)
      commit.records.push_back(
          {bucket.start, ledger::pack(part.record, layout_), open.part, sum_of(part)});
  }
  ++open.part;
  if (open.part >= open.known && !open.reading.has_new()) close(commit);
  return rows;
}

void Emitter::close(ledger::Commit& commit) {
  const streams::Bucket& bucket = open_->reading.bucket();
  if (!remembers_) {
    if (open_->known > 0) commit.erased.push_back(bucket.start);
    emitted_to_ = bucket.end;
  }
  open_.reset();
}

Result<ledger::BucketRecord> Emitter::read_record(Open& open) {
  const Instant start = open.reading.bucket().start;
  if (open.part > 0 && open.part >= open.known) return ledger::BucketRecord{};
  auto record = ledger_.record(lane_, start, open.part);
  if (!record || open.part > 0 || record->rows.empty()) return record;
  const auto parts = ledger_.parts(lane_, start);
  if (!parts) return parts.error();
  open.known = *parts;
  return record;
}

ledger::DocumentSum Emitter::sum_of(const ledger::Part& part) const {
  ledger::DocumentSum sum;
  const ledger::BucketRecord& record = part.record;
  for (const ledger::Change& change : part.changes)
    sums_.add(sum, record, record.rows[change.row].row, change.counts.data(), change.amounts[0]);
  for (std::size_t i = 0; i < part.new_rows; ++i) {
    const Row& row = record.rows[part.first_new + i].row;
    sums_.add(sum, record, row, row.counts.data(), record.view(row.amount));
  }
  return sum;
}

void Emitter::write_changes(const streams::Bucket& bucket, const ledger::Part& part, Instant now,
                            Made& made) {
  const ledger::BucketRecord& record = part.record;
  std::array<char, document_id_size> id;
  DocumentValues values;
  values.id = {id.data(), id.size()};
  values.timestamp = values.start = bucket.start;
  values.end = bucket.end;
  values.text = &record.text;
  values.counts_present = ~0u;
  for (const ledger::Change& change : part.changes) {
    const ledger::RecordRow& row = record.rows[change.row];
    put_document_id(id, row.key, row.revision, step_of(change, row, record));
    values.row = &row.row;
    values.counts = layout_.gauges ? row.row.counts.data() : change.counts.data();
    values.revision = row.revision;
    values.total_counts = row.row.counts.data();
    for (std::size_t which = 0; which < layout_.amounts(); ++which) {
      values.amounts[which] = change.amounts[which];
      values.total_amounts[which] = record.view(row.row.money(which));
    }
    count_correction(change, bucket.end, now, made);
    write(values);
  }
  values.revision = 0;
  values.total_counts = nullptr;
  values.total_amounts = {};
  for (std::size_t i = 0; i < part.new_rows; ++i) {
    const ledger::RecordRow& row = record.rows[part.first_new + i];
    put_document_id(id, row.key, 0);
    values.row = &row.row;
    values.counts = row.row.counts.data();
    for (std::size_t which = 0; which < layout_.amounts(); ++which)
      values.amounts[which] = record.view(row.row.money(which));
    write(values);
  }
  made.documents += static_cast<std::int64_t>(part.changes.size() + part.new_rows);
}

RowKey Emitter::key_at_that_time(const std::string& text, const Row& row) {
  if (observed_) return keys_.of_observed(text, row);
  return row.partial ? keys_.of_partial(text, row) : keys_.of(text, row);
}

Result<Emitter::Made> Emitter::emit_snapshot(const streams::Bucket& page, Instant at,
                                             SnapshotIds& ids) {
  Made made;
  batches_.clear();
  keys_.begin(at.time_since_epoch().count());
  DocumentValues values;
  values.timestamp = at;
  values.text = &page.rows.text();
  for (const Row& row : page.rows) {
    const RowKey key = key_at_that_time(page.rows.text(), row);
    // Two entries that the API gives one identity are two documents all the same.
    const std::string id = document_id(key, ids[key]++);
    values.id = id;
    values.row = &row;
    values.counts = row.counts.data();
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

Result<Emitter::Made> Emitter::emit_entities(const streams::Bucket& page, Entities& reading) {
  Made made;
  batches_.clear();
  DocumentValues values;
  values.timestamp = reading.at();
  values.text = &page.rows.text();
  for (const Row& row : page.rows) {
    auto entity = reading.to_tell(page.rows.text(), row);
    if (!entity) continue;
    const std::string id = document_id(keys_.of_entity(*entity), 0);
    values.id = id;
    values.row = &row;
    values.counts = row.counts.data();
    values.counts_present = row.counts_present;
    write(values);
    ++made.documents;
    made.entities.push_back(std::move(*entity));
  }
  set_aside_entities(page, reading, made);
  if (batches_.empty()) return made;
  ledger::Commit commit;
  commit.entities = made.entities;
  auto stored = store(std::move(commit), std::move(made));
  if (!stored) odd_told_.clear();
  return stored;
}

void Emitter::set_aside_entities(const streams::Bucket& page, Entities& reading, Made& made) {
  if (page.odd.empty()) return;
  reading.met_odd();
  DocumentValues values;
  values.timestamp = reading.at();
  values.text = &page.rows.text();
  const auto rows = static_cast<std::int64_t>(page.odd.size() + page.more_odd);
  SetAside& told = made.set_aside.emplace_back(
      SetAside{reading.at(), reading.at(), rows, 0, page.odd.front().reason});
  keys_.begin(reading.day());
  for (const streams::OddRow& odd : page.odd) {
    const RowKey key = odd_key(odd);
    const auto [known, fresh] = odd_told_.try_emplace(key, reading.day());
    if (!fresh) continue;
    write_set_aside(values, odd, key);
    ++told.fresh;
    ++made.documents;
  }
  std::erase_if(odd_told_, [&](const auto& one) { return one.second != reading.day(); });
}

Result<Emitter::Made> Emitter::store(ledger::Commit commit, Made made) {
  if (auto stored = ledger_.commit(commit, batches_); !stored) return stored.error();
  for (Batch& batch : batches_) {
    usual_documents_ = batch.documents.size();
    usual_bytes_ = batch.ndjson.size();
    batch.values = {};
    // It may wait long, with many others.
    if (usual_bytes_ < batch.ndjson.capacity() / 2) batch.ndjson.shrink_to_fit();
    if (usual_documents_ < batch.documents.capacity() / 2) batch.documents.shrink_to_fit();
  }
  delivery_.add(std::exchange(batches_, {}));
  return made;
}

}  // namespace anthropic_metrics
