// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "base/octets.hpp"
#include "base/printable.hpp"
#include "base/scrubber.hpp"
#include "base/timestamp.hpp"

namespace anthropic_metrics::host {
namespace {

// To the line's beginning, and nothing stands behind it.
constexpr std::string_view erase_line = "\r\x1b[K";

constexpr std::string_view mark = "[redacted]";
// A key that nobody declared, for instance one written into the wrong setting. The bare prefix,
// also with its kind as in "sk-ant-admin", is what help texts say and stays.
constexpr KeyShape undeclared{9, mark};

std::string now() {
  return timestamp(std::chrono::system_clock::now());
}

// unit: the input is a unit of an Elastic Agent, which takes the line's level as the unit's.
std::string ecs_line(LogLevel level, std::string_view logger, std::string_view input, bool unit,
                     std::string_view message) {
  boost::json::object line{{"@timestamp", now()},    {"log.level", to_string(level)},
                           {"log.logger", logger},   {"message", message},
                           {"ecs.version", "9.3.0"}, {"service.name", "anthropic-metrics"}};
  if (unit && !input.empty())
    line["unit.id"] = input;
  else if (!input.empty())
    line["labels"] = boost::json::object{{"input", input}};
  return boost::json::serialize(line) + '\n';
}

std::string human_line(LogLevel level, std::string_view logger, std::string_view input,
                       std::string_view message) {
  const std::string who = input.empty() ? std::string(logger) : fmt::format("{}/{}", input, logger);
  const std::string time = now().substr(11, 8);
  return fmt::format("{} {:<5} {}: {}\n", time, to_string(level), who, message);
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warn:
      return "warn";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
    case LogLevel::trace:
      return "trace";
  }
  return "info";
}

std::optional<LogLevel> log_level_from(std::string_view word) {
  const std::string lower = to_lower(word);
  if (lower == "warning") return LogLevel::warn;
  for (LogLevel level :
       {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug, LogLevel::trace}) {
    if (lower == to_string(level)) return level;
  }
  return std::nullopt;
}

std::string redact(std::string_view text, const std::vector<std::string_view>& secrets) {
  std::string result(text);
  for (const std::string_view secret : secrets) replace_all(result, secret, mark);
  return scrub_shapes(result, undeclared);
}

Log::Log(int fd, Style style, LogLevel level)
    : fd_(fd), style_(style), level_(level), stream_(fd) {}

Log::Style Log::style_for(int fd) {
  return isatty(fd) != 0 ? Style::human : Style::ecs_json;
}

SecretText Log::keep_secret(std::string_view secret) {
  if (secret.size() < 4) return nullptr;
  const std::lock_guard lock(mutex_);
  std::erase_if(secrets_, [](const auto& known) { return known.expired(); });
  // Longest first, so that a secret that contains another is replaced whole.
  auto place = secrets_.end();
  for (auto at = secrets_.begin(); at != secrets_.end(); ++at) {
    const SecretText known = at->lock();
    if (known == nullptr) continue;
    if (known->expose([&](std::string_view text) { return text == secret; })) return known;
    if (place == secrets_.end() && known->size() < secret.size()) place = at;
  }
  SecretText kept = secret_text(secret);
  secrets_.insert(place, kept);
  return kept;
}

std::string Log::redacted(std::string_view text) const {
  std::vector<SecretText> held;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& known : secrets_)
      if (SecretText secret = known.lock()) held.push_back(std::move(secret));
  }
  std::vector<std::string_view> secrets;
  for (const SecretText& secret : held)
    secret->expose([&](std::string_view known) { secrets.push_back(known); });
  return redact(text, secrets);
}

std::string Log::line_of(LogLevel level, std::string_view logger, std::string_view input,
                         std::string_view message) const {
  std::string clean(message);
  std::replace(clean.begin(), clean.end(), '\n', ' ');
  if (style_ == Style::ecs_json)
    return ecs_line(level, printable(logger), printable(input), units_, printable(clean));
  return human_line(level, printable(logger), printable(input), printable(clean));
}

// The mutex is held. False if the reader has not yet caught up: then what follows is dropped, too.
bool Log::tell_dropped() {
  if (dropped_ == 0) return true;
  stream_.flush();
  if (stream_.has_pending()) return false;
  const std::string text = fmt::format(
      "{} of the log {} dropped here: whoever reads it did not keep up",
      dropped_ == 1 ? "1 line" : fmt::format("{} lines", dropped_), dropped_ == 1 ? "was" : "were");
  if (!stream_.write(line_of(LogLevel::warn, "log", {}, text))) return false;
  dropped_ = 0;
  return true;
}

void Log::write(LogLevel level, std::string_view logger, std::string_view input,
                std::string_view message) {
  std::string line = line_of(level, logger, input, redacted(message));
  const std::lock_guard lock(mutex_);
  if (!shown_.empty()) line = std::string(erase_line) + line + shown_;
  if (!tell_dropped() || !stream_.write(line)) ++dropped_;
}

void Log::show(std::string_view text) {
  if (!is_watched()) return;
  const std::string clean = printable(redacted(text));
  const std::lock_guard lock(mutex_);
  if (clean == shown_ || stream_.has_pending()) return;
  if (stream_.write(std::string(erase_line) + clean)) shown_ = clean;
}

std::size_t Log::columns() const {
  winsize size{};
  return ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Log::drain(std::chrono::milliseconds longest) {
  const std::lock_guard lock(mutex_);
  stream_.drain(longest);
  tell_dropped();
}

bool Log::has_pending() const {
  const std::lock_guard lock(mutex_);
  return stream_.has_pending() || dropped_ > 0;
}

}  // namespace anthropic_metrics::host
