// SPDX-License-Identifier: Apache-2.0
// Writes one ECS document. Keys come out sorted; what is the same in every document of a stream is
// prepared once and what is the same in every document of a bucket once per bucket, so a document
// costs a few copies.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "ledger/names.hpp"
#include "ledger/row_names.hpp"
#include "ledger/value_places.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics {

/// What distinguishes one document from the next. All is borrowed.
struct DocumentValues {
  /// Of a document that has none.
  static constexpr std::array<std::int64_t, streams::Row::most_counts> no_counts{};

  std::string_view id;
  Instant timestamp{};
  Instant start{};  ///< Bucket; not written for snapshot streams.
  Instant end{};
  const std::string* text = nullptr;  ///< The block that row's places point into.
  const streams::Row* row = nullptr;  ///< texts and original are read from it.
  /// As many as the layout has; may be negative in a correction.
  const std::int64_t* counts = no_counts.data();
  std::uint32_t counts_present = 0;
  /// By Layout::sums; null: they are those of the counts.
  const std::int64_t* sums = nullptr;
  /// Canonical decimal texts, by Row::money().
  std::array<std::string_view, streams::Row::most_amounts> amounts{};
  std::uint32_t revision = 0;
  /// In a correction: the values now true for the row; null: those of counts.
  const std::int64_t* total_counts = nullptr;
  std::array<std::string_view, streams::Row::most_amounts> total_amounts{};
};

class DocumentWriter {
 public:
  struct Constants {
    std::string stream;    ///< "usage"
    std::string category;  ///< event.category
    std::string dataset;
    std::string data_stream_namespace;
    std::vector<std::string> tags;
    std::string organization_id;
    bool snapshot = false;
    bool keep_original = false;  ///< Adds the tag preserve_original_event too.
    /// It is the stream that says the names: its own documents have them already.
    bool names_others = false;
  };

  /// names: of the ids in its documents, and of the organization; borrowed, none if null.
  DocumentWriter(const streams::Layout& layout, const Constants& constants,
                 const Names* names = nullptr);

  /// One JSON object, without a newline. Valid until the next call.
  std::string_view write(const DocumentValues& values);
  /// Where the values stand in what write() wrote last, and of which form it is.
  std::uint32_t form() const { return form_; }
  ValuePlaces::Places places() const { return {places_.data(), places_size_}; }

  /// A row that was set aside: what could be read of its texts, why, and the row itself, but no
  /// measure. event.kind is pipeline_error, as of what a store could not process.
  std::string_view write_set_aside(const DocumentValues& values, std::string_view reason,
                                   std::string_view original);

 private:
  class Pen;
  enum class Kind {
    constant,
    text,
    text_null,
    bucket_start,
    bucket_end,
    count,
    sum,
    amount,
    amount_exact,
    revision,
    total,
    total_exact
  };
  struct Part {
    std::string field;  ///< Sorting key.
    Kind kind = Kind::constant;
    std::size_t index = 0;
    std::string key;  ///< "\"field\":"; of a constant with its value. Padded: copied as one piece.
    std::string value;  ///< For text_null: the JSON value.
    std::size_t key_size = 0;
    /// Where what differs begins; of a constant, in front of its comma: nothing differs.
    std::size_t value_at = 0;
  };

  void add(Kind kind, std::string field, std::size_t index = 0, std::string value = {});
  /// The end of documents, with the organization's name as it is now.
  void finish();
  /// Text of a document's beginning for these times.
  void begin(const DocumentValues& values);
  void write_part(Pen& pen, const Part& part, const DocumentValues& values) const;
  void write_total(Pen& pen, const DocumentValues& values) const;
  /// Whether there is money in the document, or was.
  bool has_amount(const DocumentValues& values, std::size_t which) const;
  std::size_t most_bytes(const DocumentValues& values) const;
  /// Of the document whose ends_ are noted.
  void note_places(std::size_t id_size, std::size_t size);

  streams::Layout layout_;
  std::vector<Part> parts_;        ///< Sorted by field.
  std::vector<Part> total_parts_;  ///< Of the total object, sorted.
  std::size_t begin_parts_ = 0;    ///< So many of the parts are the same in a bucket's documents.
  std::size_t fixed_bytes_ = 0;    ///< Most that a document takes beside its texts.
  std::string head_;               ///< From "anthropic" to its opening brace.
  std::string own_;                ///< The stream's name and its opening brace.
  std::string before_error_;       ///< From the closing brace of "anthropic" to ecs.
  std::string event_;              ///< From event to the id.
  std::string before_id_;          ///< Both.
  std::string after_id_;           ///< From the id to event.module.
  std::string after_original_;     ///< From event.type to the end.
  std::string after_set_aside_;    ///< The same of what was set aside.
  bool keep_original_;

  const Constants constants_;
  const Names* names_;
  std::uint64_t names_version_ = 0;
  RowNames row_names_;
  std::size_t begin_anthropic_ = 0;  ///< Where in begin_ the members of "anthropic" begin.
  std::string begin_;  ///< Everything up to the first value that differs within a bucket.
  Instant begin_timestamp_{}, begin_start_{}, begin_end_{};  ///< The times in it.
  std::string document_;
  /// What of a document ends where: fixed places of ends_, and behind them the parts.
  enum End {
    names_before,
    parts_begin,
    names_behind,
    id_end,
    original_begin,
    original_end,
    first_part
  };
  std::vector<const char*> ends_;
  std::vector<std::uint16_t> places_;  ///< Room for all that a document may have.
  std::size_t places_size_ = 0;
  std::uint32_t form_ = ValuePlaces::unknown_form, newest_form_ = ValuePlaces::unknown_form;
  std::uint64_t parts_written_ = 0;  ///< Of the last document; bit by part.
  bool begun_anew_ = true;           ///< What is the same in documents is not what it was.
};

}  // namespace anthropic_metrics
