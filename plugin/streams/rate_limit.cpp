// SPDX-License-Identifier: Apache-2.0
// rate_limit: the organization's configured limits, GET /v1/organizations/rate_limits. Every poll
// is the full current configuration, one document per group. Ceilings, not consumption. Normally
// one page; next_page is followed when it is there.
//
// API: https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-organization-rate-limits
#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "streams/list.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/rate_limits";

/// Places of a row. `identity` is in the id but not in the document: the group's own id where the
/// API gives one, else its type and position, because names and model lists change.
enum Column : std::size_t { identity, type, group_type, group_id, group_name, models, limits };

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "identity", .field = ""},
      {.name = "type", .field = "type", .identity = false},
      {.name = "group_type", .field = "group_type", .identity = false},
      {.name = "group_id", .field = "group_id", .identity = false},
      {.name = "group_name", .field = "group_name", .identity = false},
      {.name = "models", .field = "models", .json = true, .identity = false},
      {.name = "limits", .field = "limits", .json = true, .identity = false},
  };
  // A new name of the API stays in limits only: it never becomes a field by itself.
  for (const char* name :
       {"requests_per_minute", "input_tokens_per_minute", "input_tokens_per_minute_cache_aware",
        "output_tokens_per_minute", "enqueued_batch_requests", "fast_itpmca", "fast_otpm",
        "tokens_per_minute", "tokens_per_day", "tool_uses_per_second"})
    layout.counts.push_back({name, name, false});
  return layout;
}

/// One limit: into `out`, and into the count of its name if there is one.
void read_limit(ListEntry& entry, const json::value& value, std::string_view written,
                const std::string& place, JsonWriter& out) {
  const json::object* limit = value.if_object();
  if (limit == nullptr) return entry.odd(place, "expected an object");
  const json::value* kind = limit->if_contains("type");
  if (kind == nullptr || !kind->is_string()) return entry.odd(place + ".type", "expected a string");
  const json::value* number = limit->if_contains("value");
  if (number == nullptr || number->is_null()) return;  // No ceiling of that kind.
  const auto count = entry.whole(*number, json_member(written, "value"), place + ".value");
  if (!count) return;
  out.open('{');
  out.key("type");
  out.string(kind->get_string());
  out.key("value");
  out.literal(std::to_string(*count));
  out.close('}');
  const auto& counts = entry.layout().counts;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c].path != std::string_view(kind->get_string())) continue;
    entry.row().counts[c] = *count;
    entry.row().counts_present |= 1u << c;
  }
}

void read_limits(ListEntry& entry) {
  const json::value* value = entry.object("").if_contains("limits");
  const json::array* list = value != nullptr ? value->if_array() : nullptr;
  if (list == nullptr) entry.odd(".limits", "expected an array");
  const auto written = json_elements(json_member(entry.written(), "limits"));
  JsonWriter out;
  out.open('[');
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
    read_limit(entry, (*list)[i], i < written.size() ? written[i] : "",
               fmt::format(".limits[{}]", i), out);
  out.close(']');
  entry.keep(limits, out.text());
}

/// What is odd in an entry's limits is left out and told; what is odd in what names it makes it
/// unreadable, because nobody could say whose limits these are. unnamed: groups without an id so
/// far, by their type.
bool read(ListEntry& entry, std::map<std::string, int>& unnamed) {
  entry.object("group");  // If it is odd, that is the first thing to tell.
  entry.text(type, "type");
  entry.text(group_id, "group.id");
  entry.text(group_name, "group.display_name");
  entry.text(identity, "id");
  entry.text(group_type, "group_type");
  if (!entry.has(group_type)) entry.text(group_type, "group.type");
  entry.strings(models, "models");
  if (!entry.odd().empty()) return false;
  read_limits(entry);

  if (entry.has(group_id)) entry.row().texts[identity] = entry.row().texts[group_id];
  if (!entry.has(identity)) {
    const std::string kind(entry.view(group_type));
    entry.keep(identity, fmt::format("{}#{}", kind, unnamed[kind]++));
  }
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings&, std::string_view api_version) {
  ListEndpoint list;
  list.path = endpoint;
  list.headers = {{"anthropic-version", std::string(api_version)}};
  list.entries = "rate limits";
  list.reader = [] {
    return [unnamed = std::map<std::string, int>{}](ListEntry& entry) mutable {
      return read(entry, unnamed);
    };
  };
  return make_list_fetcher(std::move(list), make_layout());
}

const Registration registration({
    .name = "rate_limit",
    .title = "Rate limits",
    .description = "The organization's configured limits, one document per group and poll.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
