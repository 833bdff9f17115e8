// SPDX-License-Identifier: Apache-2.0
// What must hold when a history is over.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "history.hpp"
#include "simulator/parameters.hpp"
#include "streams/report.hpp"
#include "verdict.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// When each bucket of a lane was last read whole.
std::map<Instant, Instant> last_reads(const ledger::Lane& lane,
                                      const std::vector<ReadWindow>& windows) {
  std::map<Instant, Instant> reads;
  const auto width = streams::width_of(lane.bucket_width);
  for (const ReadWindow& window : windows) {
    const auto target = simulator::parse_target(window.target);
    if ((target.path.find("usage_report") != std::string::npos) != (lane.stream == "usage"))
      continue;
    if (!target.find("starting_at")) continue;
    std::vector<std::string> groups;
    for (const auto& [name, value] : target.parameters)
      if (name == "group_by[]") groups.push_back(value);
    if (groups != lane.group_by || target.find("bucket_width").value_or("1d") != lane.bucket_width)
      continue;
    const auto time = [&](const char* name) {
      return std::chrono::floor<std::chrono::seconds>(
          simulator::parse_rfc3339(target.find(name).value()).value());
    };
    for (Instant start = time("starting_at"); start < time("ending_at"); start += width)
      reads[start] = window.at;
  }
  return reads;
}

}  // namespace

std::uint64_t History::drain() {
  std::uint64_t batches = 0;
  for (int rounds = 0; rounds < 100'000 && problems_.empty(); ++rounds) {
    const auto result = runtime_->poll(1s, limits_);
    if (!result) {
      problem("poll: " + result.error().message);
    } else if (result->kind == Runtime::PollResult::Kind::batch) {
      ++batches;
      deliver(*result->batch);
    } else if (result->kind == Runtime::PollResult::Kind::backpressure) {
      problem("the host is behind although it acknowledged everything");
    } else {
      // Shorter than any interval: the pace of requests, or a retry.
      if (result->next_poll > 55s) return batches;
      time_.advance(std::max<Milliseconds>(result->next_poll, 1ms));
    }
  }
  problem("the streams do not come to rest");
  return batches;
}

void History::run_on() {
  const Instant end = time_.server() + 26h + 10min;
  while (problems_.empty() && time_.server() < end) poll();
  if (problems_.empty()) check_recency();
}

/// Every bucket was read again as often as its tier says, and the store holds what was read.
void History::check_recency() {
  drain();
  const Instant now = time_.server();
  runtime_.reset();
  auto ledger = ledger::Ledger::open(state_.string());
  if (!ledger) return problem("open: " + ledger.error().message);
  for (const char* stream : {"usage", "cost"}) {
    const bool usage = stream == std::string_view("usage");
    auto lanes = (*ledger)->lanes(stream);
    if (!lanes) return problem(lanes.error().message);
    for (const ledger::Lane& lane : *lanes) {
      // A grain that came back has two lanes; the wire cannot tell them apart.
      const auto same = std::count_if(lanes->begin(), lanes->end(), [&](const ledger::Lane& other) {
        return grain_of(other) == grain_of(lane);
      });
      if (same > 1) continue;
      const auto reads = last_reads(lane, wire_.windows);
      const auto width = streams::width_of(lane.bucket_width);
      const auto interval =
          std::chrono::minutes(usage ? streams_.usage_interval_m : streams_.cost_interval_m);
      const Milliseconds look_back = usage ? 720h : 840h;
      Sums expected, stored;
      for (Instant start = lane.origin; start < lane.cursor; start += width) {
        const auto age = now - start;
        const auto due = usage ? (age < 26h ? 1h : 24h) : (age < 72h ? 6h : 24h);
        const auto at = reads.find(start);
        if (age > look_back) continue;
        if (at == reads.end() || now - at->second > due + interval + 10min) {
          problem(fmt::format("{} bucket {} was last read {}, more than its tier allows before {}",
                              stream, simulator::format_rfc3339(start),
                              at == reads.end() ? "never" : simulator::format_rfc3339(at->second),
                              simulator::format_rfc3339(now)));
          continue;
        }
        expected.merge(truth(simulator_, lane, start, start + width, at->second));
        for (const auto& [place, sum] : store_.sums(grain_of(lane)))
          if (place.first == start) stored[place] = sum;
      }
      for (const std::string& text : differences(stored, expected))
        problem(fmt::format("as last read, {} {} by {}: {}", stream, lane.bucket_width,
                            std::get<2>(grain_of(lane)), text));
    }
  }
  ledger->reset();
  start();
}

void History::check_sums(Instant as_of) {
  const Settle settle{std::chrono::minutes(usage_settle_m_), std::chrono::minutes(cost_settle_m_)};
  const Verdict verdict = compare(simulator_, store_, state_, as_of, settle);
  tally_["rows compared"] += verdict.rows;
  for (const std::string& text : verdict.problems) problem(text);

  // What was configured last is what is collected.
  auto ledger = ledger::Ledger::open(state_.string());
  if (!ledger) return problem("open: " + ledger.error().message);
  const auto lanes = (*ledger)->lanes("usage");
  const auto current = [&](const ledger::Lane& lane) {
    return !lane.end && lane.bucket_width == streams_.usage_width &&
           lane.group_by == streams_.usage_groups;
  };
  if (!lanes || std::count_if(lanes->begin(), lanes->end(), current) != 1)
    problem("no lane collects the grain that is configured");
}

void History::finish() {
  quiet_ = true;
  simulator_.clear_faults();
  // The simulator's own faults end under a rule for every request: a body sent without haste.
  if (auto wrong =
          simulator_.add_faults(R"({"faults":[{"kind":"trickle","count":0,"duration_ms":0}]})"))
    problem(*wrong);
  handover_ = false;
  time_.advance(1h);  // As long as the API may ask to be left alone.
  restart(chance(random_, 50));
  if (!problems_.empty()) return;
  if (chance(random_, 25)) {
    ++tally_["ran on for a day"];
    run_on();
  }
  if (!problems_.empty()) return;

  // Server time stands still, so that all of the look-back is read at one moment.
  drain();
  time_.freeze_server(true);
  // Twice: the second run has the first one's time as a witness, and cursors get to the disk.
  for (int runs = 0; runs < 2; ++runs) {
    restart(false);
    if (!problems_.empty()) return;
    drain();
  }
  if (runtime_->health() != Health::healthy)
    problem("not healthy at the end: " + runtime_->last_error());
  runtime_.reset();
  if (problems_.empty()) check_sums(time_.server());
  if (!problems_.empty()) return;

  // What has not changed is not written again, neither to the host nor to the disk.
  const std::string before = bytes_of(state_ / "ledger.db");
  start();
  if (!problems_.empty()) return;
  if (const auto batches = drain(); batches > 0)
    problem(fmt::format("{} batches for data that have not changed", batches));
  runtime_.reset();
  if (bytes_of(state_ / "ledger.db") != before)
    problem("the state was written although nothing changed");
}

}  // namespace anthropic_metrics::test
