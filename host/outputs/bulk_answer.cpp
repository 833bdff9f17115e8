// SPDX-License-Identifier: Apache-2.0
#include "outputs/bulk_answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/octets.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_reason = 500;

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Refusals with a status of the 400 class that say nothing about the document.
bool is_about_the_store(const BulkItem& item) {
  constexpr std::array<std::string_view, 5> types{"security_exception", "cluster_block_exception",
                                                  "index_not_found_exception",
                                                  "index_closed_exception", "validation_exception"};
  return std::find(types.begin(), types.end(), item.type) != types.end() ||
         (contains(item.reason, "pipeline with id") && contains(item.reason, "does not exist"));
}

BulkItem::Fate fate_of(const BulkItem& item, std::string_view failure_store) {
  using Fate = BulkItem::Fate;
  // It was put beside the data stream because a pipeline or the mapping refused it.
  if (failure_store == "used") return Fate::refused;
  if (item.status == 200 || item.status == 201) return Fate::created;
  if (item.status == 409) return Fate::exists;
  if (item.status == 401 || item.status == 403 || item.status == 404 || is_about_the_store(item))
    return Fate::blocked;
  if (item.status == 408 || item.status == 429 || item.status == 502 || item.status == 503 ||
      item.status == 504)
    return Fate::again;
  if (item.status >= 500) return Fate::broken;
  return Fate::refused;
}

std::optional<BulkItem> read_item(const json::value& value, std::string_view id) {
  const json::object* outer = value.if_object();
  const json::value* inner = outer == nullptr ? nullptr : outer->if_contains("create");
  const json::object* said = inner == nullptr ? nullptr : inner->if_object();
  if (said == nullptr) return std::nullopt;
  const json::value* status = said->if_contains("status");
  if (status == nullptr || !status->is_int64() || status->get_int64() < 100 ||
      status->get_int64() > 599)
    return std::nullopt;
  BulkItem item;
  item.status = static_cast<int>(status->get_int64());
  item.index = text_of(*said, "_index");
  const std::string_view failure_store = text_of(*said, "failure_store");
  // What went to the failure store has an id of its own there.
  if (failure_store != "used" && text_of(*said, "_id") != id) return std::nullopt;
  if (const json::value* error = said->if_contains("error"); error != nullptr) {
    if (const json::object* why = error->if_object()) {
      item.type = text_of(*why, "type");
      item.reason = text_of(*why, "reason");
      const json::value* cause = why->if_contains("caused_by");
      if (cause != nullptr && cause->is_object()) {
        const std::string_view deeper = text_of(cause->get_object(), "reason");
        if (!deeper.empty() && !contains(item.reason, deeper))
          item.reason.append(": ").append(deeper);
      }
    }
  } else if (failure_store == "used") {
    item.type = "failure_store";
    item.reason = "the store put it into its failure store (" + item.index + ")";
  }
  item.reason = excerpt(item.reason, longest_reason);
  item.fate = fate_of(item, failure_store);
  return item;
}

}  // namespace

std::optional<std::vector<BulkItem>> parse_bulk_answer(std::string_view body,
                                                       const std::vector<std::string_view>& ids) {
  boost::system::error_code failed;
  json::monotonic_resource memory;
  const json::value root = json::parse(body, failed, &memory);
  const json::object* answer = failed ? nullptr : root.if_object();
  const json::value* list = answer == nullptr ? nullptr : answer->if_contains("items");
  if (list == nullptr || !list->is_array() || list->get_array().size() != ids.size())
    return std::nullopt;
  std::vector<BulkItem> items;
  items.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto item = read_item(list->get_array()[i], ids[i]);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return items;
}

}  // namespace anthropic_metrics::host
