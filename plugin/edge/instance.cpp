// SPDX-License-Identifier: Apache-2.0
#include "edge/instance.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/octets.hpp"
#include "edge/guard.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t longest_id = 200;

std::uint32_t stream_index(std::string_view name) {
  const auto& all = streams::all();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
  return static_cast<std::uint32_t>(at - all.begin());
}

/// A batch in the ABI's structs. The bytes are the batch's own.
struct Shown {
  beat_batch batch{};
  std::vector<beat_doc> documents;
};

/// What the host gets to see of a batch, which owns it: both go at once, whoever acknowledges.
const beat_batch* show(Batch& batch) {
  auto shown = std::make_shared<Shown>();
  shown->documents.reserve(batch.documents.size());
  const std::uint32_t stream = stream_index(batch.stream);
  const char* json = batch.ndjson.data();
  for (const Batch::Document& document : batch.documents) {
    beat_doc doc{};
    doc.json = {json, document.size};
    doc.id = {document.id.data(), document.id.size()};
    doc.timestamp_ns = std::chrono::nanoseconds(document.timestamp.time_since_epoch()).count();
    doc.stream = stream;
    doc.operation = BEAT_OP_CREATE;
    shown->documents.push_back(doc);
    json += document.size + 1;
  }
  shown->batch.struct_size = sizeof(beat_batch);
  shown->batch.doc_stride = sizeof(beat_doc);
  shown->batch.id = batch.id;
  shown->batch.docs = shown->documents.data();
  shown->batch.doc_count = shown->documents.size();
  shown->batch.ndjson = {batch.ndjson.data(), batch.ndjson.size()};
  const beat_batch* seen = &shown->batch;
  batch.shown = std::move(shown);
  return seen;
}

/// Copies as much of the result as the host's header knows.
void give(const beat_poll_result& from, beat_poll_result& to) {
  const std::uint32_t size = std::min<std::uint32_t>(to.struct_size, sizeof from);
  const std::uint32_t host_size = to.struct_size;
  std::memcpy(&to, &from, size);
  to.struct_size = host_size;
}

}  // namespace

Instance::Instance(std::unique_ptr<Runtime> runtime, std::string_view id)
    : runtime_(std::move(runtime)) {
  runtime_->introduce(excerpt(id, longest_id));
}

void Instance::note_escape(std::string_view what) {
  if (const auto live = runtime()) live->note_escape(what);
}

std::shared_ptr<Runtime> Instance::runtime() const {
  const std::lock_guard lock(mutex_);
  return runtime_;
}

beat_status Instance::poll(const beat_poll_args& args, beat_poll_result& result) {
  std::shared_ptr<Runtime> runtime;
  {
    const std::lock_guard lock(mutex_);
    if (!runtime_) return BEAT_E_HANDLE;
    if (stopping_) {
      beat_poll_result stopping{};
      stopping.health = BEAT_HEALTH_STOPPING;
      give(stopping, result);
      return BEAT_E_CANCELLED;
    }
    if (inside_) return BEAT_E_BUSY;
    inside_ = true;
    runtime = runtime_;
  }
  // Leaves also when something throws.
  struct Leave {
    Instance& instance;
    std::shared_ptr<Runtime>& runtime;
    ~Leave() {
      runtime.reset();
      const std::lock_guard lock(instance.mutex_);
      instance.inside_ = false;
      instance.left_.notify_all();
    }
  } leave{*this, runtime};

  const Delivery::Limits limits{args.max_docs, static_cast<std::size_t>(args.max_bytes), {}};
  auto polled = runtime->poll(Milliseconds(args.budget_ms), limits);
  beat_poll_result out{};
  out.struct_size = sizeof out;
  out.health = static_cast<std::int32_t>(runtime->health());
  out.in_flight = static_cast<std::uint32_t>(runtime->in_flight());
  if (!polled) {
    give(out, result);
    return status_of(polled.error());
  }
  using Kind = Runtime::PollResult::Kind;
  if (polled->batch != nullptr) {
    try {
      out.batch = show(*polled->batch);
    } catch (...) {
      runtime->take_back(polled->batch->id);
      throw;
    }
  }
  if (polled->more) out.flags |= BEAT_POLL_MORE;
  out.next_poll_ms = static_cast<std::uint64_t>(polled->next_poll.count());
  give(out, result);
  switch (polled->kind) {
    case Kind::batch:
      return BEAT_OK;
    case Kind::idle:
      return BEAT_IDLE;
    case Kind::backpressure:
      return BEAT_BACKPRESSURE;
    case Kind::cancelled:
      return BEAT_E_CANCELLED;
  }
  return BEAT_IDLE;
}

beat_status Instance::ack(beat_batch_id batch, const beat_ack_args& args) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  auto documents = live->documents_of(batch);
  if (!documents) return status_of(documents.error());
  std::set<std::uint32_t> rejected;
  for (std::uint64_t i = 0; i < args.rejected_count; ++i) {
    if (*documents > 0 && args.rejected[i] >= *documents) return BEAT_E_ARG;
    rejected.insert(args.rejected[i]);
  }
  AckOutcome outcome = AckOutcome::durable;
  switch (args.outcome) {
    case BEAT_ACK_DURABLE:
      break;
    case BEAT_ACK_RETRY:
      outcome = AckOutcome::retry;
      break;
    case BEAT_ACK_DROP:
      outcome = AckOutcome::drop;
      break;
    default:
      return BEAT_E_ARG;
  }
  auto done = live->acknowledge(batch, outcome, rejected.size());
  if (!done) return status_of(done.error());
  return BEAT_OK;
}

beat_status Instance::release(beat_batch_id batch) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  auto done = live->release(batch);
  if (!done) return status_of(done.error());
  return BEAT_OK;
}

beat_status Instance::cancel() {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  live->cancel();
  return BEAT_OK;
}

beat_status Instance::descriptor(int& number) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  number = live->descriptor();
  return BEAT_OK;
}

beat_status Instance::shutdown(Milliseconds budget) {
  const auto until = std::chrono::steady_clock::now() + budget;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (const auto live = runtime()) live->tell_stopping();
  std::shared_ptr<Runtime> ending;
  {
    std::unique_lock lock(mutex_);
    if (runtime_) runtime_->cancel();
    while (inside_)
      if (left_.wait_until(lock, until) == std::cv_status::timeout && inside_)
        return BEAT_E_TIMEOUT;
    if (!runtime_) return BEAT_OK;  // Another shutdown did it.
    inside_ = true;
    ending = runtime_;
  }
  const auto left =
      std::chrono::duration_cast<Milliseconds>(until - std::chrono::steady_clock::now());
  const bool settled = ending->settle(std::max(left, Milliseconds(0)));
  if (settled) {
    ending->tell_stopped();
    {
      const std::lock_guard lock(mutex_);
      runtime_.reset();
    }
    // An ack or status call of another thread may hold the runtime a moment longer.
    while (ending.use_count() > 1) std::this_thread::yield();
  }
  ending.reset();
  const std::lock_guard lock(mutex_);
  inside_ = false;
  left_.notify_all();
  return settled ? BEAT_OK : BEAT_E_TIMEOUT;
}

beat_status Instance::read_on_request() {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  auto done = live->read_on_request();
  return done ? BEAT_OK : status_of(done.error());
}

beat_status Instance::ask(const Reads::Wish& wish, std::string& error) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  auto done = live->reads().ask(wish);
  if (done) return BEAT_OK;
  error = std::move(done.error().message);
  return status_of(done.error());
}

beat_status Instance::asked(Asked::Progress& progress) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  progress = live->asked();
  return BEAT_OK;
}

beat_status Instance::document_id(std::string_view stream, std::string_view json, std::string& id) {
  const auto live = runtime();
  if (!live) return BEAT_E_HANDLE;
  auto named = live->reads().document_id(stream, json);
  if (!named) return status_of(named.error());
  id = std::move(*named);
  return BEAT_OK;
}

std::string Instance::status_json() const {
  const auto live = runtime();
  return live ? live->status_json() : R"({"health":"stopped"})";
}

std::string Instance::last_error() const {
  const auto live = runtime();
  return live ? live->last_error() : std::string();
}

}  // namespace anthropic_metrics
