// SPDX-License-Identifier: Apache-2.0
// `demo`: a simulated organization, one round of collecting, a summary of what came, and the proof
// that it adds up. The round itself is `run --once`, unchanged.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <system_error>

#include "base/printable.hpp"
#include "base/time_text.hpp"
#include "commands/child_process.hpp"
#include "commands/demo_files.hpp"
#include "commands/demo_summary.hpp"
#include "commands/plugin_options.hpp"
#include "outputs/sink.hpp"
#include "run/plugin_library.hpp"
#include "run/runner.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

struct DemoSettings {
  std::filesystem::path folder = "build/demo";
  int groups = 24;
  std::uint64_t seed = 1;
  std::string epoch;             // empty: the start of this hour
  std::int64_t patience_s = 10;  // and a second more per 5,000 groups, without anything coming
  PluginPlace plugin;
};

constexpr const char* simulator_name = "anthropic-metrics-simulator";
// Opens nothing but the simulator; see simulator/options.hpp.
constexpr const char* simulator_key = "sk-ant-admin01-simulator";

// What the simulator says when it is ready.
struct Ready {
  std::string url;
  std::string certificate_authority;
  std::string organization_id;
  std::string epoch;
  std::vector<std::string> endpoints;
};

std::string start_of_this_hour() {
  return format_rfc3339(std::chrono::floor<std::chrono::hours>(std::chrono::system_clock::now()));
}

std::optional<Ready> read_ready_line(ChildProcess& simulator, std::chrono::seconds patience) {
  const auto line = simulator.read_line(patience);
  if (!line) return std::nullopt;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(*line, error);
  const auto* map = error ? nullptr : value.if_object();
  if (map == nullptr) return std::nullopt;
  const auto text = [&](const char* key) {
    const auto* member = map->if_contains(key);
    return member != nullptr && member->is_string() ? std::string(member->as_string().c_str())
                                                    : std::string();
  };
  Ready ready{
      text("url"), text("certificate_authority"), text("organization_id"), text("epoch"), {}};
  if (const auto* paths = map->if_contains("endpoints"); paths != nullptr && paths->is_array())
    for (const auto& path : paths->as_array())
      if (path.is_string()) ready.endpoints.emplace_back(path.as_string().c_str());
  if (ready.url.empty() || ready.epoch.empty()) return std::nullopt;
  return ready;
}

// The data sets of the streams that are on by default and ask what the simulator answers.
std::vector<std::string> simulated(const PluginLibrary& plugin, const Ready& ready) {
  std::vector<std::string> datasets;
  for (const StreamInfo& stream : plugin.streams()) {
    if (stream.endpoint.empty() || stream.opt_in) continue;
    const auto& served = ready.endpoints;
    if (std::find(served.begin(), served.end(), stream.endpoint) != served.end())
      datasets.push_back(stream.dataset);
    else
      fmt::print("Not simulated: {}\n", printable(stream.dataset));
  }
  return datasets;
}

// Says what will be collected, and writes it down: the policy for the host, the streams for the
// check.
void write_policy(const PluginLibrary& plugin, const Ready& ready, const DemoFolder& folder) {
  fmt::print("Simulated organization {} at {}, time {}\n", printable(ready.organization_id),
             printable(ready.url), printable(ready.epoch));
  const std::vector<std::string> datasets = simulated(plugin, ready);
  fmt::print("Collecting {} ...\n", printable(fmt::format("{}", fmt::join(datasets, ", "))));
  std::fflush(stdout);
  std::ofstream(folder.policy()) << demo_policy(ready.url, ready.certificate_authority, datasets);
  std::ofstream(folder.description())
      << boost::json::object{{"streams", plugin.describe(BEAT_DESCRIBE_STREAMS)}} << '\n';
}

// The options that decide the simulated data; serving and checking must agree on them.
std::vector<std::string> data_options(const DemoSettings& settings, const std::string& epoch) {
  return {"--seed",   std::to_string(settings.seed),  "--epoch", epoch,
          "--groups", std::to_string(settings.groups)};
}

// A line now and then while documents arrive, so that the terminal is never silent for long.
class Progress {
 public:
  void operator()(const beat_batch& batch, const std::vector<StreamTarget>& targets) {
    const std::lock_guard lock(mutex_);
    for (std::uint64_t i = 0; i < batch.doc_count; ++i)
      ++counts_[targets.at(document(batch, i).stream).name];
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(300)) return;
    last_ = now;
    std::string line;
    for (const auto& [name, count] : counts_) {
      line +=
          fmt::format("{}{} {}", line.empty() ? "" : ", ", name, grouped(std::to_string(count)));
    }
    fmt::print("  written: {}\n", printable(line));
    std::fflush(stdout);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

std::vector<std::string> serve_arguments(const DemoSettings& settings, const std::string& epoch,
                                         const DemoFolder& folder) {
  std::vector<std::string> arguments{"serve", "--port", "0", "--speed", "0", "--exit-with-stdin"};
  // Said explicitly, since the simulator would take a real key from the environment.
  arguments.insert(arguments.end(), {"--admin-key", simulator_key, "--certificates",
                                     folder.certificates().string()});
  for (std::string& option : data_options(settings, epoch)) arguments.push_back(std::move(option));
  return arguments;
}

Result<void> collect(const DemoSettings& settings, const Ready& ready, const DemoFolder& folder,
                     Log& log) {
  Progress progress;
  RunSettings run_settings;
  run_settings.policy_file = folder.policy();
  run_settings.data_path = folder.state().string();
  run_settings.plugin = settings.plugin;
  run_settings.once = true;
  run_settings.longest_standstill =
      std::chrono::seconds(settings.patience_s + settings.groups / 5000);
  run_settings.standstill_remedy = fmt::format(
      "the demo needs nothing but its simulator at {}: check that this machine lets a program "
      "connect to itself there (sandbox, firewall, network namespace without loopback); {} says "
      "what the "
      "simulator saw",
      ready.url, folder.simulator_log().string());
  run_settings.environment["ANTHROPIC_ADMIN_KEY"] = simulator_key;
  run_settings.written = [&](const beat_batch& batch, const std::vector<StreamTarget>& targets) {
    progress(batch, targets);
  };
  return run(run_settings, log);
}

bool check(const std::filesystem::path& program, const DemoSettings& settings, const Ready& ready,
           const DemoFolder& folder) {
  std::vector<std::string> arguments{"check", "--documents", folder.documents().string()};
  for (std::string& option : data_options(settings, ready.epoch)) {
    arguments.push_back(std::move(option));
  }
  arguments.insert(arguments.end(), {"--as-of", ready.epoch});
  arguments.insert(arguments.end(), {"--description", folder.description().string()});
  fmt::print("\nCheck against the simulator's truth\n");
  std::fflush(stdout);
  ChildProcess checker(program, arguments);
  while (const auto line = checker.read_line(std::chrono::seconds(60)))
    fmt::print("  {}\n", printable(*line));
  return checker.wait() == 0;
}

// As the reader may type it: relative if it is below the working directory.
std::string shown(const std::filesystem::path& path) {
  std::error_code error;
  const auto relative = path.lexically_relative(std::filesystem::current_path(error));
  const bool below = !error && !relative.empty() && relative.begin()->string() != "..";
  return printable(below ? relative.string() : path.string());
}

void print_files(const DemoFolder& folder) {
  std::vector<std::string> documents;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder.documents(), error)) {
    if (entry.path().extension() == ".ndjson") documents.push_back(shown(entry.path()));
  }
  std::sort(documents.begin(), documents.end());
  fmt::print("\nFiles\n");
  for (const std::string& file : documents) fmt::print("  {}\n", file);
  fmt::print("  {}\n", shown(folder.policy()));
}

// The same again, step by step, with a simulator that stays and whose time moves.
void print_next_steps(const std::filesystem::path& program, const DemoSettings& settings,
                      const Ready& ready, const DemoFolder& folder) {
  const std::string port = ready.url.substr(ready.url.rfind(':') + 1);
  fmt::print(
      "\nBy hand\n  {} serve --port {} --certificates {} --seed {} --groups {} --epoch {} &\n",
      shown(program), port, shown(folder.certificates()), settings.seed, settings.groups,
      ready.epoch);
  fmt::print("  ANTHROPIC_ADMIN_KEY={} {} run -c {} --path.data {}\n", simulator_key,
             shown(program.parent_path() / "anthropic-metrics"), shown(folder.policy()),
             shown(folder.state()));
}

// The last line that the simulator wrote to its log.
std::string last_words(const DemoFolder& folder) {
  std::ifstream said(folder.simulator_log());
  std::string last;
  for (std::string line; std::getline(said, line);)
    if (!line.empty()) last = line;
  return last.empty() ? "it says nothing" : last;
}

Result<std::filesystem::path> simulator_program() {
  const std::filesystem::path program = binary_folder() / simulator_name;
  std::error_code error;
  if (std::filesystem::exists(program, error)) return program;
  return Failure{
      ExitCode::plugin_missing,
      {fmt::format("no simulator at {}; build the target {}, or install it beside this program",
                   program.string(), simulator_name)}};
}

// Prints progress and summary to standard output. What an earlier demo left in the folder is
// removed.
Result<void> demo(const DemoSettings& settings, Log& log) {
  const auto begin = std::chrono::steady_clock::now();
  const auto program = simulator_program();
  if (!program) return program.error();
  const auto plugin = find_plugin(settings.plugin);
  if (!plugin) return plugin.error();
  const DemoFolder folder{std::filesystem::absolute(settings.folder).lexically_normal()};
  if (auto prepared = prepare(folder); !prepared) return prepared;
  if (log.level() == LogLevel::info) log.set_level(LogLevel::warn);  // the demo tells its own story

  const std::string epoch = settings.epoch.empty() ? start_of_this_hour() : settings.epoch;
  ChildProcess simulator(*program, serve_arguments(settings, epoch, folder),
                         folder.simulator_log());
  const auto ready = read_ready_line(simulator, std::chrono::seconds(settings.patience_s));
  if (!ready) {
    return Failure{ExitCode::internal,
                   {fmt::format("the simulator did not start: {}; see {}", last_words(folder),
                                folder.simulator_log().string())}};
  }
  write_policy(*plugin, *ready, folder);
  if (auto collected = collect(settings, *ready, folder, log); !collected) return collected;

  const DemoSummary summary = summarize(folder.documents());
  fmt::print("{}", to_text(summary));
  print_files(folder);
  const bool equal = check(*program, settings, *ready, folder) && summary.faults.empty();
  print_next_steps(*program, settings, *ready, folder);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  fmt::print("\nDone in {}.{} s.\n", took.count() / 1000, took.count() % 1000 / 100);
  if (!equal) return Failure{ExitCode::internal};  // the lines above say what differs
  return {};
}

class Demo : public Command {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "--output",
         .sentence = "Where policy and documents are put",
         .value = &settings_.folder,
         .type = "DIR",
         .shows_default = true},
        {.names = "--groups",
         .sentence = "Rows per bucket of the simulated organization",
         .value = &settings_.groups,
         .type = "N",
         .shows_default = true,
         .range = {1, 100'000}},
        {.names = "--seed",
         .sentence = "Seed of the simulated data",
         .value = &settings_.seed,
         .type = "N",
         .shows_default = true},
        {.names = "--epoch",
         .sentence = "The simulated present; the start of this hour if not given",
         .value = &settings_.epoch,
         .type = "TIME"},
        {.names = "--timeout",
         .sentence = "Give up when nothing has come for this many seconds",
         .value = &settings_.patience_s,
         .type = "SECONDS",
         .shows_default = true,
         .range = {1, 3600}}};
    for (Option& option : plugin_options(settings_.plugin)) options.push_back(std::move(option));
    return options;
  }

  Result<void> run(Log& log) override { return demo(settings_, log); }

 private:
  DemoSettings settings_;
};

const Registration registered({.name = "demo",
                               .sentence = "Show everything against a simulated organization",
                               .place = 3,
                               .make = make_command<Demo>});

}  // namespace
}  // namespace anthropic_metrics::host
