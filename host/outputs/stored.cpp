// SPDX-License-Identifier: Apache-2.0
#include "outputs/stored.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>

#include "base/octets.hpp"
#include "dataset.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::size_t ids_at_a_time = 500;

// The member at a path, or null.
const json::value* at(const json::value* value, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    value = object == nullptr ? nullptr : object->if_contains(key);
  }
  return value;
}

std::string_view text_at(const json::value* value, std::initializer_list<std::string_view> path) {
  const json::value* found = at(value, path);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view();
}

const json::array& list_at(const json::value* value, std::initializer_list<std::string_view> path) {
  static const json::array none;
  const json::value* found = at(value, path);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::optional<json::value> parsed(const StoreAnswer& answer) {
  boost::system::error_code failed;
  json::value value = json::parse(answer.body, failed);
  if (failed) return std::nullopt;
  return value;
}

// Of the package that the data stream is named by, as Fleet, setup or install.sh made it, or one
// that somebody made of that.
bool is_our_template(std::string_view name, const std::string& data_stream) {
  return name.find(name_in(data_stream)) != std::string_view::npos;
}

StoreRequest search_for(const std::string& name, const std::vector<std::string>& ids,
                        std::size_t from, std::size_t to) {
  json::array wanted;
  for (std::size_t i = from; i < to; ++i) wanted.emplace_back(ids[i]);
  json::object query{{"size", std::min<std::size_t>(10'000, 4 * wanted.size() + 10)},
                     {"track_total_hits", false},
                     {"query", {{"ids", {{"values", std::move(wanted)}}}}}};
  return {.method = "POST",
          .target = "/" + name +
                    "/_search?allow_partial_search_results=false&ignore_unavailable=true&"
                    "filter_path=timed_out,_shards.failed,hits.hits._id,hits.hits._index,"
                    "hits.hits._source",
          .body = json::serialize(query)};
}

}  // namespace

Failure store_failure(std::string_view output, std::string_view text, bool lasting) {
  return {.code = ExitCode::sink_failed,
          .lines = {fmt::format("output '{}': {}", output, text)},
          .passes = true,
          .lasting = lasting};
}

Failure store_failure(std::string_view output, const StoreSilence& silence) {
  return store_failure(output, silence.line, silence.lasting);
}

DataStreams::DataStreams(std::string output, bool demand_setup)
    : output_(std::move(output)), demand_setup_(demand_setup) {}

Failure DataStreams::refused(const StoreClient& client, const std::string& name,
                             const std::string& what, const StoreAnswer& answer,
                             std::string_view privilege) const {
  const bool denied = answer.status == 401 || answer.status == 403;
  const std::string remedy = answer.status == 401 ? "; check the output's credential"
                             : answer.status == 403
                                 ? fmt::format("; give the credential the privilege {} on {}",
                                               privilege, data_streams_of(name_in(name)))
                                 : std::string();
  return store_failure(
      output_, fmt::format("{} {} ({}){}", client.host(), what, reason_of(answer), remedy), denied);
}

Result<DataStream> DataStreams::look(StoreClient& client, const std::string& name,
                                     const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end()) return found->second;
  }
  auto fresh = ask(client, name, stop);
  if (!fresh) return fresh;
  // What is not there yet may be made by others any time.
  if (fresh->write_index.empty()) return fresh;
  const std::lock_guard lock(mutex_);
  return known_[name] = *fresh;
}

void DataStreams::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  known_.erase(name);
}

void DataStreams::wrote(const std::string& name, std::string_view index) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  if (found != known_.end() && found->second.write_index != index) known_.erase(found);
}

Result<DataStream> DataStreams::ask(StoreClient& client, const std::string& name,
                                    const std::stop_token& stop) {
  const auto answer = client.ask({.target = "/_data_stream/" + name}, stop);
  if (!answer) return store_failure(output_, answer.error());
  if (answer->status == 404) {
    if (auto expected = expect_template(client, name, stop); !expected) return expected.error();
    return DataStream{};
  }
  const auto body = answer->fine() ? parsed(*answer) : std::nullopt;
  const json::array& streams = list_at(body ? &*body : nullptr, {"data_streams"});
  if (streams.empty())
    return refused(client, name, "does not tell about data stream " + name, *answer,
                   "view_index_metadata");
  const json::value& stream = streams.front();
  const std::string_view made_of = text_at(&stream, {"template"});
  if (demand_setup_ && !is_our_template(made_of, name)) {
    return store_failure(
        output_,
        fmt::format("data stream {} is made of the index template '{}', whose mappings are not "
                    "ours; run 'anthropic-metrics setup' and roll it over, or set "
                    "require_templates: false",
                    name, excerpt(made_of, 100)),
        true);
  }
  DataStream known;
  const json::array& indices = list_at(&stream, {"indices"});
  known.indices = indices.size();
  if (!indices.empty()) known.write_index = text_at(&indices.back(), {"index_name"});
  if (known.indices < 2) return known;
  // Since when documents can only be in the newest index. Unknown: look for all of them.
  known.begun_ms = std::numeric_limits<std::int64_t>::max();
  const auto settings =
      client.ask({.target = "/" + known.write_index + "/_settings/index.creation_date"}, stop);
  if (!settings) return store_failure(output_, settings.error());
  const auto told = settings->fine() ? parsed(*settings) : std::nullopt;
  const std::string_view begun =
      text_at(told ? &*told : nullptr, {known.write_index, "settings", "index", "creation_date"});
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(begun.data(), begun.data() + begun.size(), time);
  if (!begun.empty() && error == std::errc() && end == begun.data() + begun.size())
    known.begun_ms = time;
  return known;
}

Result<void> DataStreams::expect_template(StoreClient& client, const std::string& name,
                                          const std::stop_token& stop) {
  if (!demand_setup_) return {};
  const auto answer = client.ask({.target = "/_index_template/*" + name_in(name) + "*"}, stop);
  if (!answer) return store_failure(output_, answer.error());
  if (!answer->fine() && answer->status != 404)
    return refused(
        client, name, "does not show its index templates", *answer,
        "to read them (cluster: monitor or manage_index_templates), run setup, which "
        "makes the data streams, or set require_templates: false; and view_index_metadata");
  const auto body = parsed(*answer);
  if (answer->fine() && at(body ? &*body : nullptr, {"index_templates"}) == nullptr)
    return store_failure(output_,
                         fmt::format("{} answers with something that is no list of index templates "
                                     "({}); check that hosts names Elasticsearch or OpenSearch",
                                     client.host(), excerpt(answer->body, 100)),
                         false);
  for (const json::value& entry : list_at(body ? &*body : nullptr, {"index_templates"}))
    for (const json::value& pattern : list_at(&entry, {"index_template", "index_patterns"}))
      if (pattern.is_string() && ::fnmatch(pattern.get_string().c_str(), name.c_str(), 0) == 0)
        return {};
  return store_failure(output_,
                       fmt::format("{} has no index template of ours for {}, so it would be made "
                                   "with mappings that sum nothing; run 'anthropic-metrics setup' "
                                   "first, or set require_templates: false",
                                   client.host(), name),
                       true);
}

Result<void> DataStreams::refresh(StoreClient& client, const std::string& name,
                                  const std::stop_token& stop) {
  const auto answer = client.ask(
      {.method = "POST", .target = "/" + name + "/_refresh?ignore_unavailable=true"}, stop);
  if (!answer) return store_failure(output_, answer.error());
  const auto body = answer->fine() ? parsed(*answer) : std::nullopt;
  const json::value* failed = at(body ? &*body : nullptr, {"_shards", "failed"});
  if (answer->status == 404 || (failed != nullptr && *failed == 0)) return {};
  return refused(client, name, "does not show what " + name + " has", *answer, "maintenance");
}

Result<std::multimap<std::string, StoredDocument>> DataStreams::find(
    StoreClient& client, const std::string& name, const std::vector<std::string>& ids, bool anew,
    const std::stop_token& stop) {
  std::multimap<std::string, StoredDocument> found;
  const auto known = look(client, name, stop);
  if (!known) return known.error();
  if (known->write_index.empty()) return found;
  if (anew || !known->refreshed) {
    if (auto shown = refresh(client, name, stop); !shown) return shown.error();
    const std::lock_guard lock(mutex_);
    if (const auto entry = known_.find(name); entry != known_.end())
      entry->second.refreshed = entry->second.write_index == known->write_index;
  }
  for (std::size_t from = 0; from < ids.size(); from += ids_at_a_time) {
    const auto answer =
        client.ask(search_for(name, ids, from, std::min(ids.size(), from + ids_at_a_time)), stop);
    if (!answer) return store_failure(output_, answer.error());
    if (answer->status == 404) return found;
    const auto body = answer->fine() ? parsed(*answer) : std::nullopt;
    const json::value* late = at(body ? &*body : nullptr, {"timed_out"});
    const json::value* failed = at(body ? &*body : nullptr, {"_shards", "failed"});
    if (late == nullptr || failed == nullptr || *late != false || *failed != 0)
      return refused(client, name, "does not say which documents " + name + " has", *answer,
                     "read");
    for (const json::value& hit : list_at(&*body, {"hits", "hits"})) {
      const json::value* source = at(&hit, {"_source"});
      found.emplace(text_at(&hit, {"_id"}),
                    StoredDocument{std::string(text_at(&hit, {"_index"})),
                                   source == nullptr ? std::string() : json::serialize(*source)});
    }
  }
  return found;
}

}  // namespace anthropic_metrics::host
