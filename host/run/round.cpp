// SPDX-License-Identifier: Apache-2.0
#include "run/round.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// Calls visit with every stream's part of a status.
template <typename Visit>
void each_stream(std::string_view status_json, Visit visit) {
  boost::system::error_code error;
  const json::value status =
      json::parse(json::string_view(status_json.data(), status_json.size()), error);
  const auto* whole = error ? nullptr : status.if_object();
  const auto* streams = whole == nullptr ? nullptr : whole->if_contains("streams");
  if (streams == nullptr || !streams->is_object()) return;
  for (const auto& member : streams->get_object()) {
    if (const auto* stream = member.value().if_object()) visit(*stream);
  }
}

bool is(const json::object& map, std::string_view key, std::string_view word) {
  const auto* value = map.if_contains(key);
  return value != nullptr && value->is_string() && value->get_string() == json::string_view(word);
}

bool has_error(const json::object& stream, std::string_view code) {
  const auto* error = stream.if_contains("error");
  const auto* told = error == nullptr ? nullptr : error->if_object();
  return told != nullptr && is(*told, "code", code);
}

// "configuration" without an answer that says so comes from this side of the wire.
bool is_local(const json::object& stream) {
  return has_error(stream, "configuration") &&
         !stream.at("error").as_object().contains("http_status");
}

}  // namespace

std::uint64_t progress_in(std::string_view status_json) {
  std::uint64_t progress = 0;
  each_stream(status_json, [&](const json::object& stream) {
    for (const char* counter : {"requests", "retries", "pages", "received_bytes", "documents"}) {
      const auto* value = stream.if_contains(counter);
      if (value != nullptr && value->is_int64())
        progress += static_cast<std::uint64_t>(value->get_int64());
    }
  });
  return progress;
}

bool Standstill::look(std::uint64_t progress, std::chrono::steady_clock::time_point now) {
  if (progress_ != progress) {
    progress_ = progress;
    since_ = now;
  }
  return now - since_ >= longest_;
}

bool all_done(std::string_view status_json) {
  bool any = false;
  bool all = true;
  each_stream(status_json, [&](const json::object& stream) {
    any = true;
    all = all && (is(stream, "health", "healthy") || has_error(stream, "not_offered"));
  });
  return any && all;
}

ExitCode end_of_refused(std::string_view status_json) {
  bool any = false;
  bool all_local = true;
  each_stream(status_json, [&](const json::object& stream) {
    if (!is(stream, "health", "failed")) return;
    any = true;
    all_local = all_local && is_local(stream);
  });
  return any && all_local ? ExitCode::configuration : ExitCode::refused;
}

}  // namespace anthropic_metrics::host
