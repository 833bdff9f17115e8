// SPDX-License-Identifier: Apache-2.0
// The host's log: one ECS JSON object per line, or one readable line when a person watches. Secrets
// that were made known here, and anything that looks like an Anthropic key, never leave it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "log_stream.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

using anthropic_metrics::LogLevel;

std::string_view to_string(LogLevel level);
// error, warn, warning, info, debug, trace in any case; nothing for another word.
std::optional<LogLevel> log_level_from(std::string_view word);

// Replaces every known secret, and every text of the form sk-ant-..., by a mark.
std::string redact(std::string_view text, const std::vector<std::string_view>& secrets);

class Log {
 public:
  enum class Style { ecs_json, human };

  // fd is borrowed. A log must not stop the work: what nobody reads is kept up to a limit, then
  // dropped, counted, and told of as soon as somebody reads again.
  Log(int fd, Style style, LogLevel level = LogLevel::info);
  // From now on `input` is the id of a unit of an Elastic Agent, which looks for it under its own
  // name. Before the first thread.
  void speak_of_units() { units_ = true; }
  // To standard error: readable on a terminal, ECS JSON otherwise.
  static Style style_for(int fd);

  void set_level(LogLevel level) { level_ = level; }
  LogLevel level() const { return level_; }
  bool wants(LogLevel level) const { return level <= level_.load(); }

  // This text is replaced in every line as long as somebody holds what this returns: the log itself
  // keeps no secret alive. Equal secrets share one copy. Shorter than four characters is not a
  // secret, and null.
  [[nodiscard]] SecretText keep_secret(std::string_view secret);
  std::string redacted(std::string_view text) const;

  // logger: which part speaks. input: the id of the policy's input it speaks about, or empty.
  // write() does not look at the level: the caller decides, since an input may have its own.
  void write(LogLevel level, std::string_view logger, std::string_view input,
             std::string_view message);

  // Writes what is kept, and waits for a reader this long at most.
  void drain(std::chrono::milliseconds longest = std::chrono::milliseconds(0));
  bool has_pending() const;

  // A person watches, and not a file or a journal.
  bool is_watched() const { return style_ == Style::human; }
  // For whoever watches: a text below all lines, in place of the one before; empty: none. Nobody
  // else gets it, and it is left out while the reader does not keep up.
  void show(std::string_view text);
  // Columns of the terminal; 80 if it does not say.
  std::size_t columns() const;

  void error(std::string_view message) { at(LogLevel::error, message); }
  void warn(std::string_view message) { at(LogLevel::warn, message); }
  void info(std::string_view message) { at(LogLevel::info, message); }
  void debug(std::string_view message) { at(LogLevel::debug, message); }

 private:
  void at(LogLevel level, std::string_view message) {
    if (wants(level)) write(level, "host", {}, message);
  }

  const int fd_;
  const Style style_;
  bool units_ = false;
  std::atomic<LogLevel> level_;
  std::string line_of(LogLevel level, std::string_view logger, std::string_view input,
                      std::string_view message) const;
  bool tell_dropped();

  mutable std::mutex mutex_;
  LogStream stream_;           // guarded by mutex_
  std::string shown_;          // likewise; what stands below the lines
  std::uint64_t dropped_ = 0;  // likewise; lines since the last that was written
  std::vector<std::weak_ptr<const Secret>> secrets_;  // longest first
};

}  // namespace anthropic_metrics::host
