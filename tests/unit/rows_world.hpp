// SPDX-License-Identifier: Apache-2.0
// A driver of a sparse report in a world whose API answers as a test says, page by page.
#pragma once

#include <algorithm>
#include <boost/json/parse.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics::test {

/// What documents add up to, and what they say is true now.
struct StoredRow {
  Decimal amount{}, list_amount{};
  std::int64_t tokens = 0, requests = 0;
  friend bool operator==(const StoredRow&, const StoredRow&) = default;
};

/// The documents of a stream as a store has them: each id once.
class RowStore {
 public:
  /// By bucket start and the texts that the row is known by, "model=m product=p".
  using Rows = std::map<std::string, StoredRow>;

  /// dimensions: of the documents, in this order.
  RowStore(std::string stream, std::vector<std::string> dimensions)
      : stream_(std::move(stream)), dimensions_(std::move(dimensions)) {}

  void add(const std::string& ndjson) {
    for (const std::string& line : lines(ndjson)) {
      if (line.empty()) continue;
      const auto document = boost::json::parse(line);
      const std::string id(document.at("event").at("id").as_string());
      if (document.at("event").at("kind").as_string() != "metric") {
        odd_.insert_or_assign(id, std::string(document.at("error").at("message").as_string()));
        continue;
      }
      if (const auto known = documents_.find(id); known != documents_.end()) {
        REQUIRE(known->second == line);
        continue;
      }
      documents_[id] = line;
      sum(document.at("anthropic").at(stream_).as_object());
    }
  }
  /// Rows that are not all zero.
  Rows rows() const {
    Rows all = rows_;
    std::erase_if(all, [](const auto& row) { return row.second == StoredRow{}; });
    return all;
  }
  std::size_t documents() const { return documents_.size(); }
  const std::map<std::string, std::string>& odd() const { return odd_; }
  /// End of the newest bucket that has a document.
  const std::string& newest_end() const { return newest_end_; }

 private:
  void sum(const boost::json::object& body) {
    std::string key(body.at("bucket_start_time").as_string());
    newest_end_ = std::max(newest_end_, std::string(body.at("bucket_end_time").as_string()));
    for (const std::string& name : dimensions_)
      if (const auto* value = body.if_contains(name))
        key += " " + name + "=" + std::string(value->as_string());
    StoredRow& row = rows_[key];
    const auto money = [&](const char* name, Decimal& sum) {
      if (const auto* text = body.if_contains(name))
        sum = sum + Decimal::parse(text->as_string()).value();
    };
    const auto count = [&](const char* name, std::int64_t& sum) {
      if (const auto* number = body.if_contains(name)) sum += number->as_int64();
    };
    money("amount_exact", row.amount);
    money("list_amount_exact", row.list_amount);
    count("output_tokens", row.tokens);
    count("requests", row.requests);
    if (body.at("revision").as_int64() == 0) return;
    // A correction says what is true now, and the sum is that.
    if (const auto* total = body.if_contains("total_exact"))
      REQUIRE(Decimal::parse(total->as_string()) == row.amount);
    if (const auto* total = body.if_contains("total_list_exact"))
      REQUIRE(Decimal::parse(total->as_string()) == row.list_amount);
    if (const auto* total = body.if_contains("total"))
      if (const auto* tokens = total->as_object().if_contains("output_tokens"))
        REQUIRE(tokens->as_int64() == row.tokens);
  }

  std::string stream_;
  std::vector<std::string> dimensions_;
  std::map<std::string, std::string> documents_, odd_;
  Rows rows_;
  std::string newest_end_;
};

/// One page of analytics_usage by model; refreshed: as JSON.
inline std::string rows_page(const std::string& entries, const std::string& next = "",
                             const std::string& refreshed = R"("2026-09-01T12:00:00Z")") {
  return R"({"data":[)" + entries + R"(],"has_more":)" + (next.empty() ? "false" : "true") +
         R"(,"next_page":)" + (next.empty() ? "null" : "\"" + next + "\"") +
         R"(,"data_refreshed_at":)" + refreshed + "}";
}

inline std::string hour_of(int hour) {
  return "2026-09-01T" + std::string(hour < 10 ? "0" : "") + std::to_string(hour) + ":00:00Z";
}

inline std::string entry(int hour, const std::string& model, int tokens) {
  const std::string count = std::to_string(tokens);
  return R"({"starting_at":")" + hour_of(hour) + R"(","ending_at":")" + hour_of(hour + 1) +
         R"(","group":{"model":")" + model +
         R"(","actor":null},"usage":{"uncached_input_tokens":0,)" +
         R"("cache_read_input_tokens":0,"output_tokens":)" + count + R"(,"total_tokens":)" + count +
         R"(,"requests":1}})";
}

/// analytics_usage by model and hour; the first poll asks for 06:00 to 12:00 of the first of
/// September. Pages are answered from a list, its last one for ever.
struct RowsWorld {
  static constexpr const char* configuration =
      R"("streams": {"analytics_usage": {"enabled": true, "group_by": ["model"], "interval": "5m",
                     "look_back": [{"depth": "6h", "every": "5m"}, {"depth": "720h", "every": "24h"}],
                     "initial_interval": "6h")";
  World world;
  const StreamChoice& choice =
      *std::find_if(world.settings.streams.begin(), world.settings.streams.end(),
                    [](const StreamChoice& one) { return one.stream->name == "analytics_usage"; });
  Driver driver{world.services, choice};
  RowStore store{"analytics_usage", {"model"}};
  std::vector<Answer> pages;
  std::size_t next = 0;

  /// more: settings of the stream.
  explicit RowsWorld(std::vector<Answer> list, const std::string& more = "")
      : world(configuration + more + "}}"), pages(std::move(list)) {
    world.transport.answer = [this](const std::string& target) {
      Answer answer = target == me ? Answer{.pieces = {R"({"id":"org-1","type":"organization"})"}}
                                   : pages[std::min(next++, pages.size() - 1)];
      for (auto& header : world.date()) answer.headers.push_back(header);
      return answer;
    };
    boost::asio::co_spawn(*world.loop, driver.run(), boost::asio::detached);
  }
  ~RowsWorld() { world.loop.reset(); }  // Before the driver, whose coroutine is in it.

  RowsWorld& run(Monotonic passed = std::chrono::minutes(1)) {
    for (bool came = true; came; world.room.open_all()) {
      world.run(world.began() + passed);
      came = false;
      while (const auto batch = must(world.delivery.hand_out({}))) {
        store.add(batch->ndjson);
        must(world.delivery.acknowledge(batch->id, AckOutcome::durable, 0));
        came = true;
      }
    }
    return *this;
  }
  StreamStatus status() const { return world.status.stream("analytics_usage"); }
  std::vector<std::string> asked() const {
    auto targets = world.transport.targets();
    std::erase(targets, me);
    return targets;
  }
  /// "06 m=5, 07 n=1": what the store's rows add up to.
  std::string told() const {
    std::string text;
    for (const auto& [key, row] : store.rows())
      text += (text.empty() ? "" : ", ") + key.substr(11, 2) + " " + key.substr(key.find('=') + 1) +
              "=" + std::to_string(row.tokens);
    return text;
  }
};

}  // namespace anthropic_metrics::test
