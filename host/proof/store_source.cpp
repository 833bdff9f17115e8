// SPDX-License-Identifier: Apache-2.0
#include "proof/store_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <utility>

#include "base/json_text.hpp"
#include "base/octets.hpp"
#include "dataset.hpp"
#include "json_access.hpp"
#include "proof/api_source.hpp"
#include "proof/row_reader.hpp"
#include "proof/store_search.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr const char* whole = "allow_partial_search_results=false";

std::string_view unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return {};
  return text.substr(1, text.size() - 2);
}

// The engine's answer was complete: no shard failed, and none ran out of time.
bool complete(std::string_view body) {
  const std::string_view late = json_member(body, "timed_out");
  return late == "false" && json_member(json_member(body, "_shards"), "failed") == "0";
}

class Asking {
 public:
  explicit Asking(const StoreHoldingParts& parts) : parts_(parts) {}

  // A POST of JSON; a failure unless the store carries it out. what: "does not say which documents
  // it has".
  Result<std::string> post(const std::string& target, std::string body, std::string_view what,
                           std::string_view privilege, int* status = nullptr) const {
    auto answer = parts_.client.ask({.method = "POST", .target = target, .body = std::move(body)},
                                    parts_.stop);
    if (parts_.stop.stop_requested()) return failure("stopped before everything was read");
    if (!answer) return failure(answer.error().line);
    if (status != nullptr) *status = answer->status;
    if (answer->fine()) return std::move(answer->body);
    return refused(*answer, what, privilege);
  }

  Failure refused(const StoreAnswer& answer, std::string_view what,
                  std::string_view privilege) const {
    const std::string_view name = parts_.data_stream;
    std::string remedy;
    if (answer.status == 401)
      remedy = "; check the output's credential";
    else if (answer.status == 403)
      remedy = fmt::format("; give the credential the privilege {} on {}", privilege,
                           data_streams_of(name_in(name)));
    else if (answer.status == 404)
      remedy =
          "; run 'anthropic-metrics setup' and the host, or correct data_stream.dataset and "
          "namespace";
    return failure(
        fmt::format("{} {} ({}){}", parts_.client.host(), what, host::reason_of(answer), remedy));
  }

  Failure failure(std::string_view text) const {
    return {ExitCode::not_compared,
            {fmt::format("output '{}': {}: {}", parts_.output, parts_.data_stream, text)}};
  }

 private:
  const StoreHoldingParts& parts_;
};

// Reads window after window, each from a snapshot of its own.
class StoreSource final : public DocumentSource {
 public:
  StoreSource(const StoreHoldingParts& parts, std::int64_t from, std::int64_t to,
              std::string organization)
      : parts_(parts),
        ask_(parts),
        organization_(std::move(organization)),
        reader_(parts.fields, parts.grain),
        to_(to),
        begun_to_(from) {}
  ~StoreSource() override { end_scroll(); }

  Result<const RowDocument*> next() override {
    while (at_ == hits_.size()) {
      if (last_page_ && begun_to_ >= to_) return nullptr;
      auto page = last_page_ ? begin_scroll() : go_on();
      if (!page) return page.error();
    }
    const std::string_view hit = hits_[at_++];
    reader_.read(json_member(hit, "_source"), row_);
    row_.place = unquoted(json_member(hit, "_index"));
    row_.stored_id = unquoted(json_member(hit, "_id"));
    return &row_;
  }

 private:
  Result<void> begin_scroll() {
    const std::int64_t until = std::min(to_, begun_to_ + window_seconds(parts_.grain.width));
    auto answer = ask_.post(fmt::format("/{}/_search?scroll=2m&{}", parts_.data_stream, whole),
                            scroll_body(parts_.fields, begun_to_, until, organization_),
                            does_not_say, "read");
    if (!answer) return answer.error();
    begun_to_ = until;
    return take(std::move(*answer));
  }

  Result<void> go_on() {
    auto answer = ask_.post("/_search/scroll",
                            json::serialize(json::object{{"scroll", "2m"}, {"scroll_id", scroll_}}),
                            does_not_say, "read");
    if (!answer) return answer.error();
    return take(std::move(*answer));
  }

  Result<void> take(std::string body) {
    body_ = std::move(body);
    at_ = 0;
    hits_.clear();
    if (!complete(body_)) return ask_.failure("the store's answer is not complete; see its log");
    hits_ = json_elements(json_member(json_member(body_, "hits"), "hits"));
    scroll_ = unquoted(json_member(body_, "_scroll_id"));
    last_page_ = hits_.empty();
    if (last_page_) end_scroll();
    return {};
  }

  void end_scroll() {
    if (scroll_.empty()) return;
    parts_.client.ask(
        {.method = "DELETE",
         .target = "/_search/scroll",
         .body = json::serialize(json::object{{"scroll_id", std::exchange(scroll_, {})}})});
  }

  static constexpr const char* does_not_say = "does not say which documents it has";

  const StoreHoldingParts& parts_;
  const Asking ask_;
  const std::string organization_;
  RowReader reader_;
  const std::int64_t to_;
  std::int64_t begun_to_;
  std::string body_;  // a page
  std::vector<std::string_view> hits_;
  std::size_t at_ = 0;
  bool last_page_ = true;  // of its window
  std::string scroll_;
  RowDocument row_;
};

class StoreHoldings final : public Holdings {
 public:
  explicit StoreHoldings(StoreHoldingParts parts) : parts_(std::move(parts)), ask_(parts_) {}

  std::string name() const override { return parts_.data_stream; }

  Result<void> prepare() override {
    int status = 0;
    const auto shown = ask_.post("/" + parts_.data_stream + "/_refresh", {},
                                 "does not show its newest documents", "maintenance", &status);
    // Whoever may only read waits for what the store does by itself every second or so.
    if (!shown && status != 403) return shown.error();
    const std::string name = parts_.fields.path() + ".bucket_start_time";
    const auto answer =
        ask_.post(fmt::format("/{}/_field_caps?fields={}", parts_.data_stream, name), {},
                  "does not say how its fields are mapped", "view_index_metadata");
    if (!answer) return answer.error();
    const std::string_view types = json_member(json_member(*answer, "fields"), name);
    if (types.empty() || types == "{}") return {};  // no document yet
    if (only_dates(types)) return {};
    return ask_.failure(
        fmt::format("{} is not mapped as a date in every index, so its documents "
                    "have no order; run 'anthropic-metrics setup', and roll over "
                    "or reindex what was made before",
                    name));
  }

  Result<std::optional<std::pair<std::int64_t, std::int64_t>>> other_grains(
      const Grain& grain, std::int64_t from, std::int64_t to) override {
    const auto answer = ask_.post(fmt::format("/{}/_search?{}", parts_.data_stream, whole),
                                  other_grains_body(parts_.fields, grain, from, to),
                                  "does not say by what its documents are split", "read");
    if (!answer) return answer.error();
    if (!complete(*answer)) return ask_.failure("the store's answer is not complete; see its log");
    const std::string_view found = json_member(*answer, "aggregations");
    const auto first = moment(json_member(found, "from"));
    const auto last = moment(json_member(found, "to"));
    if (!first || !last) return std::optional<std::pair<std::int64_t, std::int64_t>>();
    return std::optional(std::pair(std::max(from, *first), std::min(to, *last)));
  }

  Result<std::unique_ptr<DocumentSource>> documents(std::int64_t from, std::int64_t to,
                                                    const std::string& organization) override {
    return std::unique_ptr<DocumentSource>(
        std::make_unique<StoreSource>(parts_, from, to, organization));
  }

  Result<void> look_beside(std::int64_t from, std::int64_t to, Findings& findings) override {
    look_into_failure_store(from, to, findings);
    look_into_dead_letters(from, to, findings);
    if (auto counted = count_pipeline_errors(from, to, findings); !counted) return counted;
    const auto answer =
        ask_.post(fmt::format("/{}/_count", parts_.data_stream),
                  foreign_body(parts_.fields, from, to), "does not count its documents", "read");
    if (!answer) return answer.error();
    const std::string_view count = json_member(*answer, "count");
    if (count == "0") return {};
    return ask_.failure(
        fmt::format("{} documents of this time are no rows of {} and no errors of it; let nothing "
                    "else write there, or name the data stream that holds the rows alone",
                    count, parts_.fields.object));
  }

 private:
  static bool only_dates(std::string_view types) {
    boost::system::error_code failed;
    const json::value value = json::parse(types, failed);
    if (failed || !value.is_object()) return false;
    return std::all_of(value.get_object().begin(), value.get_object().end(), [](const auto& type) {
      return type.key() == "date" || type.key() == "date_nanos" || type.key() == "unmapped";
    });
  }

  // An aggregation of milliseconds, or nothing.
  static std::optional<std::int64_t> moment(std::string_view aggregation) {
    boost::system::error_code failed;
    const json::value value = json::parse(aggregation, failed);
    const auto milliseconds =
        failed || !value.is_object() ? std::nullopt : number_in(value.get_object(), "value");
    if (!milliseconds) return std::nullopt;
    return static_cast<std::int64_t>(*milliseconds / 1000);
  }

  // Those that the pipeline made of what it could not process have no bucket.
  Result<void> count_pipeline_errors(std::int64_t from, std::int64_t to, Findings& findings) {
    const auto answer = ask_.post(fmt::format("/{}/_search?{}", parts_.data_stream, whole),
                                  pipeline_errors_body(parts_.fields, from, to),
                                  "does not count its documents", "read");
    if (!answer) return answer.error();
    const std::string_view hits = json_member(*answer, "hits");
    const auto count = parse_whole(json_member(json_member(hits, "total"), "value"));
    const auto first = json_elements(json_member(hits, "hits"));
    if (!count || first.empty()) return {};
    findings.count(Findings::Kind::pipeline_error,
                   fmt::format("{} in {}", unquoted(json_member(first.front(), "_id")),
                               unquoted(json_member(first.front(), "_index"))),
                   static_cast<std::uint64_t>(*count));
    return {};
  }

  bool within(std::string_view document, std::int64_t from, std::int64_t to) {
    reader_.read(document, row_);
    return row_.kind != RowDocument::Kind::foreign && row_.start >= from && row_.start < to;
  }

  // Where the engine has one; whoever must not read it finds nothing in it.
  void look_into_failure_store(std::int64_t from, std::int64_t to, Findings& findings) {
    const auto answer =
        ask_.post(fmt::format("/{}::failures/_search?ignore_unavailable=true", parts_.data_stream),
                  R"({"size":1000,"sort":[{"@timestamp":"desc"}]})",
                  "does not show its failure store", "read_failure_store");
    if (!answer) return;
    for (const std::string_view hit :
         json_elements(json_member(json_member(*answer, "hits"), "hits"))) {
      const std::string_view source = json_member(hit, "_source");
      if (!within(json_member(json_member(source, "document"), "source"), from, to)) continue;
      std::string why(unquoted(json_member(json_member(source, "error"), "message")));
      findings.count(Findings::Kind::failure_store, row_.id + ": " + excerpt(why, 200));
    }
  }

  void look_into_dead_letters(std::int64_t from, std::int64_t to, Findings& findings) {
    if (parts_.dead_letters.empty()) return;
    std::ifstream file(parts_.dead_letters);
    for (std::string line; std::getline(file, line);) {
      if (unquoted(json_member(line, "data_stream")) != parts_.data_stream ||
          !within(json_member(line, "document"), from, to))
        continue;
      findings.count(Findings::Kind::dead_letter,
                     fmt::format("{} in {}", row_.id, parts_.dead_letters.string()));
    }
  }

  const StoreHoldingParts parts_;
  const Asking ask_;
  RowReader reader_{parts_.fields, parts_.grain};
  RowDocument row_;
};

}  // namespace

std::unique_ptr<Holdings> holdings_in(StoreHoldingParts parts) {
  return std::make_unique<StoreHoldings>(std::move(parts));
}

}  // namespace anthropic_metrics::host
