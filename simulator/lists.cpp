// SPDX-License-Identifier: Apache-2.0
#include "lists.hpp"

#include <algorithm>

#include "paging.hpp"

namespace anthropic_metrics::simulator {

Result<std::string> id_page(const std::vector<Item>& items, const Target& target) {
  const auto limit = parse_list_limit(target, 20);
  if (!limit) return limit.error();
  const auto after = target.find("after_id");
  const auto before = target.find("before_id");
  if (after && before) return invalid("before_id: Input should not be combined with after_id");
  auto position = [&](std::string_view id) {
    return static_cast<std::size_t>(
        std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.id == id; }) -
        items.begin());
  };
  std::size_t begin = 0;
  std::size_t end = 0;
  if (before) {
    end = position(*before);
    if (end == items.size()) return invalid("before_id: Input should be the id of an item");
    begin = end > *limit ? end - *limit : 0;
  } else {
    if (after) begin = position(*after) + 1;
    if (begin > items.size()) return invalid("after_id: Input should be the id of an item");
    end = std::min(items.size(), begin + *limit);
  }
  std::string body = "{\"data\":[";
  for (std::size_t i = begin; i < end; ++i) {
    if (i != begin) body += ',';
    body += items[i].text;
  }
  const bool more = before ? begin > 0 : end < items.size();
  body += more ? "],\"has_more\":true" : "],\"has_more\":false";
  body += ",\"first_id\":" + json_text(begin < end ? items[begin].id : "");
  body += ",\"last_id\":" + json_text(begin < end ? items[end - 1].id : "") + "}";
  return body;
}

Result<std::string> token_page(const std::vector<std::string>& texts, const Target& target,
                               std::size_t initial) {
  const auto limit = parse_list_limit(target, initial == 0 ? 1000 : initial);
  if (!limit) return limit.error();
  std::size_t begin = 0;
  if (const auto page = target.find("page")) {
    const auto offset = parse_list_token(*page, target.binding());
    if (!offset || *offset > texts.size())
      return invalid("page: Invalid page token, or the query changed since it was issued");
    begin = *offset;
  }
  const bool whole = initial == 0 && !target.find("limit");
  const std::size_t end = whole ? texts.size() : std::min(texts.size(), begin + *limit);
  std::string body = "{\"data\":[";
  for (std::size_t i = begin; i < end; ++i) {
    if (i != begin) body += ',';
    body += texts[i];
  }
  body += "],\"next_page\":";
  body += end < texts.size() ? json_text(make_list_token(end, target.binding())) : "null";
  body += '}';
  return body;
}

Result<bool> parse_flag(const Target& target, std::string_view name) {
  const auto text = target.find(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return invalid(std::string(name) + ": Input should be a valid boolean");
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

ApiError not_found(std::string message) {
  return {404, "not_found_error", std::move(message)};
}

}  // namespace anthropic_metrics::simulator
