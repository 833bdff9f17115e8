// SPDX-License-Identifier: Apache-2.0
#include "list_check.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;

/// What the entries of the list say; nothing if it does not take the parameters.
std::optional<std::vector<Said>> entries_of(const Api& api, const Options& options,
                                            const std::string& target, Instant at) {
  const Response answer = api.handle(
      {"GET", target, {{"x-api-key", options.admin_key}, {"anthropic-version", "2023-06-01"}}, {}},
      at, 0);
  if (answer.status != 200) return std::nullopt;
  const json::object body = json::parse(answer.body).as_object();
  const auto* more = body.if_contains("has_more");
  if (more != nullptr && more->is_bool() && more->as_bool())
    throw std::runtime_error(target + " has more entries than fit on a page; compare fewer");
  std::vector<Said> entries;
  for (const json::value& entry : body.at("data").as_array()) entries.push_back(said(entry));
  return entries;
}

std::string text(const Said& one) {
  std::string all;
  for (const std::string& value : one) all += (all.empty() ? "" : " ") + value;
  return all;
}

ListCheck compare(std::vector<Said> entries, const std::vector<Said>& documents) {
  ListCheck result{entries.size(), {}};
  for (const Said& document : documents) {
    const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Said& one) {
      return std::includes(one.begin(), one.end(), document.begin(), document.end());
    });
    if (entry == entries.end())
      result.differences.push_back("no entry says: " + text(document));
    else
      entries.erase(entry);
  }
  for (const Said& entry : entries) result.differences.push_back("no document for: " + text(entry));
  return result;
}

}  // namespace

ListCheck compare_list(const Api& api, const Options& options, const std::string& path, Instant at,
                       const std::vector<Said>& documents) {
  const std::string whole_page = path + "?limit=1000";
  const auto live = entries_of(api, options, whole_page, at);
  if (!live) throw std::runtime_error("there is no list at " + path);
  ListCheck result = compare(*live, documents);
  if (result.differences.empty()) return result;
  const auto all = entries_of(api, options, whole_page + "&include_archived=true", at);
  ListCheck other = all ? compare(*all, documents) : result;
  return other.differences.size() < result.differences.size() ? other : result;
}

}  // namespace anthropic_metrics::simulator
