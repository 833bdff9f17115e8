// SPDX-License-Identifier: Apache-2.0
#include "outputs/store_check.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "outputs/dead_letters.hpp"
#include "outputs/stored.hpp"
#include "store/engine.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> privileges{"create_doc", "auto_configure", "read",
                                                     "maintenance", "view_index_metadata"};

class Check {
 public:
  Check(std::string output, const BulkSettings& bulk, StoreClient& client)
      : output_(std::move(output)), bulk_(bulk), client_(client) {}

  Result<void> engine() {
    const auto answer = client_.ask({.target = "/"});
    if (!answer) return store_failure(output_, answer.error());
    if (answer->status == 401)
      return fault(
          fmt::format("refuses the credential ({}); check api_key, or username and "
                      "password",
                      reason_of(*answer)));
    engine_ = engine_in(*answer);
    if (!engine_) {
      return fault(
          fmt::format("does not answer as Elasticsearch or OpenSearch ({}); check hosts, "
                      "and that the credential has the cluster privilege monitor",
                      reason_of(*answer)));
    }
    if (engine_->too_old()) return fault(fmt::format("is {}; {}", engine_->name, least_versions));
    say(fmt::format("{}: {}, cluster '{}'", client_.host(), engine_->name, engine_->cluster));
    return {};
  }

  Result<void> granted(const std::vector<std::string>& streams) {
    if (engine_->opensearch) {
      say("privileges: OpenSearch does not tell them; they show when documents are written");
      return {};
    }
    json::array names(streams.begin(), streams.end());
    json::array wanted(privileges.begin(), privileges.end());
    json::object ask{{"cluster", json::array{"monitor"}},
                     {"index", json::array{json::object{{"names", std::move(names)},
                                                        {"privileges", std::move(wanted)}}}}};
    const auto answer = client_.ask({.method = "POST",
                                     .target = "/_security/user/_has_privileges",
                                     .body = json::serialize(ask)});
    if (!answer) return store_failure(output_, answer.error());
    if (answer->status == 401) return fault("refuses the credential (401); check api_key");
    if (!answer->fine()) {
      say(fmt::format("privileges: not told ({}); security may be switched off",
                      reason_of(*answer)));
      return {};
    }
    const std::string missing = missing_in(*answer);
    if (!missing.empty())
      return fault(fmt::format("does not grant {}; give the credential these privileges", missing));
    say("privileges: all that are needed");
    return {};
  }

  Result<void> set_up(const std::vector<std::string>& streams) {
    DataStreams known(output_, bulk_.require_templates);
    for (const std::string& stream : streams) {
      const auto told = known.look(client_, stream, {});
      if (!told) return told.error();
      say(told->write_index.empty()
              ? fmt::format("{}: not there yet, the first document makes it", stream)
              : fmt::format("{}: {} backing {}", stream, told->indices,
                            told->indices == 1 ? "index" : "indices"));
    }
    return {};
  }

  void say(std::string line) { lines_.push_back(std::move(line)); }
  std::vector<std::string> take_lines() { return std::move(lines_); }

 private:
  Failure fault(const std::string& text) const {
    return store_failure(output_, fmt::format("{} {}", client_.host(), text), true);
  }

  // "read on metrics-a, monitor", or nothing.
  static std::string missing_in(const StoreAnswer& answer) {
    boost::system::error_code failed;
    const json::value body = json::parse(answer.body, failed);
    std::string missing;
    const auto add = [&](const json::value* granted, std::string_view where) {
      if (granted == nullptr || !granted->is_object()) return;
      for (const auto& [name, has] : granted->get_object())
        if (has == false)
          missing +=
              fmt::format("{}{}{}", missing.empty() ? "" : ", ", std::string_view(name), where);
    };
    if (failed || !body.is_object()) return missing;
    add(body.get_object().if_contains("cluster"), "");
    const json::value* by_index = body.get_object().if_contains("index");
    if (by_index != nullptr && by_index->is_object())
      for (const auto& [index, granted] : by_index->get_object())
        add(&granted, fmt::format(" on {}", std::string_view(index)));
    return missing;
  }

  const std::string output_;
  const BulkSettings& bulk_;
  StoreClient& client_;
  std::optional<StoreEngine> engine_;
  std::vector<std::string> lines_;
};

}  // namespace

Result<std::vector<std::string>> check_store(const std::string& output, const StoreSettings& store,
                                             const BulkSettings& bulk,
                                             const std::vector<StreamTarget>& targets, Log& log) {
  auto client = StoreClient::make(store, log);
  if (!client) return store_failure(output, client.error().lines.front(), true);
  std::vector<std::string> streams;
  for (const StreamTarget& target : targets) streams.push_back(target.data_stream());
  Check check(output, bulk, **client);
  if (auto done = check.engine(); !done) return done.error();
  if (auto done = check.granted(streams); !done) return done.error();
  if (auto done = check.set_up(streams); !done) return done.error();
  const DeadLetters letters(output, bulk.dead_letter_path, bulk.dead_letter_max_kb * 1024);
  if (const auto waiting = letters.count(); waiting > 0)
    check.say(fmt::format("dead letters: {} in {}; see why, and run 'anthropic-metrics resend'",
                          waiting, letters.file().string()));
  return check.take_lines();
}

}  // namespace anthropic_metrics::host
