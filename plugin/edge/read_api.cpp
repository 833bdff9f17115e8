// SPDX-License-Identifier: Apache-2.0
#include "edge/read_api.hpp"

#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "edge/calls.hpp"

namespace anthropic_metrics {
namespace {

/// Whole seconds only: buckets begin at no other times.
std::optional<Instant> instant(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  if (nanoseconds < 0 || nanoseconds % second != 0) return std::nullopt;
  return Instant(std::chrono::seconds(nanoseconds / second));
}

std::int64_t nanoseconds(Instant instant) {
  return std::chrono::nanoseconds(instant.time_since_epoch()).count();
}

beat_status BEAT_CALL on_request(beat_handle handle) {
  return with_instance(handle, [](Instance& instance) { return instance.read_on_request(); });
}

beat_status BEAT_CALL ask(beat_handle handle, const beat_read_args* args, char* err_buf,
                          size_t err_cap) {
  if (args == nullptr || args->struct_size < sizeof(beat_read_args) || !usable(args->stream) ||
      !usable(args->known) || (err_buf == nullptr && err_cap > 0))
    return BEAT_E_ARG;
  if ((args->flags & 0xffff0000u) != 0) return BEAT_E_UNSUPPORTED;
  const auto refuse = [&](std::string_view text) {
    put_error(text, err_buf, err_cap);
    return BEAT_E_ARG;
  };
  const bool known = (args->flags & BEAT_READ_KNOWN) != 0;
  const bool withdraw = (args->flags & BEAT_READ_WITHDRAW) != 0;
  if (known && withdraw)
    return refuse("KNOWN and WITHDRAW together say two things of one window; choose one");
  if (!known && !withdraw && args->known.len > 0)
    return refuse("rows come with KNOWN or WITHDRAW, and with nothing else");
  const auto from = instant(args->from_ns), to = instant(args->to_ns);
  if (!from || !to) return refuse("a window begins and ends at a whole second of 1970 or later");
  Reads::Wish wish;
  wish.stream = view(args->stream);
  wish.window = {*from, *to};
  wish.kind = known ? Asked::Kind::told : withdraw ? Asked::Kind::withdraw : Asked::Kind::read;
  wish.rows = view(args->known);
  return with_instance(handle, [&](Instance& instance) {
    std::string error;
    const beat_status status = instance.ask(wish, error);
    if (status != BEAT_OK) put_error(error, err_buf, err_cap);
    return status;
  });
}

beat_status BEAT_CALL progress(beat_handle handle, beat_read_progress* out) {
  if (out == nullptr || out->struct_size < sizeof(beat_read_progress)) return BEAT_E_ARG;
  return with_instance(handle, [&](Instance& instance) {
    Asked::Progress now;
    const beat_status status = instance.asked(now);
    if (status != BEAT_OK) return status;
    out->waiting = now.waiting;
    out->done = now.done;
    out->failed = now.failed;
    out->reached_ns = now.reached ? nanoseconds(*now.reached) : 0;
    return status;
  });
}

beat_status BEAT_CALL document_id(beat_handle handle, beat_span stream, beat_span json, char* buf,
                                  size_t cap, size_t* len) {
  if (!text_arguments(buf, cap, len) || !usable(stream) || !usable(json)) return BEAT_E_ARG;
  return with_instance<Opens::nothing>(handle, [&](Instance& instance) {
    std::string id;
    const beat_status status = instance.document_id(view(stream), view(json), id);
    return status == BEAT_OK ? put_text(id, buf, cap, len) : status;
  });
}

constexpr beat_read_api table{sizeof(beat_read_api), 0, on_request, ask, progress, document_id};

}  // namespace

const beat_read_api& read_api() noexcept {
  return table;
}

}  // namespace anthropic_metrics
