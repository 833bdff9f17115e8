// SPDX-License-Identifier: Apache-2.0
// A plugin's instance that reads windows of time on request and nothing else, without state: what
// the API says now, as documents. abi/beat_read.h is what it stands on.
#pragma once

#include <beat_plugin.h>
#include <beat_read.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "failure.hpp"
#include "log.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// The plugin's part for windows on request; null if it has none.
const beat_read_api* reading_of(const beat_plugin_api& plugin);

struct ReadingParts {
  const beat_plugin_api& plugin;
  const beat_read_api& read;
  Log& log;
  std::string input;                          // its id, for messages
  SecretText config;                          // without a state directory
  std::stop_token stop{};                     // ends a wait with a failure
  std::chrono::seconds longest_silence{120};  // while the plugin tells of an error
};

class Reading {
 public:
  // What parts refer to outlives it.
  static Result<std::unique_ptr<Reading>> make(ReadingParts parts);
  ~Reading();
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  // Waits until the API has said whose numbers these are, and what time it is there.
  Result<void> meet();
  // Times in seconds since 1970 UTC, on borders of buckets; known: NDJSON, see BEAT_READ_KNOWN;
  // it is told to an instance that has met its organization. Fails where the plugin refuses.
  Result<void> ask(const std::string& stream, std::int64_t from, std::int64_t to,
                   std::uint32_t flags = 0, std::string_view known = {});

  // The next batch of what was asked for, to be acknowledged before the next call; null: all of it
  // was read. Waits as long as it takes, and fails where the service refuses, or says nothing.
  Result<const beat_batch*> next();
  void acknowledge(const beat_batch& batch, const std::vector<std::uint32_t>& rejected = {});

  // End of the newest bucket that was read, seconds; 0: none was.
  std::int64_t reached() const;
  // As the plugin learned it from the API; empty before the first answer.
  std::string organization() const;
  // The server's clock; nothing before the first answer.
  std::optional<Instant> server_time() const;
  // What a document must be called by its content; empty if it is none of the stream.
  std::string document_id(const std::string& stream, std::string_view json) const;
  std::string status() const;

 private:
  explicit Reading(ReadingParts parts);
  Result<void> begin();
  Failure failed(std::string text) const;
  std::string last_error() const;
  // A text of the status; empty if there is none.
  std::string told(std::string_view key) const;
  beat_read_progress progress() const;
  // A failure if nothing can be expected any more.
  Result<void> judge(const beat_poll_result& result);
  // One poll. Without a batch a failure, or how long to wait before the next.
  Result<beat_poll_result> poll();
  void wait(std::uint64_t milliseconds) const;

  static void BEAT_CALL on_log(void* ctx, std::int32_t level, beat_span component, beat_span text);
  static std::int32_t BEAT_CALL on_log_level(void* ctx);

  const ReadingParts parts_;
  beat_host_api host_{};
  beat_handle handle_ = 0;
  std::uint64_t failed_before_ = 0;
  std::chrono::steady_clock::time_point heard_{};  // of a batch or a window last
};

}  // namespace anthropic_metrics::host
