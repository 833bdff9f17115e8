// SPDX-License-Identifier: Apache-2.0
#include "proof/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <utility>

#include "base/time_text.hpp"
#include "json_access.hpp"
#include "plugin_failure.hpp"
#include "plugin_text.hpp"
#include "proof/window_request.hpp"
#include "wait_unless.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::uint32_t budget_ms = 500;

Failure stopped() {
  return {ExitCode::not_compared, {"stopped before everything was read; run it again"}};
}

}  // namespace

const beat_read_api* reading_of(const beat_plugin_api& plugin) {
  constexpr std::size_t needed = offsetof(beat_plugin_api, get_extension) + sizeof(void*);
  if (plugin.struct_size < needed || plugin.get_extension == nullptr) return nullptr;
  const auto* read = static_cast<const beat_read_api*>(plugin.get_extension(BEAT_READ_ID));
  const bool whole = read != nullptr && read->struct_size >= sizeof(beat_read_api);
  return whole ? read : nullptr;
}

Reading::Reading(ReadingParts parts) : parts_(std::move(parts)) {
  host_.struct_size = sizeof(host_);
  host_.abi_version = BEAT_ABI_VERSION;
  host_.ctx = this;
  host_.log = &Reading::on_log;
  host_.log_level = &Reading::on_log_level;
}

Result<std::unique_ptr<Reading>> Reading::make(ReadingParts parts) {
  std::unique_ptr<Reading> reading(new Reading(std::move(parts)));
  if (auto begun = reading->begin(); !begun) return begun.error();
  return reading;
}

Result<void> Reading::begin() {
  std::array<char, 16 * 1024> error{};
  beat_init_args args{};
  args.struct_size = sizeof(args);
  args.host = &host_;
  args.instance_id = span_of(parts_.input);
  args.err_buf = error.data();
  args.err_cap = error.size();
  const beat_status status = parts_.config->expose([&](std::string_view config) {
    args.config_json = span_of(config);
    return parts_.plugin.init(&args, &handle_);
  });
  error.back() = '\0';
  if (status < 0) {
    handle_ = 0;
    return plugin_failure(status, parts_.input, error.data(), parts_.log);
  }
  const beat_status taken = parts_.read.on_request(handle_);
  if (taken < 0) return failed(fmt::format("the plugin reads nothing on request ({})", taken));
  return {};
}

Reading::~Reading() {
  if (handle_ == 0) return;
  while (parts_.plugin.shutdown(handle_, 600) == BEAT_E_TIMEOUT) {
  }
}

Result<void> Reading::ask(const std::string& stream, std::int64_t from, std::int64_t to,
                          std::uint32_t flags, std::string_view known) {
  std::string refusal;
  const beat_status status =
      host::ask(parts_.read, handle_, {stream, from, to, flags, known}, refusal);
  heard_ = std::chrono::steady_clock::now();
  if (status >= 0) return {};
  return failed(refusal);
}

Result<void> Reading::meet() {
  heard_ = std::chrono::steady_clock::now();
  while (organization().empty() || !server_time()) {
    const auto result = poll();
    if (!result) return result.error();
    if (!organization().empty() && server_time()) return {};
    if (auto hopeful = judge(*result); !hopeful) return hopeful;
    wait(result->next_poll_ms);
  }
  return {};
}

Result<beat_poll_result> Reading::poll() {
  const std::stop_callback on_stop(parts_.stop, [this] { parts_.plugin.cancel(handle_); });
  if (parts_.stop.stop_requested()) return stopped();
  beat_poll_args args{};
  args.struct_size = sizeof(args);
  args.budget_ms = budget_ms;
  args.max_bytes = 1024 * 1024;
  beat_poll_result result{};
  result.struct_size = sizeof(result);
  const beat_status status = parts_.plugin.poll(handle_, &args, &result);
  if (status == BEAT_E_CANCELLED) return stopped();
  if (status < 0) return failed(last_error());
  return result;
}

Result<const beat_batch*> Reading::next() {
  while (true) {
    const auto result = poll();
    if (!result) return result.error();
    if (result->batch != nullptr) {
      heard_ = std::chrono::steady_clock::now();
      return result->batch;
    }
    const beat_read_progress now = progress();
    if (now.failed > failed_before_) {
      failed_before_ = now.failed;
      return failed(last_error());
    }
    if (now.waiting == 0) return nullptr;
    if (auto hopeful = judge(*result); !hopeful) return hopeful.error();
    if ((result->flags & BEAT_POLL_MORE) == 0U) wait(result->next_poll_ms);
  }
}

Result<void> Reading::judge(const beat_poll_result& result) {
  const std::string error = last_error();
  if (error.empty()) return {};
  const bool silent = std::chrono::steady_clock::now() - heard_ > parts_.longest_silence;
  if (result.health != BEAT_HEALTH_FAILED && !silent) return {};
  return failed(error);
}

void Reading::acknowledge(const beat_batch& batch, const std::vector<std::uint32_t>& rejected) {
  beat_ack_args args{};
  args.struct_size = sizeof(args);
  args.outcome = BEAT_ACK_DURABLE;
  args.rejected = rejected.data();
  args.rejected_count = rejected.size();
  parts_.plugin.ack(handle_, batch.id, &args);
}

void Reading::wait(std::uint64_t milliseconds) const {
  wait_unless(parts_.stop,
              std::chrono::milliseconds(std::clamp<std::uint64_t>(milliseconds, 1, 1000)));
}

beat_read_progress Reading::progress() const {
  return progress_of(parts_.read, handle_);
}

std::int64_t Reading::reached() const {
  return seconds_of_ns(progress().reached_ns);
}

std::string Reading::organization() const {
  return told("organization_id");
}

std::optional<Instant> Reading::server_time() const {
  return parse_rfc3339(told("server_time"));
}

std::string Reading::told(std::string_view key) const {
  boost::system::error_code error;
  const boost::json::value status = boost::json::parse(this->status(), error);
  return error || !status.is_object() ? std::string() : text_in(status.get_object(), key);
}

std::string Reading::document_id(const std::string& stream, std::string_view json) const {
  return text_of([&](char* buffer, std::size_t capacity, std::size_t* length) {
    return parts_.read.document_id(handle_, span_of(stream), span_of(json), buffer, capacity,
                                   length);
  });
}

std::string Reading::status() const {
  return text_of([&](char* buffer, std::size_t capacity, std::size_t* length) {
    return parts_.plugin.status_json(handle_, buffer, capacity, length);
  });
}

std::string Reading::last_error() const {
  return last_error_of(parts_.plugin, handle_);
}

Failure Reading::failed(std::string text) const {
  if (text.empty()) text = "the API could not be read, and the plugin gives no reason; see its log";
  return {ExitCode::not_compared,
          {parts_.log.redacted(fmt::format("input '{}': {}", parts_.input, text))}};
}

// What it does is the audit's to tell; what goes wrong is worth a line.
void BEAT_CALL Reading::on_log(void* ctx, std::int32_t level, beat_span component, beat_span text) {
  const auto& self = *static_cast<Reading*>(ctx);
  // While it is made: a state in memory is what is wanted here.
  if (self.handle_ == 0 && level > BEAT_LOG_ERROR) return;
  const auto known =
      static_cast<LogLevel>(std::clamp<std::int32_t>(level, BEAT_LOG_ERROR, BEAT_LOG_TRACE));
  if (known > static_cast<LogLevel>(on_log_level(ctx))) return;
  self.parts_.log.write(known, view(component), self.parts_.input, view(text));
}

std::int32_t BEAT_CALL Reading::on_log_level(void* ctx) {
  const LogLevel level = static_cast<const Reading*>(ctx)->parts_.log.level();
  return level == LogLevel::info ? BEAT_LOG_WARN : static_cast<std::int32_t>(level);
}

}  // namespace anthropic_metrics::host
