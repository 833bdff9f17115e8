// SPDX-License-Identifier: Apache-2.0
#include "spoilt_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

constexpr const char* counts[] = {
    "uncached_input_tokens",          "cached_input_tokens", "cache_creation_5m_input_tokens",
    "cache_creation_1h_input_tokens", "output_tokens",       "web_search_requests"};
constexpr const char* derived = "cache_creation_input_tokens";

std::int64_t number(const json::object& of, std::string_view name) {
  const json::value* const value = of.if_contains(name);
  return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

std::string id_of(const json::value& document) {
  const json::value* const event = document.as_object().if_contains("event");
  const json::value* const id = event == nullptr ? nullptr : event->as_object().if_contains("id");
  return id == nullptr ? std::string() : std::string(id->as_string());
}

std::vector<std::string> names_in(const std::string& joined) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < joined.size();) {
    const std::size_t end = std::min(joined.find(',', at), joined.size());
    names.push_back(joined.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace

struct SpoiltStore::Row {
  Sum sum;
  std::int64_t derived = 0, revision = 0;
  json::object body;  ///< Of some document of it.
};

void SpoiltStore::put(std::string_view ndjson) {
  std::set<std::string> ids(ids_.begin(), ids_.end());
  while (!ndjson.empty()) {
    const auto end = std::min(ndjson.find('\n'), ndjson.size());
    const std::string line(ndjson.substr(0, end));
    ndjson.remove_prefix(std::min(end + 1, ndjson.size()));
    const std::string id = id_of(json::parse(line));
    if (ids.insert(id).second) add(id, line);
  }
}

void SpoiltStore::add(const std::string& id, const std::string& line) {
  ids_.push_back(id);
  documents_.push_back(line);
}

void SpoiltStore::remove_some(Random& random, int percent) {
  for (std::size_t i = documents_.size(); i-- > 0;) {
    if (!chance(random, percent)) continue;
    ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(i));
    documents_.erase(documents_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void SpoiltStore::double_some(Random& random, int percent) {
  for (std::size_t i = documents_.size(); i-- > 0;)
    if (chance(random, percent)) add(std::string(ids_[i]), std::string(documents_[i]));
}

void SpoiltStore::add_foreign(Instant bucket, const std::string& model, std::int64_t tokens,
                              std::int64_t cache_writes) {
  add("",
      fmt::format(
          R"({{"anthropic":{{"usage":{{"bucket_start_time":"{}","model":"{}","output_tokens":{},"{}":{}}}}}}})",
          simulator::format_rfc3339(bucket), model, tokens, derived, cache_writes));
}

std::map<Place, SpoiltStore::Row> SpoiltStore::rows(const Grain& grain) const {
  std::map<Place, Row> rows;
  const auto names = names_in(std::get<2>(grain));
  for (const std::string& document : documents_) {
    const json::value value = json::parse(document);
    const json::object& body = value.at("anthropic").at("usage").as_object();
    // What does not say its grain is taken for this one's.
    if (const json::value* width = body.if_contains("bucket_width")) {
      std::string joined;
      for (const auto& name : body.at("group_by").as_array())
        joined += (joined.empty() ? "" : ",") + std::string(name.as_string());
      if (width->as_string() != std::get<1>(grain) || joined != std::get<2>(grain)) continue;
    }
    Place place;
    place.first = std::chrono::floor<std::chrono::seconds>(
        simulator::parse_rfc3339(std::string_view(body.at("bucket_start_time").as_string()))
            .value());
    for (const std::string& name : names) {
      const json::value* const said = body.if_contains(name);
      std::string text = said == nullptr ? std::string() : std::string(said->as_string());
      place.second.push_back(name == "workspace_id" && text == "Default" ? "" : text);
    }
    Row& row = rows[place];
    for (std::size_t i = 0; i < std::size(counts); ++i)
      row.sum.counters[i] += number(body, counts[i]);
    row.derived += number(body, derived);
    row.revision = std::max(row.revision, number(body, "revision"));
    row.body = body;
  }
  return rows;
}

Sums SpoiltStore::sums(const Grain& grain) const {
  Sums sums;
  for (const auto& [place, row] : rows(grain)) sums[place] = row.sum;
  return sums;
}

std::size_t SpoiltStore::wrong_derived(const Grain& grain) const {
  std::size_t wrong = 0;
  for (const auto& [place, row] : rows(grain))
    if (row.derived != row.sum.counters[2] + row.sum.counters[3]) ++wrong;
  return wrong;
}

std::string SpoiltStore::known(const Grain& grain, Instant from, Instant to) const {
  std::string lines;
  for (const auto& [place, row] : rows(grain)) {
    if (place.first < from || place.first >= to) continue;
    json::object body = row.body;
    for (std::size_t i = 0; i < std::size(counts); ++i) body[counts[i]] = row.sum.counters[i];
    body[derived] = row.derived;
    body["revision"] = row.revision;
    lines += json::serialize(json::object{{"anthropic", json::object{{"usage", body}}}}) + "\n";
  }
  return lines;
}

}  // namespace anthropic_metrics::test
