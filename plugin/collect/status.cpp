// SPDX-License-Identifier: Apache-2.0
#include "collect/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

json::object backfill_of(const StreamStatus& stream) {
  json::object out;
  out["from"] = format_rfc3339(*stream.backfill_from);
  if (!stream.backfilled) return out;
  const Instant from = *stream.backfill_from, reached = *stream.backfilled;
  const bool done = reached <= from || stream.history_ends;
  out["reached"] = format_rfc3339(reached);
  out["done"] = done;
  if (stream.history_ends && reached > from) out["reaches_no_further"] = true;
  // Of the time from there to the newest bucket that was emitted. It needs no memory of where the
  // backfill began, so it says the same after a restart.
  if (done) out["done_share"] = 1.0;
  if (!done && stream.cursor && *stream.cursor > from)
    out["done_share"] = static_cast<double>((*stream.cursor - reached).count()) /
                        static_cast<double>((*stream.cursor - from).count());
  if (!stream.backfill_waits_for.empty()) out["waits_for"] = stream.backfill_waits_for;
  return out;
}

/// So many buckets stand in the text; the sum is over all.
constexpr std::size_t most_told_buckets = 20;

json::object set_aside_of(const StreamStatus& stream) {
  json::object out;
  out["rows"] = stream.set_aside_rows();
  json::array buckets;
  for (const auto& [start, missing] : stream.set_aside) {
    if (buckets.size() == most_told_buckets) break;
    json::object bucket;
    bucket["start"] = format_rfc3339(start);
    bucket["rows"] = missing.rows;
    bucket["reason"] = missing.reason;
    if (missing.read_until) bucket["read_again_until"] = format_rfc3339(*missing.read_until);
    buckets.push_back(std::move(bucket));
  }
  out["buckets"] = std::move(buckets);
  return out;
}

json::object answers_of(const StreamStatus& stream) {
  json::object out;
  for (const auto& [status, requests] : stream.answers)
    out[status == 0 ? "none" : std::to_string(status)] = requests;
  return out;
}

json::object totals_of(const std::vector<PeriodTotal>& totals) {
  json::object out;
  for (const PeriodTotal& total : totals) {
    json::object one{{"from", format_rfc3339(total.from)}};
    json::object counts;
    for (const auto& [field, sum] : total.counts) counts[field] = sum;
    if (!counts.empty()) one["counts"] = std::move(counts);
    if (total.cents) one["cents"] = total.cents->text();
    out[total.period] = std::move(one);
  }
  return out;
}

json::object days_of(const DailyMoney& daily) {
  json::object cents;
  for (const auto& [day, sum] : daily.cents) cents[format_date(day)] = sum.text();
  return {{"today", format_date(daily.today)}, {"from", format_date(daily.from)}, {"cents", cents}};
}

json::object to_json(const StreamStatus& stream, std::optional<Instant> server_time) {
  json::object out;
  out["health"] = name(stream.health);
  if (!stream.message.empty()) out["message"] = stream.message;
  if (!stream.error_code.empty()) {
    json::object error;
    error["code"] = stream.error_code;
    if (stream.error_status != 0) error["http_status"] = stream.error_status;
    out["error"] = std::move(error);
  }
  if (stream.last_success) out["last_success"] = format_rfc3339(*stream.last_success);
  if (stream.next_due) out["next_due"] = format_rfc3339(*stream.next_due);
  if (stream.cursor) out["cursor"] = format_rfc3339(*stream.cursor);
  if (stream.cursor && server_time) out["lag_seconds"] = (*server_time - *stream.cursor).count();
  if (const auto lag = server_time ? stream.source_lag_seconds(*server_time) : std::nullopt) {
    out["complete_to"] = format_rfc3339(*stream.complete_to);
    out["source_lag_seconds"] = *lag;
  }
  out["polls"] = stream.polls;
  out["pages"] = stream.pages;
  out["requests"] = stream.requests;
  if (!stream.answers.empty()) out["requests_by_status"] = answers_of(stream);
  out["retries"] = stream.retries;
  out["throttled_requests"] = stream.throttled;
  out["received_bytes"] = stream.bytes;
  out["documents"] = stream.documents;
  out["corrections"] = stream.corrections;
  out["gaps"] = stream.gaps;
  if (!stream.set_aside.empty()) out["set_aside"] = set_aside_of(stream);
  json::object lateness;
  for (std::size_t i = 0; i < Lateness::slots; ++i)
    if (stream.lateness.counts[i] > 0) lateness[Lateness::label(i)] = stream.lateness.counts[i];
  if (!lateness.empty()) out["changed_after_closing"] = std::move(lateness);
  if (stream.backfill_from) out["backfill"] = backfill_of(stream);
  return out;
}

}  // namespace

std::int64_t StreamStatus::set_aside_rows() const {
  std::int64_t rows = 0;
  for (const auto& [start, missing] : set_aside) rows += missing.rows;
  return rows;
}

std::string StreamStatus::told_set_aside() const {
  if (set_aside.empty()) return {};
  const auto& [start, missing] = *set_aside.begin();
  return fmt::format("{} {} could not be read and {} in no sum; the first is of {}: {}",
                     set_aside_rows(), set_aside_rows() == 1 ? "row" : "rows",
                     set_aside_rows() == 1 ? "is" : "are", format_rfc3339(start), missing.reason);
}

std::optional<std::int64_t> StreamStatus::source_lag_seconds(Instant now) const {
  if (!complete_to || *complete_to == Instant::min() || *complete_to == Instant::max())
    return std::nullopt;
  return (now - *complete_to).count();
}

std::string StreamStatus::told_incomplete() const {
  if (complete_to == Instant::min())
    return "the API calls no bucket complete yet (data_refreshed_at is null); none is emitted "
           "until it does";
  if (!complete_to || !cursor || *complete_to >= *cursor) return {};
  return fmt::format(
      "the API calls its numbers complete up to {} only (data_refreshed_at), less than before: "
      "what was emitted up to {} stays, and is compared again once it is complete",
      format_rfc3339(*complete_to), format_rfc3339(*cursor));
}

const char* name(Health health) noexcept {
  switch (health) {
    case Health::starting:
      return "starting";
    case Health::healthy:
      return "healthy";
    case Health::degraded:
      return "degraded";
    case Health::failed:
      return "failed";
    case Health::stopping:
      return "stopping";
    case Health::stopped:
      return "stopped";
  }
  return "degraded";
}

StreamStatus Status::stream(std::string_view stream) const {
  const std::lock_guard lock(mutex_);
  const auto at = streams_.find(std::string(stream));
  return at == streams_.end() ? StreamStatus{} : at->second;
}

void Status::set_organization(std::string_view id) {
  const std::lock_guard lock(mutex_);
  organization_ = id;
}

void Status::set_last_error(std::string_view text) {
  const std::lock_guard lock(mutex_);
  last_error_ = text;
}

std::string Status::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void Status::set(Concern concern, Health health, std::string_view text) {
  const std::lock_guard lock(mutex_);
  told_[static_cast<std::size_t>(concern)] = {health, std::string(text)};
}

Health Status::health() const {
  const std::lock_guard lock(mutex_);
  bool starting = streams_.empty();
  Health worst = Health::healthy;
  for (const Told& told : told_) worst = std::max(worst, told.health);
  const Health of_all = worst;
  for (const auto& [name, stream] : streams_) {
    starting = starting || stream.health == Health::starting;
    if (stream.health == Health::degraded || stream.health == Health::failed)
      worst = std::max(worst, stream.health);
  }
  // A state or a clock that is merely odd does not make a stream that has not been answered yet.
  return starting && worst == of_all && worst != Health::failed ? Health::starting : worst;
}

std::string Status::reason() const {
  const std::lock_guard lock(mutex_);
  const auto worst = std::max_element(
      told_.begin(), told_.end(), [](const Told& a, const Told& b) { return a.health < b.health; });
  const bool others = std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) {
    return stream.second.health >= worst->health;
  });
  return worst->health == Health::healthy || others ? last_error_ : worst->message;
}

std::string Status::json(const Facts& facts) const {
  const Health overall = health();
  const std::lock_guard lock(mutex_);
  json::object out;
  if (!facts.instance_id.empty()) out["instance_id"] = facts.instance_id;
  out["health"] = name(facts.stopping ? Health::stopping : overall);
  if (!organization_.empty()) out["organization_id"] = organization_;
  if (facts.server_time) out["server_time"] = format_rfc3339(*facts.server_time);
  if (!last_error_.empty()) out["last_error"] = last_error_;
  json::object state;
  state["durable"] = facts.durable;
  state["text"] = facts.durable ? "durable" : "not durable: kept in memory, set state.path";
  if (!facts.state_path.empty()) state["path"] = facts.state_path;
  if (facts.durable)
    state["seen"] = facts.state_seen.state + ":" + std::to_string(facts.state_seen.batch);
  const auto tell = [this](Concern concern, json::object& of) {
    if (told(concern).health == Health::healthy) return;
    of["health"] = name(told(concern).health);
    of["message"] = told(concern).message;
  };
  tell(Concern::state, state);
  out["state"] = std::move(state);
  json::object time;
  tell(Concern::time, time);
  if (!time.empty()) out["time"] = std::move(time);
  json::object tls;
  tls["verified"] = facts.verified;
  out["tls"] = std::move(tls);
  json::object delivery;
  delivery["ready"] = facts.ready;
  delivery["in_flight"] = facts.in_flight;
  delivery["handed_out_batches"] = facts.handed_out_batches;
  delivery["retried_batches"] = facts.retried_batches;
  delivery["pending_documents"] = facts.pending_documents;
  delivery["pending_bytes"] = facts.pending_bytes;
  delivery["delivered_documents"] = facts.delivered;
  delivery["dropped_documents"] = facts.dropped;
  delivery["rejected_documents"] = facts.rejected;
  out["delivery"] = std::move(delivery);
  json::object streams;
  for (const auto& [name, stream] : streams_) {
    json::object one = to_json(stream, facts.server_time);
    if (const auto totals = facts.totals.find(name); totals != facts.totals.end())
      one["totals"] = totals_of(totals->second);
    if (const auto daily = facts.daily.find(name); daily != facts.daily.end())
      one["days"] = days_of(daily->second);
    streams[name] = std::move(one);
  }
  out["streams"] = std::move(streams);
  return json::serialize(out);
}

}  // namespace anthropic_metrics
