// SPDX-License-Identifier: Apache-2.0
#include "run/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& map, std::string_view key) {
  const auto* value = map.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

const json::object* object_in(const json::object& map, std::string_view key) {
  const auto* value = map.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

bool runs(const json::object& settings) {
  const auto* enabled = settings.if_contains("enabled");
  return enabled == nullptr || !enabled->is_bool() || enabled->get_bool();
}

}  // namespace

bool ask_for_history(json::object& config, const std::vector<StreamInfo>& streams,
                     const HistoryWish& wish) {
  json::object listed;
  const auto* given = object_in(config, "streams");
  if (given != nullptr) listed = *given;
  bool any = false;
  for (const StreamInfo& stream : streams) {
    json::object settings;
    if (const auto* own = object_in(listed, stream.name)) settings = *own;
    const bool wanted = stream.history && (wish.stream.empty() || wish.stream == stream.name);
    if (wanted && runs(settings)) {
      any = true;
      settings["enabled"] = true;
      settings["backfill_from"] = wish.from;
    } else {
      settings = {{"enabled", false}};
    }
    listed[stream.name] = std::move(settings);
  }
  config["streams"] = std::move(listed);
  return any;
}

std::vector<StreamTarget> history_targets(const json::object& config,
                                          const std::vector<StreamTarget>& targets) {
  std::vector<StreamTarget> asked;
  const auto* listed = object_in(config, "streams");
  if (listed == nullptr) return asked;
  for (const StreamTarget& target : targets) {
    const auto* settings = object_in(*listed, target.name);
    if (settings != nullptr && runs(*settings) && settings->contains("backfill_from"))
      asked.push_back(target);
  }
  return asked;
}

bool HistoryState::collected() const {
  return !parts.empty() &&
         std::all_of(parts.begin(), parts.end(), [](const HistoryPart& part) { return part.done; });
}

bool HistoryState::refused() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const HistoryPart& part) { return part.refused; });
}

HistoryState history_state(std::string_view status_json) {
  HistoryState state;
  boost::system::error_code error;
  const json::value value =
      json::parse(json::string_view(status_json.data(), status_json.size()), error);
  const auto* status = error ? nullptr : value.if_object();
  if (status == nullptr) return state;
  if (const auto* delivery = object_in(*status, "delivery"))
    if (const auto* pending = delivery->if_contains("pending_documents"))
      state.pending_documents = pending->is_number() ? pending->to_number<std::uint64_t>(error) : 0;
  const auto* streams = object_in(*status, "streams");
  if (streams == nullptr) return state;
  for (const auto& member : *streams) {
    const auto* stream = member.value().if_object();
    if (stream == nullptr) continue;
    HistoryPart part;
    part.stream = std::string(member.key());
    part.refused = text_of(*stream, "health") == "failed";
    part.waits_for = text_of(*stream, "message");
    if (const auto* backfill = object_in(*stream, "backfill")) {
      part.from = text_of(*backfill, "from");
      part.reached = text_of(*backfill, "reached");
      if (const auto* done = backfill->if_contains("done"))
        part.done = done->is_bool() && done->get_bool();
      if (const auto* ends = backfill->if_contains("reaches_no_further"))
        part.ends = ends->is_bool() && ends->get_bool();
      if (const auto* share = backfill->if_contains("done_share"))
        part.share = share->is_number() ? share->to_number<double>(error) : 0;
      if (part.waits_for.empty()) part.waits_for = text_of(*backfill, "waits_for");
    }
    state.parts.push_back(std::move(part));
  }
  return state;
}

std::string to_text(const HistoryPart& part) {
  if (part.ends)
    return fmt::format("{}: history reaches no further back than {}, all of it is collected",
                       part.stream, part.reached);
  if (part.done)
    return fmt::format("{}: history back to {} is collected", part.stream, part.reached);
  std::string text =
      part.reached.empty()
          ? fmt::format("{}: not begun", part.stream)
          : fmt::format("{}: {} % collected, back to {}; shall reach {}", part.stream,
                        static_cast<int>(part.share * 100), part.reached, part.from);
  if (!part.waits_for.empty()) text += "; waits: " + part.waits_for;
  return text;
}

}  // namespace anthropic_metrics::host
