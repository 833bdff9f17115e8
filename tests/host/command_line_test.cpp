// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "catch_failure.hpp"
#include "commands/policy_command.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;

namespace {

Result<std::unique_ptr<Command>> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "anthropic-metrics");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

RunSettings run_settings(const std::vector<const char*>& words) {
  const auto command = parse(words);
  REQUIRE(command);
  return dynamic_cast<const PolicyCommand&>(**command).settings();
}

// Where a command keeps the value of an option.
template <class Value>
Value value_of(Command& command, std::string_view name) {
  for (const Option& option : command.options())
    if (option.names == name) return *std::get<Value*>(option.value);
  throw std::logic_error("no such option");
}

// What is said instead of running anything.
struct End {
  ExitCode code = ExitCode::ok;
  std::string text;
};

End end_of(const std::vector<const char*>& words) {
  const auto command = parse(words);
  if (command) return {ExitCode::ok, dynamic_cast<const Saying&>(**command).text()};
  End end{command.error().code, {}};
  for (const std::string& line : command.error().lines) end.text += line + "\n";
  return end;
}

}  // namespace

TEST_CASE("run takes a policy and keeps state below the working directory unless told otherwise") {
  const auto run = run_settings({"run", "-c", "policy.yml"});
  CHECK(run.policy_file == "policy.yml");
  CHECK(run.data_path == (std::filesystem::current_path() / "data").string());
  CHECK(!run.once);
  CHECK(run.plugin.file.empty());
}

TEST_CASE("run takes places for state and plugin") {
  const auto run = run_settings({"run", "-c", "p.yml", "--path.data", "/d", "--path.plugins", "/l",
                                 "--plugin", "/x.so", "--once", "--timeout", "7"});
  CHECK(run.data_path == "/d");
  CHECK(run.plugin.folder == "/l");
  CHECK(run.plugin.file == "/x.so");
  CHECK(run.once);
  CHECK(run.once_timeout == std::chrono::seconds(7));
}

TEST_CASE("backfill is a run that ends when history back to a day is there") {
  const auto all = run_settings(
      {"backfill", "-c", "p.yml", "--from", "2026-01-01", "--path.data", "/d", "-E", "a.b=c"});
  REQUIRE(all.history.has_value());
  CHECK(all.history->from == "2026-01-01");
  CHECK(all.history->stream.empty());
  CHECK(all.once);
  CHECK(all.once_timeout == std::chrono::hours(24));
  CHECK(all.data_path == "/d");
  CHECK(all.overrides.size() == 1);

  const auto one = run_settings(
      {"backfill", "-c", "p.yml", "--from", "2026-01-01", "--stream", "cost", "--timeout", "60"});
  CHECK(one.history->stream == "cost");
  CHECK(one.once_timeout == std::chrono::seconds(60));
  CHECK(!run_settings({"run", "-c", "p.yml"}).history);
}

TEST_CASE("an empty data path means state in memory only") {
  CHECK(run_settings({"run", "-c", "p.yml", "--path.data", ""}).data_path.empty());
}

TEST_CASE("option -E may be repeated, paths are the host's, the rest is the policy's") {
  const auto run = run_settings({"run", "-E", "path.data=/d", "-c", "p.yml", "-E",
                                 "path.plugins=/l", "-E", "a.b=c=d", "-E", "path.logs=/x"});
  CHECK(run.data_path == "/d");
  CHECK(run.plugin.folder == "/l");
  REQUIRE(run.overrides.size() == 1);
  CHECK(run.overrides[0].key == "a.b");
  CHECK(run.overrides[0].value == "c=d");
}

TEST_CASE("demo takes size, seed and present of the simulated organization") {
  const auto demo = parse({"demo", "--output", "/o", "--groups", "3", "--seed", "9", "--epoch",
                           "2026-11-04T12:00:00Z"});
  REQUIRE(demo);
  CHECK(value_of<std::filesystem::path>(**demo, "--output") == "/o");
  CHECK(value_of<int>(**demo, "--groups") == 3);
  CHECK(value_of<std::uint64_t>(**demo, "--seed") == 9);
  CHECK(value_of<std::string>(**demo, "--epoch") == "2026-11-04T12:00:00Z");
}

TEST_CASE("export takes what to export and where the plugin is") {
  const auto exported = parse({"export", "description", "--plugin", "/x.so"});
  REQUIRE(exported);
  CHECK(value_of<std::string>(**exported, "what") == "description");
  CHECK(value_of<std::filesystem::path>(**exported, "--plugin") == "/x.so");
  CHECK(value_of<std::filesystem::path>(**exported, "--path.plugins").empty());
}

TEST_CASE("help is fine, a fault in the arguments is not, and both say what to do") {
  struct Case {
    std::vector<const char*> words;
    ExitCode code;
    const char* text;
  };
  const std::vector<Case> cases{
      {{"--help"}, ExitCode::ok, "Exit codes"},
      {{"run", "--help"}, ExitCode::ok, "--path.data"},
      {{}, ExitCode::usage, "A subcommand is required"},
      {{"run"}, ExitCode::usage, "--config is required"},
      {{"backfill", "-c", "p.yml"}, ExitCode::usage, "--from is required"},
      {{"backfill", "--help"}, ExitCode::ok, "--stream"},
      {{"run", "-c", "p.yml", "--wrong"}, ExitCode::usage, "--wrong"},
      {{"run", "-c", "p.yml", "-E", "path.data"},
       ExitCode::usage,
       "'path.data' is not of the form key=value"},
      {{"run", "-c", "p.yml", "--once", "--timeout", "0"}, ExitCode::usage, "--timeout"},
      {{"demo", "--groups", "0"}, ExitCode::usage, "--groups"},
      {{"export"}, ExitCode::usage, "what is required"},
      {{"forecast", "--help"}, ExitCode::ok, "--backtest"},
      {{"forecast", "--seed", "3"}, ExitCode::usage, "--seed is of --backtest"},
      {{"forecast", "--backtest", "--json"}, ExitCode::usage, "leave out --json"},
      {{"export", "everything"}, ExitCode::usage, "everything not in {description,"},
  };
  for (const Case& row : cases) {
    const End end = end_of(row.words);
    CHECK(end.code == row.code);
    CHECK_THAT(end.text, ContainsSubstring(row.text));
  }
}

TEST_CASE("a value given to -E is not quoted when its form is wrong") {
  const End end = end_of({"run", "-c", "p.yml", "-E", "=sk-secret"});
  CHECK_THAT(end.text, !ContainsSubstring("sk-secret"));
}

TEST_CASE("commands stand in the help in the order of their places, and a wrong word names them") {
  std::string words;
  for (const Word& word : commands()) words += std::string(word.name) + " ";
  CHECK(
      words ==
      "run backfill setup test agent audit demo forecast reconcile status export resend completion "
      "version component ");
  CHECK(end_of({"nonsense"}).text ==
        "unknown command 'nonsense'; expected run, backfill, setup, test, agent, audit, demo, "
        "forecast, reconcile, "
        "status, export, resend, completion, version or component\n");
}
