// SPDX-License-Identifier: Apache-2.0
#include "model_store.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

/// Rows of the cost report carry what its description holds.
constexpr const char* cost_texts[] = {"description",    "model",         "service_tier",
                                      "context_window", "inference_geo", "cost_type",
                                      "token_type"};

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  std::string text(value->get_string());
  return name == "workspace_id" && text == "Default" ? std::string() : text;
}

std::int64_t number(const json::object& object, const char* name) {
  return object.at(name).to_number<std::int64_t>();
}

simulator::Counters counters_of(const json::object& o) {
  return {number(o, "uncached_input_tokens"),
          number(o, "cached_input_tokens"),
          number(o, "cache_creation_5m_input_tokens"),
          number(o, "cache_creation_1h_input_tokens"),
          number(o, "output_tokens"),
          number(o, "web_search_requests")};
}

simulator::Amount amount_of(const json::object& object, const char* name) {
  return simulator::parse_amount(std::string_view(object.at(name).as_string())).value();
}

Instant instant_of(const json::object& object, const char* name) {
  return std::chrono::floor<std::chrono::seconds>(
      simulator::parse_rfc3339(std::string_view(object.at(name).as_string())).value());
}

std::string describe(const Place& place) {
  std::string text = simulator::format_rfc3339(place.first);
  for (const std::string& value : place.second) text += " " + (value.empty() ? "null" : value);
  return text;
}

std::string describe(const Sum& sum) {
  std::string text = "{";
  for (const std::int64_t counter : sum.counters) text += std::to_string(counter) + " ";
  return text + simulator::format_amount(sum.amount) + "}";
}

std::string describe(const Grain& grain) {
  return std::get<0>(grain) + " " + std::get<1>(grain) + " by " + std::get<2>(grain);
}

}  // namespace

Sum& Sum::operator+=(const Sum& more) {
  simulator::add(counters, more.counters);
  amount += more.amount;
  return *this;
}

void ModelStore::fault(std::string text) {
  if (faults_.size() < 20) faults_.push_back(std::move(text));
}

ModelStore::Answer ModelStore::put(std::string_view ndjson) {
  Answer answer;
  while (!ndjson.empty()) {
    const auto end = std::min(ndjson.find('\n'), ndjson.size());
    const std::string_view line = ndjson.substr(0, end);
    ndjson.remove_prefix(std::min(end + 1, ndjson.size()));
    constexpr std::string_view before_id = "\"id\":\"";
    const auto event = line.find("\"event\":{");
    const auto at = event == line.npos ? line.npos : line.find(before_id, event);
    const auto set = line.find("\"dataset\":\"");
    if (at == line.npos || set == line.npos) {
      fault("not a document: " + std::string(line.substr(0, 200)));
      continue;
    }
    const std::string id =
        std::string(line.substr(set, 50)) + std::string(line.substr(at + before_id.size(), 22));
    const auto [kept, created] = bytes_.try_emplace(id, line);
    if (created) {
      ++answer.created;
      take(line);
    } else {
      ++answer.conflicts;
      if (kept->second != line)
        fault("one id, two documents:\n  " + kept->second + "\n  " + std::string(line));
    }
  }
  conflicts_ += answer.conflicts;
  return answer;
}

void ModelStore::take(std::string_view line) {
  boost::system::error_code ec;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), ec);
  if (ec) return fault("not JSON: " + std::string(line.substr(0, 200)));
  const json::object& document = value.as_object();
  const std::string dataset = text_of(document.at("data_stream").as_object(), "dataset");
  const std::string stream = dataset.substr(dataset.find('.') + 1);
  if (stream != "usage" && stream != "cost") return;
  const json::object& body = document.at("anthropic").at(stream).as_object();
  if (text_of(document.at("event").as_object(), "kind") == "pipeline_error") {
    // A row that could not be read: kept, and in no sum.
    ++set_aside_;
    if (body.contains("revision") || body.contains("output_tokens") || body.contains("amount"))
      fault("a measure in a row that was set aside: " + std::string(line));
    return;
  }

  std::string joined;
  std::vector<std::string> dimensions;
  std::vector<std::string> names;
  if (const auto* groups = body.if_contains("group_by"))
    for (const auto& name : groups->as_array()) names.emplace_back(name.as_string());
  for (const std::string& name : names) {
    joined += (joined.empty() ? "" : ",") + name;
    if (stream == "cost" && name == "description")
      for (const char* part : cost_texts) dimensions.push_back(text_of(body, part));
    else
      dimensions.push_back(text_of(body, name));
  }
  // Cost has one width and does not name it.
  const std::string width = text_of(body, "bucket_width");
  const Grain grain{stream, width.empty() ? "1d" : width, joined};
  const Place place{instant_of(body, "bucket_start_time"), std::move(dimensions)};
  const bool money = stream == "cost";
  const auto revision = number(body, "revision");
  Sum sum;
  if (money)
    sum.amount = amount_of(body, "amount_exact");
  else
    sum.counters = counters_of(body);
  sums_[grain][place] += sum;

  Row& row = rows_[{grain, place}];
  const bool newest = row.revisions.empty() || revision > *row.revisions.rbegin();
  if (!row.revisions.insert(revision).second)
    fault("two documents of revision " + std::to_string(revision) + ": " + describe(grain) + " " +
          describe(place));
  row.sum += sum;
  const std::string data_stream =
      dataset + '-' + text_of(document.at("data_stream").as_object(), "namespace");
  if (row.data_stream.empty()) row.data_stream = data_stream;
  if (row.data_stream != data_stream ||
      text_of(document.at("event").as_object(), "dataset") != dataset)
    fault("a row in two data streams: " + row.data_stream + ", " + std::string(line));
  if (revision == 0) {
    if (newest) row.last_total = sum;
    return;
  }
  ++corrections_;
  if (sum == Sum{}) fault("a correction by nothing: " + std::string(line));
  if (!newest) return;
  row.last_total = {};
  if (money)
    row.last_total.amount = amount_of(body, "total_exact");
  else
    row.last_total.counters = counters_of(body.at("total").as_object());
}

void ModelStore::check_revisions() {
  for (const auto& [key, row] : rows_) {
    const auto last = *row.revisions.rbegin();
    if (last + 1 != static_cast<std::int64_t>(row.revisions.size()))
      fault("revisions are missing below " + std::to_string(last) + ": " + describe(key.first) +
            " " + describe(key.second));
    if (row.sum != row.last_total)
      fault("the total of revision " + std::to_string(last) + " is " + describe(row.last_total) +
            ", the sum " + describe(row.sum) + ": " + describe(key.first) + " " +
            describe(key.second));
  }
}

const Sums& ModelStore::sums(const Grain& grain) const {
  static const Sums none;
  const auto at = sums_.find(grain);
  return at == sums_.end() ? none : at->second;
}

std::vector<Grain> ModelStore::grains() const {
  std::vector<Grain> all;
  for (const auto& [grain, sums] : sums_) all.push_back(grain);
  return all;
}

Grain grain_of(const ledger::Lane& lane) {
  std::string joined;
  for (const std::string& name : lane.group_by) joined += (joined.empty() ? "" : ",") + name;
  return {lane.stream, lane.bucket_width, joined};
}

Sums truth(const simulator::Simulator& simulator, const ledger::Lane& lane, Instant start,
           Instant end, Instant as_of) {
  Sums sums;
  if (start >= end) return sums;
  if (lane.stream == "cost") {
    simulator::CostQuery query;
    query.start = start;
    query.end = end;
    for (const std::string& name : lane.group_by)
      (name == "workspace_id" ? query.by_workspace : query.by_description) = true;
    for (const auto& cost : simulator.cost(query, as_of)) {
      const auto& k = cost.key;
      std::vector<std::string> dimensions;
      for (const std::string& name : lane.group_by) {
        if (name == "workspace_id")
          dimensions.push_back(k.workspace_id);
        else
          dimensions.insert(dimensions.end(),
                            {k.description, k.model, k.service_tier, k.context_window,
                             k.inference_geo, k.cost_type, k.token_type});
      }
      sums[{cost.day, std::move(dimensions)}].amount += cost.amount;
    }
    return sums;
  }
  simulator::UsageQuery query;
  query.start = start;
  query.end = end;
  query.width = lane.bucket_width == "1m"   ? simulator::Width::minute
                : lane.bucket_width == "1h" ? simulator::Width::hour
                                            : simulator::Width::day;
  for (const std::string& name : lane.group_by)
    query.group_by.set(simulator::index(simulator::dimension_by_name(name).value()));
  for (const auto& usage : simulator.usage(query, as_of)) {
    std::vector<std::string> dimensions;
    for (const std::string& name : lane.group_by)
      dimensions.push_back(usage.dimension(simulator::dimension_by_name(name).value()));
    simulator::add(sums[{usage.start, std::move(dimensions)}].counters, usage.counters);
  }
  return sums;
}

std::vector<std::string> differences(const Sums& stored, const Sums& expected) {
  std::vector<std::string> found;
  const auto compare = [&](const Place& place, const Sum& have, const Sum& want) {
    if (have != want && found.size() < 5)
      found.push_back(describe(place) + ": the store sums to " + describe(have) +
                      ", the API reports " + describe(want));
  };
  for (const auto& [place, want] : expected) {
    const auto at = stored.find(place);
    compare(place, at == stored.end() ? Sum{} : at->second, want);
  }
  for (const auto& [place, have] : stored)
    if (!expected.contains(place)) compare(place, have, Sum{});
  return found;
}

}  // namespace anthropic_metrics::test
