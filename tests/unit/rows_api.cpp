// SPDX-License-Identifier: Apache-2.0
#include "rows_api.hpp"

#include <algorithm>

namespace anthropic_metrics::test {
namespace {

std::string decimal(std::int64_t thousandths) {
  const std::int64_t size = std::abs(thousandths);
  std::string fraction = std::to_string(1000 + size % 1000).substr(1);
  return (thousandths < 0 ? "-" : "") + std::to_string(size / 1000) + "." + fraction;
}

std::string quoted(const std::string& text) {
  return text.empty() ? "null" : "\"" + text + "\"";
}

std::string value_of(const std::string& target, const std::string& name) {
  const std::size_t at = target.find(name + "=");
  if (at == std::string::npos) return {};
  const std::string value = target.substr(at + name.size() + 1);
  return value.substr(0, value.find('&'));
}

}  // namespace

RowsApi::Entry RowsApi::some_entry() {
  const auto chosen = pick(random_, 0, 3);
  const std::int64_t list = pick(random_, -50, 5000);
  return {chosen == 0 ? "" : "user_" + std::to_string(chosen),
          pick(random_, 0, 2) == 0 ? "" : "chat", list - pick(random_, 0, 40), list,
          pick(random_, 0, 3)};
}

void RowsApi::change(std::vector<Entry>& bucket) {
  switch (bucket.empty() ? 0 : pick(random_, 0, 4)) {
    case 0:
    case 1:
      bucket.push_back(some_entry());  // Perhaps with a key that is there already.
      break;
    case 2:
      bucket.erase(bucket.begin() + pick(random_, 0, static_cast<std::int64_t>(bucket.size()) - 1));
      break;
    case 3:
      bucket.clear();
      break;
    default:
      bucket[static_cast<std::size_t>(
                 pick(random_, 0, static_cast<std::int64_t>(bucket.size()) - 1))]
          .amount += pick(random_, -30, 30);
  }
}

void RowsApi::advance(Instant now, bool calm) {
  now_ = now;
  calm_ = calm;
  Instant begun = buckets_.empty() ? start_ : buckets_.rbegin()->first + width_;
  for (; begun + width_ <= now; begun += width_) {
    std::vector<Entry>& bucket = buckets_[begun];
    for (auto left = pick(random_, 0, 3) == 0 ? pick(random_, 1, 4) : 0; left > 0; --left)
      bucket.push_back(some_entry());
  }
  if (calm) {
    refreshed_ = now;
    furthest_ = std::max(furthest_, now);
    return;
  }
  const Instant oldest = now - std::chrono::days(29);
  for (auto left = pick(random_, 0, 3); left > 0 && !buckets_.empty(); --left) {
    const auto back = width_ * pick(random_, 0, std::chrono::days(29) / width_);
    if (const auto at = buckets_.find(buckets_.rbegin()->first - back);
        at != buckets_.end() && at->first >= oldest)
      change(at->second);
  }
  switch (pick(random_, 0, 9)) {
    case 0:  // Back.
      refreshed_ -= std::chrono::hours(pick(random_, 1, 100));
      break;
    case 1:
    case 2:  // It stays.
      break;
    default:
      refreshed_ = std::max(refreshed_, now - std::chrono::hours(pick(random_, 0, 30)));
  }
  if (pick(random_, 0, 1) != 0) return;
  ++version_;
  sessions_.clear();
}

std::optional<Instant> RowsApi::word() {
  if (!calm_ && pick(random_, 0, 19) == 0) return std::nullopt;
  furthest_ = std::max(furthest_, refreshed_);
  return refreshed_;
}

Answer RowsApi::answer(const std::string& target) {
  const std::string token = value_of(target, "page");
  if (!token.empty()) {
    const auto at = sessions_.find(token);
    const bool known = at != sessions_.end();
    const Session session = known ? at->second : Session{};
    const bool stale = !known || session.version != version_;
    if (stale || (!calm_ && pick(random_, 0, 14) == 0))
      return pick(random_, 0, 1) == 0 ? refusal(410, "gone", "data was refreshed")
                                      : refusal(400, "invalid_request_error", "no such page");
    return page(session);
  }
  Session session;
  session.version = version_;
  session.refreshed = word();
  const Instant start = time_in(target, "starting_at"), end = time_in(target, "ending_at");
  for (auto at = buckets_.lower_bound(start); at != buckets_.end() && at->first < end; ++at)
    for (Entry entry : at->second) {
      // What is not complete yet may be anything less.
      if (!session.refreshed || at->first + width_ > *session.refreshed) {
        if (pick(random_, 0, 2) == 0) continue;
        entry.amount -= pick(random_, 0, 9);
      }
      session.rows.emplace_back(at->first, entry);
    }
  return page(std::move(session));
}

Answer RowsApi::page(Session session) {
  // Sometimes as much as there is, sometimes a row, sometimes none.
  const auto size = pick(random_, 0, 2) == 0 ? 1000 : pick(random_, 0, 3);
  std::string entries;
  for (auto left = size; left > 0 && session.next < session.rows.size(); --left, ++session.next) {
    const auto& [start, entry] = session.rows[session.next];
    entries += (entries.empty() ? "" : ",") + json(start, entry);
  }
  const std::string refreshed =
      session.refreshed ? quoted(format_rfc3339(*session.refreshed)) : "null";
  std::string next;
  if (session.next < session.rows.size()) {
    next = "t" + std::to_string(pick(random_, 0, 1'000'000'000'000));
    sessions_[next] = std::move(session);
  }
  Answer answer{.pieces = {rows_page(entries, next, refreshed)}};
  if (calm_ || pick(random_, 0, 29) != 0) return answer;
  // It breaks off on its way.
  answer.pieces[0].resize(static_cast<std::size_t>(
      pick(random_, 0, static_cast<std::int64_t>(answer.pieces[0].size()) - 1)));
  answer.cut = Error{Errc::transient, "the connection ended"};
  return answer;
}

std::string RowsApi::json(Instant start, const Entry& entry) const {
  const std::string actor = entry.actor.empty()
                                ? "null"
                                : R"({"type":"user_actor","user_id":")" + entry.actor +
                                      R"(","name":null,"email_address":null,"deleted":false})";
  return R"({"starting_at":")" + format_rfc3339(start) + R"(","ending_at":")" +
         format_rfc3339(start + width_) + R"(","group":{"actor":)" + actor + R"(,"product":)" +
         quoted(entry.product) + R"(},"cost":{"amount":")" + decimal(entry.amount) +
         R"(","list_amount":")" + decimal(entry.list) + R"(","currency":"USD","requests":)" +
         std::to_string(entry.requests) + "}}";
}

RowStore::Rows RowsApi::truth(Instant from, Instant to) const {
  RowStore::Rows rows;
  for (const auto& [start, entries] : buckets_)
    for (const Entry& entry : entries) {
      if (start < from || start + width_ > to) continue;
      const std::string key = format_rfc3339(start) +
                              (entry.actor.empty() ? "" : " actor_id=" + entry.actor) +
                              (entry.product.empty() ? "" : " product=" + entry.product);
      StoredRow& row = rows[key];
      row.amount = row.amount + Decimal::parse(decimal(entry.amount)).value();
      row.list_amount = row.list_amount + Decimal::parse(decimal(entry.list)).value();
      row.requests += entry.requests;
    }
  std::erase_if(rows, [](const auto& row) { return row.second == StoredRow{}; });
  return rows;
}

}  // namespace anthropic_metrics::test
