// SPDX-License-Identifier: Apache-2.0
#include "outputs/shipment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/octets.hpp"
#include "dataset.hpp"
#include "outputs/bulk_body.hpp"

namespace anthropic_metrics::host {
namespace {

// A document of an hour that began well after the newest index did cannot be in an older one. The
// margin is for clocks that disagree, and for an index that was begun while it was on its way.
constexpr std::int64_t margin_ms = 24LL * 3600 * 1000;
constexpr std::uint8_t most_broken = 5;

std::string_view view(beat_span span) {
  return {span.ptr, span.len};
}

std::string what_of(const BulkItem& item) {
  return fmt::format("{} {}: {}", item.status, item.type, item.reason);
}

std::string grant(const std::string& data_stream) {
  return "give the credential create_doc and auto_configure on " +
         data_streams_of(name_in(data_stream));
}

// What a person can do about documents that are refused until somebody acts.
std::string remedy_of(const BulkItem& item, const std::string& data_stream) {
  const auto says = [&](std::string_view part) {
    return item.reason.find(part) != std::string::npos;
  };
  if (item.type == "security_exception") return grant(data_stream);
  if (item.type == "cluster_block_exception" && says("read-only"))
    return "free disk space at the store, or take the block off the index";
  if (item.type == "cluster_block_exception") return "take the block off the index or cluster";
  if (item.type == "validation_exception") return "make room for another index at the store";
  if (item.type == "index_not_found_exception" || says("pipeline with id"))
    return "run 'anthropic-metrics setup'";
  return "see the store's log";
}

// The more lasting failure tells more.
void keep_worse(Result<void>& kept, const Result<void>& other) {
  if (other) return;
  if (kept || (!kept.error().lasting && other.error().lasting)) kept = other;
}

}  // namespace

Shipment::Shipment(ShipmentParts parts, const beat_batch& batch,
                   const std::vector<StreamTarget>& targets, std::vector<Standing> former)
    : parts_(std::move(parts)), batch_(batch), standings_(std::move(former)) {
  for (const StreamTarget& target : targets) streams_.push_back(target.data_stream());
  standings_.resize(batch.doc_count);
}

const std::string& Shipment::stream_of(std::uint32_t index) const {
  return streams_[document(batch_, index).stream];
}

Shipment::Indexes Shipment::open() const {
  Indexes list;
  for (std::uint32_t i = 0; i < standings_.size(); ++i)
    if (standings_[i].open) list.push_back(i);
  return list;
}

Result<void> Shipment::attempt(StoreClient& client, const std::stop_token& stop) {
  asked_to_wait_ = std::chrono::seconds(0);
  do {
    halved_ = false;
    if (auto looked = look_up(client, stop); !looked) return looked;
    const std::vector<Indexes> all = portions();
    std::vector<StoreRequest> requests;
    for (const Indexes& portion : all) {
      auto request = request_of(portion);
      if (!request) return request.error();
      requests.push_back(std::move(*request));
    }
    exist_.clear();
    Result<void> done;
    const auto answers = client.ask_all(std::move(requests), parts_.settings.worker, stop);
    for (std::size_t i = 0; i < answers.size(); ++i)
      keep_worse(done, take(answers[i], client, all[i]));
    std::map<std::string, Indexes> by_stream;
    for (const std::uint32_t index : exist_) by_stream[stream_of(index)].push_back(index);
    for (const auto& [stream, indexes] : by_stream)
      keep_worse(done, compare(client, stream, indexes, true, stop));
    if (!done) return done;
  } while (halved_);
  return {};
}

Result<void> Shipment::look_up(StoreClient& client, const std::stop_token& stop) {
  std::map<std::string, Indexes> by_stream;
  for (const std::uint32_t index : open()) by_stream[stream_of(index)].push_back(index);
  for (const auto& [stream, indexes] : by_stream) {
    const auto doubtful = [&](std::uint32_t index) { return standings_[index].uncertain; };
    const bool anew = std::any_of(indexes.begin(), indexes.end(), doubtful);
    // The store may have begun another index since.
    if (anew) parts_.streams.forget(stream);
    const auto known = parts_.streams.look(client, stream, stop);
    if (!known) return known.error();
    Indexes wanted;
    for (const std::uint32_t index : indexes) {
      const std::int64_t time_ms = document(batch_, index).timestamp_ns / 1'000'000;
      const bool may_be_in_former = known->indices > 1 && !standings_[index].looked_for &&
                                    time_ms - margin_ms < known->begun_ms;
      if (doubtful(index) || may_be_in_former) wanted.push_back(index);
    }
    if (wanted.empty()) continue;
    if (auto compared = compare(client, stream, wanted, anew, stop); !compared) return compared;
  }
  return {};
}

Result<void> Shipment::compare(StoreClient& client, const std::string& stream,
                               const Indexes& indexes, bool anew, const std::stop_token& stop) {
  std::vector<std::string> ids;
  for (const std::uint32_t index : indexes) ids.emplace_back(view(document(batch_, index).id));
  const auto found = parts_.streams.find(client, stream, ids, anew, stop);
  if (!found) return found.error();
  bool missing = false;
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    Standing& standing = standings_[indexes[i]];
    const auto stored = found->find(ids[i]);
    if (stored == found->end()) {
      // A conflict with what cannot be found is one to try again.
      missing = missing || !standing.open;
      standing = {.looked_for = true, .broken = standing.broken};
      continue;
    }
    std::string differs;
    settle(indexes[i]);
    if (same_content(view(document(batch_, indexes[i]).json), stored->second.source, differs)) {
      parts_.count([](SinkReport& report) { ++report.present; });
    } else {
      refuse(indexes[i],
             {.status = 409,
              .type = "other_content",
              .reason = fmt::format("{} holds another document under this id; they differ in {}",
                                    stored->second.index, differs)});
    }
  }
  if (!missing) return {};
  return store_failure(
      parts_.output,
      fmt::format("{} refuses ids of {} as known and does not find them", client.host(), stream),
      false);
}

std::size_t Shipment::octets_of(std::uint32_t index) const {
  const beat_doc& doc = document(batch_, index);
  return doc.json.len + action_size(stream_of(index), view(doc.id));
}

std::size_t Shipment::octets_of(const Indexes& portion) const {
  std::size_t octets = 0;
  for (const std::uint32_t index : portion) octets += octets_of(index);
  return octets;
}

std::vector<Shipment::Indexes> Shipment::portions() const {
  const std::uint64_t most_bytes =
      std::min(parts_.settings.bulk_max_bytes, parts_.most_bytes.load());
  std::vector<Indexes> list;
  std::uint64_t bytes = 0;
  for (const std::uint32_t index : open()) {
    const std::uint64_t size = octets_of(index);
    if (list.empty() || list.back().size() >= parts_.settings.bulk_max_size ||
        bytes + size > most_bytes) {
      list.emplace_back();
      bytes = 0;
    }
    list.back().push_back(index);
    bytes += size;
  }
  return list;
}

Result<StoreRequest> Shipment::request_of(const Indexes& portion) const {
  const int level = static_cast<int>(parts_.settings.compression_level);
  BulkBody body(octets_of(portion));
  for (const std::uint32_t index : portion) {
    const beat_doc& doc = document(batch_, index);
    body.add(stream_of(index), view(doc.id), view(doc.json));
  }
  auto octets = body.finish(level);
  if (!octets) return octets.error();
  parts_.count([&](SinkReport& report) {
    ++report.requests;
    report.sent_bytes += octets->size();
  });
  return StoreRequest{.method = "POST",
                      .target = std::string(bulk_target),
                      .body = std::move(*octets),
                      .type = "application/x-ndjson",
                      .encoding = level > 0 ? "gzip" : ""};
}

Result<void> Shipment::take(const StoreResult<StoreAnswer>& answer, const StoreClient& client,
                            const Indexes& portion) {
  if (!answer) {
    parts_.count([](SinkReport& report) { ++report.failed; });
    if (answer.error().perhaps_done) doubt(portion);
    return store_failure(parts_.output, answer.error());
  }
  parts_.count([&](SinkReport& report) {
    const double seconds = answer->took.count();
    const auto& bounds = SinkReport::latency_bounds_ms;
    const auto bound = std::find_if(bounds.begin(), bounds.end(),
                                    [&](std::uint32_t ms) { return seconds * 1000 <= ms; });
    ++report.latency[static_cast<std::size_t>(bound - bounds.begin())];
    report.latency_sum_s += seconds;
  });
  if (answer->status != 200) return take_refusal(*answer, client, portion);
  std::vector<std::string_view> ids;
  for (const std::uint32_t index : portion) ids.push_back(view(document(batch_, index).id));
  const auto items = parse_bulk_answer(answer->body, ids);
  if (items) return take_items(*items, client, portion);
  parts_.count([](SinkReport& report) { ++report.failed; });
  doubt(portion);
  return store_failure(
      parts_.output,
      fmt::format("{} answers with something that is no answer to _bulk ({}); check that hosts "
                  "names Elasticsearch or OpenSearch",
                  client.host(), excerpt(answer->body, 100)),
      false);
}

Result<void> Shipment::take_refusal(const StoreAnswer& answer, const StoreClient& client,
                                    const Indexes& portion) {
  parts_.count([](SinkReport& report) { ++report.failed; });
  asked_to_wait_ = std::max(asked_to_wait_, host::asked_to_wait(answer));
  if (answer.status == 413) {
    if (portion.size() == 1) {
      refuse(portion.front(),
             {.status = 413, .type = "too_large", .reason = "the store takes no request so large"});
      return {};
    }
    std::uint64_t bytes = 0;
    for (const std::uint32_t index : portion) bytes += document(batch_, index).json.len;
    parts_.most_bytes =
        std::min<std::uint64_t>(parts_.most_bytes, std::max<std::uint64_t>(bytes / 2, 1));
    halved_ = true;
    return {};
  }
  const auto failed = [&](std::string_view remedy, bool lasting) {
    return store_failure(
        parts_.output,
        fmt::format("{} refuses documents ({}){}", client.host(), reason_of(answer), remedy),
        lasting);
  };
  if (answer.status == 401) return failed("; check api_key, or username and password", true);
  if (answer.status == 403) return failed("; " + grant(stream_of(portion.front())), true);
  if (answer.status == 429) return failed("; it is asked again later", false);
  if (answer.status < 500)
    return failed("; check that hosts names Elasticsearch or OpenSearch", true);
  doubt(portion);  // a gateway may have given up on what goes on behind it
  return failed("; it is asked again later", false);
}

Result<void> Shipment::take_items(const std::vector<BulkItem>& items, const StoreClient& client,
                                  const Indexes& portion) {
  using Fate = BulkItem::Fate;
  const bool some_taken = std::any_of(items.begin(), items.end(), [](const BulkItem& item) {
    return item.fate == Fate::created || item.fate == Fate::exists;
  });
  Result<void> done;
  std::uint64_t accepted = 0, bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t index = portion[i];
    const BulkItem& item = items[i];
    Standing& standing = standings_[index];
    standing.uncertain = false;
    Fate fate = item.fate;
    if (fate == Fate::broken) {
      if (some_taken) ++standing.broken;
      fate = standing.broken < most_broken ? Fate::again : Fate::refused;
    }
    switch (fate) {
      case Fate::created:
        settle(index);
        ++accepted;
        bytes += document(batch_, index).json.len;
        // Another index than we know of: what may be in former ones is another question now.
        parts_.streams.wrote(stream_of(index), item.index);
        break;
      case Fate::exists:
        settle(index);
        exist_.push_back(index);
        break;
      case Fate::refused:
        refuse(index, item);
        break;
      case Fate::blocked:
        keep_worse(done, store_failure(parts_.output,
                                       fmt::format("{} refuses documents of {} ({}); {}",
                                                   client.host(), stream_of(index), what_of(item),
                                                   remedy_of(item, stream_of(index))),
                                       true));
        break;
      default:
        parts_.count([](SinkReport& report) { ++report.retried; });
        keep_worse(done,
                   store_failure(parts_.output,
                                 fmt::format("{} refuses documents for now ({}); they are sent "
                                             "again",
                                             client.host(), what_of(item)),
                                 false));
    }
  }
  parts_.count([&](SinkReport& report) {
    report.accepted += accepted;
    report.bytes += bytes;
  });
  return done;
}

void Shipment::refuse(std::uint32_t index, BulkItem why) {
  settle(index);
  standings_[index].refusal = std::move(why);
  parts_.count([](SinkReport& report) { ++report.rejected; });
}

void Shipment::doubt(const Indexes& portion) {
  for (const std::uint32_t index : portion) standings_[index].uncertain = true;
}

std::vector<DeadLetter> Shipment::dead_letters() const {
  std::vector<DeadLetter> letters;
  for (const std::uint32_t index : rejected()) {
    const BulkItem& why = *standings_[index].refusal;
    letters.push_back({.data_stream = stream_of(index),
                       .id = std::string(view(document(batch_, index).id)),
                       .status = why.status,
                       .type = why.type,
                       .reason = why.reason,
                       .document = view(document(batch_, index).json)});
  }
  return letters;
}

std::vector<std::uint32_t> Shipment::rejected() const {
  Indexes list;
  for (std::uint32_t i = 0; i < standings_.size(); ++i)
    if (standings_[i].refusal) list.push_back(i);
  return list;
}

}  // namespace anthropic_metrics::host
