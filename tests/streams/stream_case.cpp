// SPDX-License-Identifier: Apache-2.0
#include "stream_case.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/time_text.hpp"
#include "collect/directory.hpp"
#include "collect/emitter.hpp"
#include "settings/stream_config.hpp"
#include "streams/row_sequence.hpp"

namespace anthropic_metrics::test {
namespace {

/// AM_TREE names another tree than this one.
std::filesystem::path fixtures() {
  const char* tree = std::getenv("AM_TREE");
  return std::filesystem::path(tree != nullptr ? tree : AM_SOURCE_DIR) / "tests/fixtures";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  INFO("file " << path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::string StreamCase::read(const std::string& file) const {
  return read_file(directory / file);
}

std::vector<std::string> StreamCase::answers() const {
  std::vector<std::string> answers{read("answer.json")};
  for (int number = 2;; ++number) {
    const std::string file = "answer-" + std::to_string(number) + ".json";
    if (!std::filesystem::exists(directory / file)) return answers;
    answers.push_back(read(file));
  }
}

streams::StreamSettings StreamCase::settings() const {
  Faults faults;
  const auto value = boost::json::parse(read("settings.json"));
  streams::StreamSettings common;
  common.tags = {"forwarded"};
  const auto* descriptor = streams::find(stream);
  REQUIRE(descriptor != nullptr);
  auto settings =
      streams::read_stream_settings(*descriptor, value.as_object(), "/" + stream, common, faults);
  CHECK(faults.empty());
  if (settings.personal.mode() == streams::PersonalData::hashed)
    settings.personal = streams::Personal(settings.personal.mode(), std::string(32, 'k'));
  return settings;
}

std::vector<StreamCase> snapshot_parts(std::string_view stream, const std::string& file) {
  std::vector<StreamCase> cases;
  for (const auto& one : std::filesystem::directory_iterator(fixtures() / stream))
    if (std::filesystem::exists(one.path() / file))
      cases.push_back({one.path(), std::string(stream)});
  REQUIRE_FALSE(cases.empty());
  return cases;
}

std::vector<StreamCase> stream_cases(std::string_view stream) {
  std::vector<StreamCase> cases;
  for (const auto& folder : std::filesystem::directory_iterator(fixtures())) {
    const std::string name = folder.path().filename().string();
    if (!folder.is_directory() || streams::find(name) == nullptr) continue;
    if (!stream.empty() && name != stream) continue;
    for (const auto& one : std::filesystem::directory_iterator(folder))
      if (std::filesystem::exists(one.path() / "answer.json")) cases.push_back({one.path(), name});
  }
  std::sort(cases.begin(), cases.end(),
            [](const StreamCase& a, const StreamCase& b) { return a.directory < b.directory; });
  REQUIRE_FALSE(cases.empty());
  return cases;
}

streams::Window StreamCase::window() const {
  const auto value = boost::json::parse(read("window.json"));
  const auto time = [&](const char* name) {
    const auto read = parse_rfc3339(value.at(name).as_string());
    REQUIRE(read);
    return *read;
  };
  return {time("start"), time("end")};
}

namespace {

Result<Decoded> decode(streams::Decoder* decoder, std::string_view answer, std::size_t piece) {
  decoder->read_past_broken();
  Decoded decoded;
  const auto take = [&] {
    for (auto& bucket : decoder->take()) decoded.buckets.push_back(std::move(bucket));
  };
  for (; !answer.empty(); answer.remove_prefix(std::min(piece, answer.size()))) {
    auto fed = decoder->feed(answer.substr(0, piece));
    take();
    if (!fed) return fed.error();
  }
  auto next = decoder->finish();
  take();
  if (!next) return next.error();
  decoded.next_page = *next;
  decoded.complete_to = decoder->complete_to();
  return decoded;
}

}  // namespace

Result<Decoded> decode(const streams::Fetcher& fetcher, std::string_view answer,
                       std::size_t piece) {
  return decode(fetcher.decoder().get(), answer, piece);
}

Result<Decoded> decode(const streams::Fetcher& fetcher, const streams::Window& window,
                       std::string_view answer, std::size_t piece) {
  auto decoded = decode(fetcher.decoder_of(window).get(), answer, piece);
  if (!decoded) return decoded;
  streams::RowSequence sequence(window, fetcher.width());
  if (auto taken = sequence.take(std::move(decoded->buckets)); !taken) return taken.error();
  if (decoded->next_page.empty()) sequence.finish();
  decoded->buckets = sequence.whole(decoded->complete_to);
  return decoded;
}

struct Collector::Parts {
  streams::StreamSettings settings;
  const streams::Descriptor* descriptor = nullptr;
  std::unique_ptr<streams::Fetcher> fetcher;
  std::unique_ptr<ledger::Ledger> ledger;
  std::unique_ptr<Delivery> delivery;
  std::unique_ptr<Emitter> emitter;
  std::optional<streams::Window> window;
  boost::asio::io_context loop;
  Directory directory{loop};
  Instant at{std::chrono::seconds(1'790'000'000)};
};

Collector::Collector(const std::string& stream, streams::StreamSettings settings,
                     std::string_view api_version)
    : parts_(std::make_unique<Parts>()) {
  parts_->settings = std::move(settings);
  parts_->descriptor = streams::find(stream);
  parts_->fetcher = parts_->descriptor->make(parts_->settings, api_version);
  auto opened = ledger::Ledger::open("");
  REQUIRE(opened);
  parts_->ledger = std::move(*opened);
  parts_->delivery =
      std::make_unique<Delivery>(*parts_->ledger, 1'000'000, false, Milliseconds(0), nullptr);
  ledger::Lane lane;
  lane.stream = stream;
  lane.bucket_width = parts_->settings.bucket_width;
  lane.group_by = parts_->settings.group_by;
  if (!parts_->descriptor->snapshot()) REQUIRE(parts_->ledger->add_lane(lane, 0));
  parts_->emitter =
      std::make_unique<Emitter>(*parts_->descriptor, parts_->settings, parts_->fetcher->layout(),
                                "11111111-2222-4333-8444-555555555555", lane, *parts_->ledger,
                                *parts_->delivery, 1000, 1 << 20, &parts_->directory.names());
}

Collector::~Collector() = default;

const streams::Fetcher& Collector::fetcher() const {
  return *parts_->fetcher;
}

void Collector::ask(streams::Window window) {
  parts_->window = window;
}

bool Collector::by_entry() const {
  return fetcher().shape() != streams::Shape::buckets;
}

void Collector::pass(Milliseconds time) {
  parts_->at += std::chrono::floor<std::chrono::seconds>(time);
}

Directory& Collector::directory() {
  return parts_->directory;
}

Result<void> Collector::emit_things(const streams::Bucket& list) {
  Entities reading(parts_->fetcher->layout(), std::string(parts_->descriptor->name),
                   parts_->directory, parts_->at);
  const auto emit = [&](const streams::Bucket& page) -> Result<void> {
    auto made = parts_->emitter->emit_entities(page, reading);
    if (!made) return made.error();
    parts_->directory.learn(made->entities);
    return success();
  };
  if (auto told = emit(list); !told) return told;
  return emit(reading.removed());
}

Result<std::string> Collector::collect_workspace(std::string_view id, std::string_view answer) {
  auto part = parts_->fetcher->of_workspace(id);
  REQUIRE(part != nullptr);
  parts_->fetcher.swap(part);  // The emitter borrows the layout of the whole, which stays.
  auto documents = collect(answer);
  parts_->fetcher.swap(part);
  return documents;
}

Result<std::string> Collector::collect(std::string_view answer, std::size_t piece) {
  auto decoded = parts_->window ? decode(*parts_->fetcher, *parts_->window, answer, piece)
                                : decode(*parts_->fetcher, answer, piece);
  if (!decoded) return decoded.error();
  const Instant at = parts_->at;
  if (parts_->descriptor->entities) {
    auto told =
        emit_things(decoded->buckets.empty() ? streams::Bucket{} : decoded->buckets.front());
    if (!told) return told.error();
  } else if (parts_->descriptor->snapshot()) {
    Emitter::SnapshotIds ids;
    auto made = parts_->emitter->emit_snapshot(
        decoded->buckets.empty() ? streams::Bucket{} : decoded->buckets.front(), at, ids);
    if (!made) return made.error();
  } else {
    parts_->emitter->begin(std::move(decoded->buckets));
    while (parts_->emitter->more())
      if (auto made = parts_->emitter->next(at); !made) return made.error();
  }
  std::string documents;
  for (;;) {
    auto batch = parts_->delivery->hand_out({});
    if (!batch) return batch.error();
    if (*batch == nullptr) return documents;
    documents += (*batch)->ndjson;
    const auto again = parts_->ledger->load((*batch)->id);
    if (!again) return again.error();
    CHECK(again->ndjson == (*batch)->ndjson);  // What a restart would hand out.
    if (auto acked = parts_->delivery->acknowledge((*batch)->id, AckOutcome::durable, 0); !acked)
      return acked.error();
  }
}

Result<std::string> Collector::collect(const StreamCase& fixture, std::size_t piece) {
  if (fetcher().shape() == streams::Shape::rows) ask(fixture.window());
  std::string documents;
  for (const std::string& answer : fixture.answers()) {
    auto made = collect(answer, piece);
    if (!made) return made;
    documents += *made;
  }
  return documents;
}

void check_golden(const StreamCase& fixture, const std::string& documents) {
  const auto path = fixture.directory / "documents.ndjson";
  if (std::getenv("AM_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << documents;
    SUCCEED("written");
    return;
  }
  INFO("fixture " << fixture.name() << "; ninja update-golden rewrites it");
  CHECK(documents == fixture.read("documents.ndjson"));
}

}  // namespace anthropic_metrics::test
