// SPDX-License-Identifier: Apache-2.0
// A huge bucket is emitted in slices. Whatever their size, and wherever they are cut off, the
// documents are those of a bucket that is emitted at once.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/parse.hpp>
#include <map>
#include <set>

#include "collect/emitter.hpp"
#include "scratch.hpp"
#include "streams/report_decoder.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::at;
using test::must;
using test::pick;
using test::Random;

const Instant start = at("2026-09-01T00:00:00Z");
constexpr std::chrono::hours day{24};
constexpr std::size_t at_once = 1000;

/// Tokens by model; nothing: a row that cannot be read.
using Answer = std::vector<std::pair<int, std::optional<std::int64_t>>>;

streams::StreamSettings settings() {
  streams::StreamSettings settings;
  settings.bucket_width = "1d";
  settings.group_by = {"model"};
  return settings;
}

std::vector<streams::Bucket> decode(const streams::Fetcher& fetcher, const Answer& answer) {
  std::string text = R"({"data":[{"starting_at":"2026-09-01T00:00:00Z",)"
                     R"("ending_at":"2026-09-02T00:00:00Z","results":[)";
  for (const auto& [model, tokens] : answer)
    text += fmt::format(R"({}{{"uncached_input_tokens":1,"cache_read_input_tokens":0,)"
                        R"("output_tokens":{},"model":"m{}"}})",
                        text.back() == '[' ? "" : ",", tokens ? std::to_string(*tokens) : "\"odd\"",
                        model);
  const auto decoder = fetcher.decoder();
  must(decoder->feed(text + R"(]}],"has_more":false})"));
  return decoder->take();
}

/// A stream whose batches, and slices, have at most `documents`.
class Stream {
 public:
  explicit Stream(std::size_t documents, const std::string& state = "")
      : ledger_(must(ledger::Ledger::open(state))),
        delivery_(*ledger_, 1'000'000, false, Milliseconds(0), nullptr) {
    auto lanes = must(ledger_->lanes("usage"));
    if (!lanes.empty()) lane_ = lanes.front();
    lane_.stream = "usage";
    lane_.bucket_width = "1d";
    lane_.group_by = {"model"};
    if (lanes.empty()) must(ledger_->add_lane(lane_, 0));
    must(delivery_.recover());
    reset(documents);
  }

  /// As a new process would begin.
  void reset(std::size_t documents) {
    emitter_ = std::make_unique<Emitter>(*streams::find("usage"), settings_, fetcher_->layout(),
                                         "org-1", lane_, *ledger_, delivery_, documents, 1 << 20);
  }
  /// Stops after `slices`; true if nothing is left then.
  bool read(const Answer& answer, int slices = 1'000'000) {
    emitter_->begin(decode(*fetcher_, answer));
    for (; emitter_->more() && slices > 0; --slices) must(emitter_->next(start + 2 * day));
    return !emitter_->more();
  }
  /// How many slices a reading has, and the most documents of one of them.
  std::pair<int, std::int64_t> slices(const Answer& answer) {
    emitter_->begin(decode(*fetcher_, answer));
    std::pair<int, std::int64_t> found{0, 0};
    for (; emitter_->more(); ++found.first)
      found.second = std::max(found.second, must(emitter_->next(start + 2 * day)).documents);
    return found;
  }
  /// What the host gets of it.
  std::string documents() {
    std::string all;
    while (const auto batch = must(delivery_.hand_out({}))) {
      all += batch->ndjson;
      must(delivery_.acknowledge(batch->id, AckOutcome::durable, 0));
    }
    return all;
  }
  /// Rows of the record in the order of its parts, those that are set aside last.
  std::string record() {
    std::string known, aside;
    for (std::uint32_t part = 0; part < parts(); ++part)
      for (const auto& row : must(ledger_->record(lane_.id, start, part)).rows)
        (row.set_aside ? aside : known) +=
            fmt::format("{:02x} {} {}\n", fmt::join(row.key, ""), row.revision, row.row.counts[2]);
    return known + aside;
  }
  std::uint32_t parts() { return must(ledger_->parts(lane_.id, start)); }

 private:
  streams::StreamSettings settings_ = settings();
  std::unique_ptr<streams::Fetcher> fetcher_ =
      streams::find("usage")->make(settings_, "2023-06-01");
  std::unique_ptr<ledger::Ledger> ledger_;
  Delivery delivery_;
  ledger::Lane lane_;
  std::unique_ptr<Emitter> emitter_;
};

Answer random_answer(Random& random) {
  Answer answer;
  for (int model = 0; model < 30; ++model)
    if (pick(random, 0, 2) > 0) answer.push_back({model, pick(random, 1, 3)});
  for (auto again = pick(random, 0, 4); again > 0 && !answer.empty(); --again) {
    // Some twice, and some of these less than nothing together.
    const auto model = answer[static_cast<std::size_t>(pick(random, 0, 5)) % answer.size()].first;
    answer.push_back({model, pick(random, -4, 2)});
  }
  if (pick(random, 0, 3) == 0) answer.push_back({static_cast<int>(pick(random, 0, 40)), {}});
  std::shuffle(answer.begin(), answer.end(), random);
  return answer;
}

/// What a store adds up, and whether an id came twice.
struct Store {
  std::map<std::string, std::int64_t> tokens;
  std::set<std::string> ids;
  void put(const std::string& ndjson) {
    for (const std::string& line : test::lines(ndjson)) {
      const auto document = boost::json::parse(line);
      const bool fresh = ids.emplace(document.at("event").at("id").as_string()).second;
      CHECK(fresh);
      const auto& usage = document.at("anthropic").at("usage").as_object();
      const auto* output = usage.if_contains("output_tokens");
      if (output != nullptr)
        tokens[std::string(usage.at("model").as_string())] += output->as_int64();
    }
  }
};

TEST_CASE("slices of any size make the documents and the record of one slice, in its order") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 25; ++round) {
    Stream whole(at_once), ones(1), threes(3), changing(2);
    for (int reading = 0; reading < 6; ++reading) {
      CAPTURE(round, reading);
      const Answer answer = random_answer(random);
      changing.reset(static_cast<std::size_t>(pick(random, 1, 20)));
      for (Stream* stream : {&whole, &ones, &threes, &changing}) REQUIRE(stream->read(answer));
      const std::string documents = whole.documents(), record = whole.record();
      for (Stream* stream : {&ones, &threes, &changing}) {
        REQUIRE(stream->documents() == documents);
        REQUIRE(stream->record() == record);
      }
      CHECK(whole.parts() == 1);
    }
    CHECK(ones.parts() > 5);
  }
}

TEST_CASE("what was cut off between two slices is finished by the next reading, and no row twice") {
  const auto seed = test::seed();
  CAPTURE(seed);
  Random random(seed);
  const test::Scratch scratch;
  for (int round = 0; round < 10; ++round) {
    const std::string state = scratch / ("state" + std::to_string(round));
    Store store;
    Answer last;
    for (int reading = 0; reading < 12; ++reading) {
      CAPTURE(round, reading);
      Stream stream(static_cast<std::size_t>(pick(random, 1, 3)), state);
      last = random_answer(random);
      std::erase_if(last, [](const auto& row) { return row.second.value_or(0) < 1; });
      if (reading < 11) {
        stream.read(last, static_cast<int>(pick(random, 0, 8)));
      } else {
        REQUIRE(stream.read(last));
      }
      store.put(stream.documents());
    }
    std::map<std::string, std::int64_t> true_tokens;
    for (const auto& [model, tokens] : last) true_tokens["m" + std::to_string(model)] += *tokens;
    for (const auto& [model, tokens] : store.tokens) {
      CAPTURE(model);
      CHECK(tokens == true_tokens[model]);
    }
    for (const auto& [model, tokens] : true_tokens) CHECK(store.tokens[model] == tokens);
  }
}

TEST_CASE("a slice ends in time whether its rows differ or not, so that a poll keeps its budget") {
  Answer answer;
  for (int model = 0; model < 100; ++model) answer.push_back({model, 1});
  Stream stream(4);

  const auto [first, most] = stream.slices(answer);
  CHECK(first >= 25);
  CHECK(most <= 4);
  const auto [again, none] = stream.slices(answer);
  CHECK(again >= 25);
  CHECK(none == 0);
}

TEST_CASE("a bucket whose record is one huge part grows by further parts") {
  Answer answer;
  for (int model = 0; model < 50; ++model) answer.push_back({model, 1});
  Stream stream(at_once);
  REQUIRE(stream.read(answer));
  CHECK(stream.parts() == 1);
  stream.documents();

  stream.reset(4);
  for (int model = 50; model < 60; ++model) answer.push_back({model, 1});
  answer[7].second = 9;
  REQUIRE(stream.read(answer));
  CHECK(stream.parts() == 4);
  CHECK(test::lines(stream.documents()).size() == 11);
  REQUIRE(stream.read(answer));
  CHECK(stream.documents().empty());
}

TEST_CASE("a bucket has at most as many rows as are told, once equal ones were added up") {
  const auto fetcher = streams::find("usage")->make(settings(), "2023-06-01");
  const auto feed = [&](int different, int equal) {
    std::string text = R"({"data":[{"starting_at":"2026-09-01T00:00:00Z","results":[)";
    for (int i = 0; i < different * equal; ++i)
      text += fmt::format(R"({}{{"uncached_input_tokens":1,"cache_read_input_tokens":0,)"
                          R"("output_tokens":1,"model":"m{}"}})",
                          i > 0 ? "," : "", i % different);
    return streams::make_report_decoder(fetcher->layout(), false, 10)->feed(text);
  };
  must(feed(10, 3));
  const Error error = test::failure(feed(11, 1));
  CHECK(error.code == Errc::protocol);
  CHECK(error.message ==
        "$.data[0].results has more than 10 rows, the most that one bucket may have; group by "
        "fewer dimensions");
  STATIC_REQUIRE(streams::most_bucket_rows == 2'000'000);
}

TEST_CASE("a hundred thousand equal rows are one document") {
  Stream stream(at_once);
  REQUIRE(stream.read(Answer(100'000, {7, 3})));
  Store store;
  store.put(stream.documents());
  CHECK(store.ids.size() == 1);
  CHECK(store.tokens == std::map<std::string, std::int64_t>{{"m7", 300'000}});
}

}  // namespace
}  // namespace anthropic_metrics
