// SPDX-License-Identifier: Apache-2.0
// Readers of answers: a page of a report, a snapshot, the organization's identity.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "collect/requester.hpp"
#include "streams/fetcher.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics {

/// Takes whole buckets, in order.
class BucketSink {
 public:
  virtual ~BucketSink() = default;
  virtual boost::asio::awaitable<Result<void>> take(std::vector<streams::Bucket> buckets) = 0;
};

/// Hands on the buckets of a page as they are complete, checked against the window's sequence.
class PageReader final : public BodyReader {
 public:
  /// Both references are borrowed for the reader's life. Buckets are handed on as soon as they have
  /// `enough` rows together: each time costs a write to the disk. past_broken: as in Decoder.
  PageReader(const streams::Fetcher& fetcher, streams::BucketSequence sequence, BucketSink& sink,
             std::size_t enough = 0, bool past_broken = false)
      : fetcher_(fetcher),
        before_(sequence),
        sequence_(sequence),
        sink_(sink),
        enough_(enough),
        past_broken_(past_broken) {}

  void begin(Instant) override {
    held_.clear();
    held_rows_ = 0;
    decoder_ = fetcher_.decoder();
    if (past_broken_) decoder_->read_past_broken();
    sequence_ = before_;
    next_page_.clear();
    gap_ = false;
    lost_.reset();
  }

  boost::asio::awaitable<Result<void>> piece(std::string_view bytes) override {
    auto fed = decoder_->feed(bytes);
    // Buckets before the fault are whole; they count.
    std::vector<streams::Bucket> buckets = decoder_->take();
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      auto fits = sequence_.take(buckets[i]);
      if (fits) continue;
      buckets.resize(i);
      fed = fits;
      gap_ = true;
      break;
    }
    for (streams::Bucket& bucket : buckets) {
      held_rows_ += bucket.rows.size();
      held_.push_back(std::move(bucket));
    }
    if (!held_.empty() && held_rows_ >= enough_) {
      auto emitted = co_await hand_on();
      if (!emitted) co_return emitted;
    }
    co_return fed;
  }

  Result<void> end() override {
    auto next = decoder_->finish();
    if (!next) return next.error();
    next_page_ = *next;
    return success();
  }

  /// What is left to hand on after the last piece, also of an answer that failed. An error if some
  /// of what came could not be handed on, now or before: then sequence() is further than it went.
  boost::asio::awaitable<Result<void>> hand_on() {
    if (lost_) co_return *lost_;
    held_rows_ = 0;
    if (held_.empty()) co_return success();
    lost_ = Error{Errc::internal, "what was read was not handed on"};  // Also if it throws.
    auto taken = co_await sink_.take(std::exchange(held_, {}));
    if (taken)
      lost_.reset();
    else
      lost_ = taken.error();
    co_return taken;
  }

  const streams::BucketSequence& sequence() const { return sequence_; }
  const std::string& next_page() const { return next_page_; }
  /// True if buckets were missing, repeated or out of order.
  bool gap() const { return gap_; }
  /// True if rows were no JSON.
  bool met_broken() const { return decoder_ && decoder_->met_broken(); }

 private:
  const streams::Fetcher& fetcher_;
  streams::BucketSequence before_, sequence_;
  BucketSink& sink_;
  const std::size_t enough_;
  const bool past_broken_;
  std::vector<streams::Bucket> held_;
  std::size_t held_rows_ = 0;
  std::optional<Error> lost_{};
  std::unique_ptr<streams::Decoder> decoder_;
  std::string next_page_;
  bool gap_ = false;
};

/// Keeps the rows until the answer is known to be whole.
class SnapshotReader final : public BodyReader {
 public:
  explicit SnapshotReader(const streams::Fetcher& fetcher) : fetcher_(fetcher) {}

  void begin(Instant date) override {
    date_ = date;
    decoder_ = fetcher_.decoder();
    rows_ = {};
  }
  boost::asio::awaitable<Result<void>> piece(std::string_view bytes) override {
    co_return decoder_->feed(bytes);
  }
  Result<void> end() override {
    auto next = decoder_->finish();
    if (!next) return next.error();
    next_page_ = *next;
    auto buckets = decoder_->take();
    if (!buckets.empty()) rows_ = std::move(buckets.front());
    return success();
  }

  Instant date() const { return date_; }
  const streams::Bucket& rows() const { return rows_; }
  const std::string& next_page() const { return next_page_; }

 private:
  const streams::Fetcher& fetcher_;
  std::unique_ptr<streams::Decoder> decoder_;
  Instant date_{};
  streams::Bucket rows_;
  std::string next_page_;
};

/// GET /v1/organizations/me: {"id": ..., "name": ..., "type": "organization"}.
class IdentityReader final : public BodyReader {
 public:
  void begin(Instant) override {
    body_.clear();
    mark_ = {};
  }
  boost::asio::awaitable<Result<void>> piece(std::string_view bytes) override;
  Result<void> end() override;
  const std::string& id() const { return id_; }

 private:
  WithoutMark mark_;
  std::string body_;
  std::string id_;
};

}  // namespace anthropic_metrics
