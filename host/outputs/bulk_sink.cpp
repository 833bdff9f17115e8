// SPDX-License-Identifier: Apache-2.0
#include "outputs/bulk_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <string_view>
#include <utility>

#include "store/engine.hpp"

namespace anthropic_metrics::host {
namespace {

// Batches that broke off, of as many instances as share an output. Beyond that they are forgotten,
// and whatever comes next is in doubt again.
constexpr std::size_t most_standings = 16;

// A process that was killed may have sent what an instance hands out first: the batch that was on
// its way, and those that broke off before. The plugin has 8 in flight unless it is told otherwise.
// The store may begin another index at any moment, also between a look and a write, and then
// refuses none of them; so they are looked for whatever its indices are.
constexpr std::uint32_t most_doubted = 32;

// The same documents in the same order: ids say what is in them.
std::string name_of(const beat_batch& batch) {
  const auto id = [&](std::uint64_t index) {
    const beat_span span = document(batch, index).id;
    return std::string(span.ptr, span.len);
  };
  return fmt::format("{}-{}-{}-{}", batch.id, batch.doc_count, id(0), id(batch.doc_count - 1));
}

// False if it was cut short.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

BulkSink::BulkSink(std::string output, StoreSettings store, BulkSettings settings, Log& log)
    : output_(std::move(output)),
      store_(std::move(store)),
      settings_(std::move(settings)),
      log_(log),
      streams_(output_, settings_.require_templates),
      dead_letters_(output_, settings_.dead_letter_path, settings_.dead_letter_max_kb * 1024),
      most_bytes_(settings_.bulk_max_bytes) {}

Result<std::unique_ptr<StoreClient>> BulkSink::take_client() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  auto made = StoreClient::make(store_, log_);
  if (made) return made;
  return store_failure(output_, made.error().lines.front(), true);
}

void BulkSink::give_back(std::unique_ptr<StoreClient> client) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
}

std::vector<Standing> BulkSink::former(const std::string& name, const beat_batch& batch,
                                       const std::vector<StreamTarget>& targets) {
  const std::lock_guard lock(mutex_);
  const auto found = standings_.extract(name);
  if (!found.empty()) return std::move(found.mapped());
  std::uint32_t& doubted = doubted_[&targets];
  const bool doubt = doubted < most_doubted;
  if (doubt) ++doubted;
  return std::vector<Standing>(batch.doc_count, Standing{.uncertain = doubt});
}

void BulkSink::keep(const std::string& batch, std::vector<Standing> standings) {
  const std::lock_guard lock(mutex_);
  if (standings_.size() >= most_standings) {
    standings_.clear();
    doubted_.clear();
  }
  standings_[batch] = std::move(standings);
}

Result<Written> BulkSink::write(const beat_batch& batch, const std::vector<StreamTarget>& targets,
                                const Writing& writing) {
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    if (document(batch, i).stream < targets.size()) continue;
    return store_failure(output_,
                         "the plugin sent a document of a stream that it does not describe; "
                         "install host and plugin of the same release",
                         true);
  }
  auto client = take_client();
  if (!client) return client.error();
  const std::string name = name_of(batch);
  const ShipmentParts parts{output_, settings_, streams_, most_bytes_,
                            [this](const std::function<void(SinkReport&)>& change) {
                              const std::lock_guard lock(mutex_);
                              change(report_);
                            }};
  Shipment shipment(parts, batch, targets, former(name, batch, targets));
  auto written = ship(shipment, **client, writing.stop);
  if (!written) keep(name, shipment.take_standings());
  give_back(std::move(*client));
  return written;
}

// A credential that may not ask is no reason to stop: what the store cannot do it refuses.
Result<void> BulkSink::expect_version(StoreClient& client, const std::stop_token& stop) {
  if (version_fits_) return {};
  const auto answer = client.ask({.target = "/"}, stop);
  if (!answer) return store_failure(output_, answer.error());
  const auto engine = engine_in(*answer);
  if (engine && engine->too_old())
    return store_failure(
        output_, fmt::format("{} is {}; {}", client.host(), engine->name, least_versions), true);
  version_fits_ = answer->fine() || answer->status == 403 || answer->status == 405;
  return {};
}

Result<Written> BulkSink::ship(Shipment& shipment, StoreClient& client,
                               const std::stop_token& stop) {
  auto wait = settings_.backoff_init;
  for (std::uint64_t retries = 0;; ++retries, wait = std::min(wait * 2, settings_.backoff_max)) {
    auto done = expect_version(client, stop);
    if (done) done = shipment.attempt(client, stop);
    if (done) break;
    const bool again = !done.error().lasting && retries < settings_.max_retries;
    const auto least =
        std::min<std::chrono::milliseconds>(shipment.asked_to_wait(), settings_.backoff_max);
    if (!again || !pause(std::max(wait, least), stop)) return done.error();
  }
  const auto letters = shipment.dead_letters();
  if (auto kept = dead_letters_.add(letters, std::chrono::system_clock::now()); !kept) {
    const auto& what = kept.error().lines;
    return store_failure(output_, fmt::format("{}; {}", what.front(), what.back()), true);
  }
  if (!letters.empty()) {
    const DeadLetter& first = letters.front();
    log_.error(fmt::format(
        "output '{}': {} {} refused for good, first {} ({} {}: {}); kept in {}, send them again "
        "with 'anthropic-metrics resend'",
        output_, letters.size(), letters.size() == 1 ? "document is" : "documents are", first.id,
        first.status, first.type, first.reason, dead_letters_.file().string()));
  }
  return Written{shipment.rejected()};
}

SinkReport BulkSink::report() const {
  SinkReport report;
  {
    const std::lock_guard lock(mutex_);
    report = report_;
  }
  report.dead_letters = dead_letters_.count();
  if (report.dead_letters > 0)
    report.remark = fmt::format(
        "{} {} the store refused for good {} in {}; see why, and run 'anthropic-metrics resend'",
        report.dead_letters, report.dead_letters == 1 ? "document that" : "documents that",
        report.dead_letters == 1 ? "lies" : "lie", dead_letters_.file().string());
  return report;
}

}  // namespace anthropic_metrics::host
