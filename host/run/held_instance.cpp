// SPDX-License-Identifier: Apache-2.0
#include "run/held_instance.hpp"

#include <fmt/format.h>

#include <thread>

#include "proof/window_request.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::chrono::milliseconds look_every{100};

}  // namespace

Result<void> HeldInstance::hold() {
  const auto deadline = std::chrono::steady_clock::now() + longest_;
  instance_.hold();
  while (!instance_.is_held()) {
    if (stop_.stop_requested() || std::chrono::steady_clock::now() > deadline) {
      instance_.go_on();
      return failed(stop_.stop_requested()
                        ? "stopped before everything was repaired; run it again"
                        : "its documents are not delivered, so nothing can be repaired; see to "
                          "its output");
    }
    std::this_thread::sleep_for(look_every);
  }
  return {};
}

Result<bool> HeldInstance::ask(const std::string& stream, std::int64_t from, std::int64_t to,
                               const std::string* known) {
  WindowRequest window{stream, from, to};
  if (known != nullptr) {
    window.flags = BEAT_READ_KNOWN;
    window.known = *known;
  }
  std::string refusal;
  const beat_status status = host::ask(read_, instance_.handle(), window, refusal);
  if (status >= 0) return true;
  if (status == BEAT_E_ARG) return false;
  Failure failure = failed(refusal);
  failure.passes = status == BEAT_E_BUSY;
  return failure;
}

Result<std::optional<std::uint64_t>> HeldInstance::read_again(const std::string& stream,
                                                              std::int64_t from, std::int64_t to,
                                                              const std::string& known) {
  const std::uint64_t failed_before = progress().failed;
  const std::uint64_t written_before = instance_.written(stream);
  const auto asked = ask(stream, from, to, &known);
  instance_.go_on();
  if (!asked) return asked.error();
  if (!*asked) return std::optional<std::uint64_t>();
  if (auto read = wait_until_read(failed_before); !read) return read.error();
  return std::optional(instance_.written(stream) - written_before);
}

Result<bool> HeldInstance::read_newest(const std::string& stream, std::int64_t from,
                                       std::int64_t to) {
  const std::uint64_t failed_before = progress().failed;
  const auto asked = ask(stream, from, to, nullptr);
  if (!asked || !*asked) return asked;
  if (auto read = wait_until_read(failed_before); !read) return read.error();
  return true;
}

Result<void> HeldInstance::wait_until_read(std::uint64_t failed_before) {
  const auto deadline = std::chrono::steady_clock::now() + longest_;
  instance_.poll_now();
  while (true) {
    const beat_read_progress now = progress();
    if (now.failed > failed_before) return failed(instance_.last_error());
    if (now.waiting == 0 && instance_.delivered()) return {};
    if (stop_.stop_requested())
      return failed("stopped before everything was repaired; run it again");
    if (std::chrono::steady_clock::now() > deadline)
      return failed("the window is not read and delivered in time; see its log");
    std::this_thread::sleep_for(look_every);
  }
}

beat_read_progress HeldInstance::progress() const {
  return progress_of(read_, instance_.handle());
}

Failure HeldInstance::failed(const std::string& text) const {
  return {ExitCode::not_compared, {fmt::format("input '{}': {}", instance_.spec().id, text)}};
}

}  // namespace anthropic_metrics::host
