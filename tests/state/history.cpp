// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "canary.hpp"
#include "edge/host_link.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;

constexpr std::array<const char*, 12> fault_scripts{
    R"("kind":"status","status":429,"retry_after":"3")",
    R"("kind":"status","status":500)",
    R"("kind":"status","status":401)",
    R"("kind":"spend_cap")",
    R"("kind":"truncate")",
    R"("kind":"reset")",
    R"("kind":"stall")",
    R"("kind":"trickle")",
    R"("kind":"malformed")",
    R"("kind":"wrong_types")",
    R"("kind":"missing_bucket")",
    R"("kind":"repeated_bucket")",
};
/// A front server's clock: behind, a bucket ahead, days ahead.
constexpr std::array<int, 5> wrong_dates{-200'000, -4000, 4000, 90'000, 400'000};
constexpr std::array<const char*, 4> more_fault_scripts{
    R"("kind":"page_loop")",
    R"("kind":"missing_page_token")",
    R"("kind":"html")",
    R"("kind":"status","status":529,"retry_after":"7200")",
};

std::vector<std::string> some_of(Random& random, std::vector<std::string> names, int most) {
  std::vector<std::string> chosen;
  for (std::int64_t left = pick(random, 0, most); left > 0 && !names.empty(); --left) {
    const auto at = names.begin() + pick(random, 0, static_cast<std::int64_t>(names.size()) - 1);
    chosen.push_back(*at);
    names.erase(at);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

std::filesystem::path fast_folder() {
  const char* memory = "/dev/shm";
  if (::access(memory, W_OK) == 0) return memory;
  return std::filesystem::temp_directory_path();
}

simulator::Options History::organization(Random& random, bool minutes) {
  simulator::Options options;
  options.admin_key = canary;
  options.seed = random();
  options.epoch += std::chrono::minutes(pick(random, 0, 60 * 24 * 14));
  options.groups = static_cast<int>(pick(random, 2, 4));
  options.activity = static_cast<double>(pick(random, 5, 90)) / 100;
  options.late_rate = static_cast<double>(pick(random, 0, 30)) / 100;
  options.late_within = std::chrono::minutes(pick(random, 10, 6 * 60));
  options.restate_rate = static_cast<double>(pick(random, 0, 30)) / 100;
  // Within the look-back: of minute buckets, a day is read again.
  options.restate_within = std::chrono::minutes(pick(random, 60, (minutes ? 10 : 30) * 60));
  options.vanish_rate = static_cast<double>(pick(random, 0, 30)) / 100;
  options.open_bucket = chance(random, 50);
  options.future_buckets = chance(random, 30);
  // A third of the organizations fail by themselves, the others when a script says so.
  if (chance(random, 33)) options.fault_rate = static_cast<double>(pick(random, 1, 25)) / 100;
  return options;
}

History::History(std::uint64_t seed, const std::filesystem::path& folder, Tally& tally)
    : random_(seed),
      tally_(tally),
      state_(folder / "state"),
      usage_settle_m_(static_cast<int>(std::array{0, 5, 60}[random_() % 3])),
      cost_settle_m_(static_cast<int>(std::array{0, 60}[random_() % 2])),
      minutes_(chance(random_, 8)),
      fault_percent_(chance(random_, 60) ? static_cast<int>(pick(random_, 1, 25)) : 0),
      length_(minutes_             ? pick(random_, 2, 5)
              : chance(random_, 3) ? 240
                                   : pick(random_, 6, 48)),
      simulator_(organization(random_, minutes_)) {
  wire_.random.seed(random_());
  wire_.largest_piece = std::array<std::size_t, 3>{100, 2000, 65536}[random_() % 3];
  wire_.on_crash = [this] { runtime_->cancel(); };
  wire_.before_request = [this] { fault_sometimes(); };
  choose_streams();
  choose_host();
}

History::~History() {
  runtime_.reset();
}

void History::choose_streams() {
  const std::int64_t wide = pick(random_, 1, 100);
  streams_.usage_width = minutes_ ? (wide <= 60 ? "1m" : "1h") : (wide <= 75 ? "1h" : "1d");
  streams_.usage_groups =
      some_of(random_,
              {"account_id", "api_key_id", "context_window", "inference_geo", "model",
               "service_account_id", "service_tier", "speed", "workspace_id"},
              4);
  streams_.cost_groups = some_of(random_, {"description", "workspace_id"}, 2);
  streams_.usage_interval_m = std::array{10, 30, 60}[random_() % 3];
  streams_.cost_interval_m = std::array{60, 180}[random_() % 2];
  streams_.rate_limit = chance(random_, 15);
  streams_.data_stream_namespace = chance(random_, 30) ? "other" : "default";
  streams_.name = chance(random_, 30) ? "claude_metrics" : "anthropic_metrics";
}

void History::choose_host() {
  // In the end the host acknowledges, so that nothing is kept for later.
  handover_ = chance(random_, 10) && !quiet_;
  const bool small = chance(random_, 40);
  most_documents_ = small ? static_cast<int>(pick(random_, 1, 20)) : 1000;
  most_bytes_ = small ? static_cast<int>(pick(random_, 1024, 8192)) : 1 << 20;
  most_in_flight_ = static_cast<int>(pick(random_, 1, 8));
  limits_ = {};
  if (chance(random_, 30)) limits_.most_documents = static_cast<std::size_t>(pick(random_, 1, 9));
  if (chance(random_, 30)) limits_.most_bytes = static_cast<std::size_t>(pick(random_, 500, 5000));
}

std::string History::config() const {
  const auto list = [](const std::vector<std::string>& names) {
    return names.empty() ? std::string() : fmt::format("\"{}\"", fmt::join(names, "\",\""));
  };
  return fmt::format(
      R"({{"admin_api_key":"{}","acknowledge":"{}","state":{{"path":"{}"}},)"
      R"("batch":{{"max_documents":{},"max_bytes":{},"max_in_flight":{}}},"streams":{{)"
      R"("usage":{{"dataset":"{}.usage","namespace":"{}","interval":"{}m","initial_interval":"{}m","settle":"{}m","bucket_width":"{}","group_by":[{}]}},)"
      R"("cost":{{"dataset":"{}.cost","enabled":{},"interval":"{}m","initial_interval":"48h","settle":"{}m","group_by":[{}]}},)"
      R"("api_key":{{"enabled":false}},"spend_limit":{{"enabled":false}},"workspace":{{"enabled":false}},)"
      R"("health":{{"enabled":false}},"rate_limit":{{"enabled":{}}}}}}})",
      canary, handover_ ? "handover" : "explicit", state_.string(), most_documents_, most_bytes_,
      most_in_flight_, streams_.name, streams_.data_stream_namespace, streams_.usage_interval_m,
      minutes_ ? 60 : 24 * 60, usage_settle_m_, streams_.usage_width, list(streams_.usage_groups),
      streams_.name, !minutes_, streams_.cost_interval_m, cost_settle_m_,
      list(streams_.cost_groups), streams_.rate_limit && !quiet_);
}

void History::problem(std::string text) {
  if (problems_.size() < 10) problems_.push_back(std::move(text));
}

void History::start() {
  auto settings = read_settings(config());
  if (!settings) return problem("configuration: " + settings.error().message);
  auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host_.table()),
                            simulated_network(simulator_, time_, wire_), random_(),
                            [this] { return time_.uptime(); });
  if (!made) return problem("start: " + made.error().message);
  runtime_ = std::move(*made);
}

void History::restart(bool crash) {
  // A dying process leaves what is on disk now; an orderly end may still tidy up.
  const auto image = state_.parent_path() / "image";
  if (crash) std::filesystem::copy(state_, image);
  runtime_.reset();
  if (crash) {
    std::filesystem::remove_all(state_);
    std::filesystem::rename(image, state_);
    std::filesystem::permissions(state_, std::filesystem::perms::owner_all);
  }
  ++tally_[crash ? "crash" : "restart"];
  held_.clear();
  wire_.crashed = false;
  wire_.crash_at = -1;
  if (!quiet_ && chance(random_, 20)) {
    ++tally_["configuration changed"];
    choose_streams();
  }
  if (chance(random_, 30)) choose_host();
  start();
}

void History::fault_sometimes() {
  if (quiet_ || !chance(random_, fault_percent_)) return;
  simulator_.clear_faults();
  if (chance(random_, 8)) {
    ++tally_["wrong date"];
    if (auto wrong = simulator_.add_faults(
            fmt::format(R"({{"faults":[{{"kind":"wrong_date","offset_s":{},"count":{}}}]}})",
                        wrong_dates[random_() % wrong_dates.size()], pick(random_, 1, 6))))
      problem(*wrong);
    return;
  }
  const auto number =
      static_cast<std::size_t>(random_() % (fault_scripts.size() + more_fault_scripts.size()));
  const char* fault = number < fault_scripts.size()
                          ? fault_scripts[number]
                          : more_fault_scripts[number - fault_scripts.size()];
  if (auto wrong = simulator_.add_faults(
          fmt::format(R"({{"faults":[{{{},"count":{}}}]}})", fault, pick(random_, 1, 4))))
    problem(*wrong);
}

void History::act() {
  const auto what = pick(random_, 1, 1000);
  if (what <= 5) return restart(false);
  if (what <= 10) return restart(true);
  if (what <= 20 && wire_.crash_at < 0) wire_.crash_at = wire_.steps + pick(random_, 0, 40);
  if (what <= 100) acknowledge_held();
  poll();
}

void History::poll() {
  const auto result = runtime_->poll(1s, limits_);
  if (wire_.crashed) {
    ++tally_["crash on the wire"];
    return restart(true);
  }
  if (!result) return problem("poll: " + result.error().message);
  ++tally_["polls"];
  switch (result->kind) {
    case Runtime::PollResult::Kind::batch:
      return deliver(*result->batch);
    case Runtime::PollResult::Kind::backpressure:
      ++tally_["backpressure"];
      acknowledge_held();
      if (chance(random_, 10)) restart(chance(random_, 50));
      return;
    case Runtime::PollResult::Kind::cancelled:
      return;
    case Runtime::PollResult::Kind::idle:
      break;
  }
  const auto next = std::max<Milliseconds>(result->next_poll, 1ms);
  const bool late = !quiet_ && chance(random_, 3);
  if (late && chance(random_, 4)) {
    ++tally_["stood still for days"];
    time_.advance(std::chrono::hours(pick(random_, 20, 24 * 12)));
    return restart(false);
  }
  time_.advance(late ? next + std::chrono::minutes(pick(random_, 1, 300)) : next);
}

void History::acknowledge(std::uint64_t batch, AckOutcome outcome) {
  if (handover_) return;
  if (auto done = runtime_->acknowledge(batch, outcome, 0); !done)
    problem("acknowledge: " + done.error().message);
}

void History::acknowledge_held() {
  std::vector<Held> kept;
  for (const Held& held : held_) {
    if (chance(random_, 30))
      kept.push_back(held);
    else
      acknowledge(held.batch, held.stored ? AckOutcome::durable : AckOutcome::retry);
  }
  std::swap(held_, kept);
}

void History::deliver(const Batch& batch) {
  const std::uint64_t id = batch.id;
  const std::string bytes = batch.ndjson;
  if (handover_ && !quiet_ && chance(random_, 3)) {
    // What a host loses in its memory comes again after a start.
    ++tally_["handed over and lost, then a crash"];
    return restart(true);
  }
  const auto what = quiet_ || handover_ ? 0 : pick(random_, 1, 100);
  const auto release = [&] {
    if (auto done = runtime_->release(id); !done) problem("release: " + done.error().message);
  };
  const char* name = "stored and acknowledged";
  if (what > 62 && what <= 65) {
    ++tally_["crash before the store"];
    return restart(true);
  }
  if (what <= 65 || what > 80) store_.put(bytes);
  if (what > 65 && what <= 71) {
    name = "not stored, retry";
    if (chance(random_, 30)) release();
    acknowledge(id, AckOutcome::retry);
  } else if (what > 71 && what <= 75) {
    name = "never acknowledged, not stored";
    held_.push_back({id, false});
  } else if (what > 75 && what <= 80) {
    name = "stored in part, retry";
    std::size_t lines = 0;
    for (const auto& document : batch.documents)
      if (chance(random_, 60))
        lines += document.size + 1;
      else
        break;
    store_.put(std::string_view(bytes).substr(0, lines));
    acknowledge(id, AckOutcome::retry);
  } else if (what > 80 && what <= 85) {
    name = "stored, retry";
    acknowledge(id, AckOutcome::retry);
  } else if (what > 85 && what <= 89) {
    name = "stored twice";
    store_.put(bytes);
    acknowledge(id, AckOutcome::durable);
  } else if (what > 89 && what <= 94) {
    name = "stored, acknowledged late or never";
    if (chance(random_, 50)) release();
    held_.push_back({id, true});
  } else if (what > 94 && what <= 97) {
    ++tally_["crash after the store"];
    return restart(true);
  } else if (what > 97) {
    name = "stored, released, acknowledged twice";
    release();
    acknowledge(id, AckOutcome::durable);
    acknowledge(id, AckOutcome::durable);
  } else {
    acknowledge(id, AckOutcome::durable);
  }
  ++tally_[handover_ ? "handed over" : name];
}

std::vector<std::string> History::run() {
  start();
  const Instant end = time_.server() + length_;
  while (problems_.empty() && time_.server() < end) act();
  for (const auto& request : simulator_.requests()) {
    ++tally_["requests"];
    if (!request.fault.empty()) ++tally_["fault " + request.fault];
  }
  if (problems_.empty()) finish();
  for (const std::string& fault : store_.faults()) problem(fault);
  tally_["documents"] += store_.documents();
  tally_["corrections"] += store_.corrections();
  tally_["rows set aside"] += store_.set_aside();
  tally_["conflicts (409)"] += store_.conflicts();
  tally_["virtual hours"] += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::hours>(time_.monotonic()).count());
  if (!problems_.empty())
    problems_.push_back("configuration: " + config() + "\nlog of the host:\n" + host_.log());
  return problems_;
}

}  // namespace anthropic_metrics::test
