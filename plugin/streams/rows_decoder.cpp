// SPDX-License-Identifier: Apache-2.0
#include "streams/rows_decoder.hpp"

#include <fmt/format.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/octets.hpp"
#include "base/time_text.hpp"
#include "streams/entry_scanner.hpp"
#include "streams/personal_original.hpp"
#include "streams/report.hpp"
#include "streams/row_merger.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics::streams {
namespace {

namespace json = boost::json;

/// Of one page: texts and originals together.
constexpr std::size_t most_page_bytes = std::size_t{256} << 20;

/// What every message about an entry begins with. Without its number, so that one entry is told in
/// one way however much was asked for.
constexpr const char* entry_path = "$.data[]";

Error fault(std::string message) {
  return {Errc::protocol, std::move(message)};
}

class RowsDecoder final : public Decoder, private EntryListener, private RowSink {
 public:
  RowsDecoder(const RowsEndpoint& endpoint, const Layout& layout, const Window& rest,
              std::size_t most_rows)
      : endpoint_(endpoint),
        layout_(layout),
        rest_(rest),
        width_(width_of(endpoint.bucket_width)),
        most_rows_(most_rows),
        scanner_(*this, endpoint.list) {}

  Result<void> feed(std::string_view piece) override { return scanner_.feed(mark_.rest_of(piece)); }
  void read_past_broken() override { past_broken_ = true; }
  bool met_broken() const override { return met_broken_; }
  std::vector<Bucket> take() override { return std::exchange(parts_, {}); }

  Result<std::string> finish() override {
    if (auto whole = scanner_.finish(); !whole) return whole.error();
    end_part();
    if (!has_more_.value_or(true)) return std::string{};
    if (has_more_ && next_page_.empty())
      return fault("$.next_page is missing although $.has_more is true");
    return next_page_;
  }

  Instant complete_to() const override {
    return endpoint_.watermark ? complete_to_ : Instant::max();
  }

 private:
  Result<void> on_member(std::string_view name, std::string_view text) override {
    boost::system::error_code ec;
    const json::value value = json::parse({text.data(), text.size()}, ec);
    if (ec)
      return fault(fmt::format("$.{} is not valid JSON: {}", excerpt(name, 60), ec.message()));
    if (value.is_null()) return success();
    if (name == "has_more") {
      if (!value.is_bool()) return fault("$.has_more expected true or false");
      has_more_ = value.get_bool();
    } else if (name == "next_page") {
      if (!value.is_string()) return fault("$.next_page expected a string");
      next_page_ = std::string(value.get_string());
    } else if (name == "data_refreshed_at" && endpoint_.watermark) {
      const auto time = value.is_string() ? parse_rfc3339(value.get_string()) : std::nullopt;
      if (!time)
        return fault(fmt::format("$.data_refreshed_at expected an RFC 3339 time or null, found {}",
                                 cut_text(json::serialize(value), 64)));
      complete_to_ = *time;
    }
    return success();
  }

  Result<void> on_entry(std::string_view text, bool whole) override {
    ++entries_;
    written_ = text;
    if (!whole) {
      lose(fmt::format("{} is longer than {} bytes", entry_path, EntryScanner::most_entry_bytes));
      return success();
    }
    boost::system::error_code ec;
    unsigned char room[16 * 1024];
    json::monotonic_resource memory(room);
    const json::value value = json::parse({text.data(), text.size()}, ec, &memory);
    if (ec) {
      met_broken_ = true;
      if (!past_broken_)
        return fault(fmt::format("$.data[{}] is not valid JSON: {}", entries_ - 1, ec.message()));
      lose(fmt::format("{} is not valid JSON: {}", entry_path, ec.message()));
      return success();
    }
    if (!value.is_object()) {
      lose(fmt::format("{} expected an object", entry_path));
      return success();
    }
    if (endpoint_.dated) {
      const auto bucket = bucket_of(value.get_object());
      if (!bucket) return success();
      if (auto fits = move_to(*bucket); !fits) return fits;
    }
    open_part();
    scratch_ = {};
    ListEntry entry(value, text, entry_path, layout_, scratch_);
    endpoint_.reader(entry, *this);
    if (rows_ + part_.rows.size() > most_rows_ || part_.rows.text().size() > most_page_bytes)
      return Error{Errc::too_much,
                   fmt::format("$.data has more rows than one page may bring ({}), although {} "
                               "entries are the most that is asked for",
                               most_rows_, endpoint_.most_entries)};
    return success();
  }

  /// The bucket that an entry says; nothing if it says none: then it is lost.
  std::optional<Window> bucket_of(const json::object& entry) {
    Window bucket;
    for (const auto& [name, time] :
         {std::pair{"starting_at", &bucket.start}, std::pair{"ending_at", &bucket.end}}) {
      const json::value* said = entry.if_contains(name);
      const auto read =
          said != nullptr && said->is_string() ? parse_rfc3339(said->get_string()) : std::nullopt;
      if (!read) {
        lose(fmt::format("{}.{} expected an RFC 3339 time", entry_path, name));
        return std::nullopt;
      }
      *time = *read;
    }
    if (bucket.end - bucket.start == width_ && align_down(bucket.start, width_) == bucket.start)
      return bucket;
    lose(fmt::format("{}.starting_at expected a bucket of {}, found {} to {}", entry_path,
                     endpoint_.bucket_width, format_rfc3339(bucket.start),
                     format_rfc3339(bucket.end)));
    return std::nullopt;
  }

  Result<void> move_to(const Window& bucket) {
    if (bucket.start < at() || bucket.start >= rest_.end)
      return fault(fmt::format(
          "$.data[{}] is of bucket {} where {} or later was due: out of order or not asked for",
          entries_ - 1, format_rfc3339(bucket.start), format_rfc3339(at())));
    if (open_ && part_.start == bucket.start) return success();
    end_part();
    next_ = bucket.start;
    return success();
  }

  Instant at() const { return open_ ? part_.start : next_; }

  void open_part() {
    if (open_) return;
    open_ = true;
    part_ = {};
    part_.start = next_;
    part_.end = next_ + width_;
    part_.rows = PackedRows(layout_.texts.size(), layout_.counts.size());
    merger_.begin(0);
  }

  void end_part() {
    if (!open_) return;
    open_ = false;
    merger_.end();
    rows_ += part_.rows.size();
    part_.rows.fit();
    next_ = part_.start;
    parts_.push_back(std::move(part_));
    part_ = {};
  }

  void add(ListEntry& entry) override {
    if (!entry.odd().empty()) return set_aside(entry);
    Row& row = entry.row();
    bool unusual = endpoint_.keep_original;
    for (std::size_t i = 0; i < layout_.counts.size(); ++i)
      unusual = unusual || static_cast<std::uint64_t>(row.counts[i]) >> 40 != 0;
    if (unusual)
      row.original =
          scratch_.keep(cut_text(shown_original(layout_, written_), most_original_bytes));
    PackedRows::References texts{};
    for (std::size_t i = 0; i < layout_.texts.size(); ++i)
      texts[i] = row.texts[i].state == Text::State::present
                     ? merger_.intern(part_.rows, i, entry.view(i))
                     : PackedRows::Reference{0};
    merger_.add(part_.rows, texts, row, scratch_.rows.text());
  }

  /// The row with its entry: it is known whose it is, unless that is what cannot be read.
  void set_aside(const ListEntry& entry) {
    OddRow odd;
    odd.reason = entry.odd();
    odd.identified = entry.identified();
    for (std::size_t i = 0; i < layout_.texts.size(); ++i)
      if (entry.has(i)) odd.row.texts[i] = part_.keep(entry.view(i));
    keep_odd(std::move(odd));
  }

  /// An entry that is of nobody knows which bucket.
  void lose(std::string reason) {
    open_part();
    part_.unsure = true;
    OddRow odd;
    odd.reason = std::move(reason);
    keep_odd(std::move(odd));
  }

  void keep_odd(OddRow odd) {
    if (part_.odd.size() == Bucket::most_odd_rows) {
      ++part_.more_odd;
      return;
    }
    odd.original = cut_text(shown_original(layout_, as_utf8(written_)), most_original_bytes);
    part_.odd.push_back(std::move(odd));
  }

  const RowsEndpoint& endpoint_;
  const Layout& layout_;
  const Window rest_;
  const std::chrono::seconds width_;
  const std::size_t most_rows_;
  WithoutMark mark_;
  EntryScanner scanner_;
  std::string_view written_;  ///< The entry that is being read.
  std::size_t entries_ = 0;
  std::size_t rows_ = 0;  ///< Of the parts that are over.
  bool past_broken_ = false, met_broken_ = false;

  std::optional<bool> has_more_;
  std::string next_page_;
  Instant complete_to_ = Instant::min();

  Instant next_ = rest_.start;  ///< Nothing may come before it.
  bool open_ = false;           ///< part_ is being filled.
  Bucket part_;
  Bucket scratch_;  ///< Of one entry: what its rows' places point into.
  RowMerger merger_;
  std::vector<Bucket> parts_;
};

class RowsFetcher final : public Fetcher {
 public:
  RowsFetcher(RowsEndpoint endpoint, Layout layout)
      : endpoint_(std::move(endpoint)), layout_(std::move(layout)) {}

  const Layout& layout() const override { return layout_; }
  Shape shape() const override { return Shape::rows; }
  std::chrono::seconds width() const override { return width_of(endpoint_.bucket_width); }
  std::int64_t most_buckets() const override { return endpoint_.most_buckets; }
  std::int64_t most_per_page() const override { return endpoint_.most_entries; }

  net::Request request(const Window& window, std::string_view page,
                       std::int64_t limit) const override {
    net::Query query(endpoint_.path);
    endpoint_.ask(query, window);
    query.add("limit",
              limit > 0 ? std::min(limit, endpoint_.most_entries) : endpoint_.most_entries);
    if (!page.empty()) query.add("page", page);
    net::Request request{query.target(), endpoint_.headers};
    request.withheld = withholds(layout_);
    return request;
  }

  std::unique_ptr<Decoder> decoder() const override {
    return decoder_of({Instant{}, Instant::max()});
  }
  std::unique_ptr<Decoder> decoder_of(const Window& rest) const override {
    return make_rows_decoder(endpoint_, layout_, rest);
  }

 private:
  const RowsEndpoint endpoint_;
  const Layout layout_;
};

}  // namespace

std::unique_ptr<Decoder> make_rows_decoder(const RowsEndpoint& endpoint, const Layout& layout,
                                           const Window& rest, std::size_t most_rows) {
  return std::make_unique<RowsDecoder>(endpoint, layout, rest, most_rows);
}

std::unique_ptr<Fetcher> make_rows_fetcher(RowsEndpoint endpoint, Layout layout) {
  return std::make_unique<RowsFetcher>(std::move(endpoint), std::move(layout));
}

}  // namespace anthropic_metrics::streams
