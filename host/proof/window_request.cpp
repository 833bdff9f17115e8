// SPDX-License-Identifier: Apache-2.0
#include "proof/window_request.hpp"

#include <fmt/format.h>

#include <array>

#include "plugin_text.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;

}  // namespace

beat_status ask(const beat_read_api& read, beat_handle instance, const WindowRequest& request,
                std::string& refusal) {
  std::array<char, 4 * 1024> error{};
  beat_read_args args{};
  args.struct_size = sizeof(args);
  args.flags = request.flags;
  args.stream = span_of(request.stream);
  args.from_ns = request.from * nanoseconds;
  args.to_ns = request.to * nanoseconds;
  args.known = span_of(request.known);
  const beat_status status = read.ask(instance, &args, error.data(), error.size());
  error.back() = '\0';
  if (status < 0)
    refusal = error[0] != '\0' ? std::string(error.data())
                               : fmt::format("{} cannot be read ({})", request.stream, status);
  return status;
}

beat_read_progress progress_of(const beat_read_api& read, beat_handle instance) {
  beat_read_progress progress{};
  progress.struct_size = sizeof(progress);
  read.progress(instance, &progress);
  return progress;
}

std::int64_t seconds_of_ns(std::int64_t time) {
  return time / nanoseconds;
}

}  // namespace anthropic_metrics::host
