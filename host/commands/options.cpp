// SPDX-License-Identifier: Apache-2.0
#include "commands/options.hpp"

#include <CLI/CLI.hpp>
#include <sstream>
#include <vector>

namespace anthropic_metrics::host {
namespace {

// Settings of -E that are the host's own; the others override the policy.
std::string apply_overrides(RunSettings& run, const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return "-E: '" + pair.substr(0, equals) + "' is not of the form key=value";
    }
    const std::string key = pair.substr(0, equals);
    const std::string value = pair.substr(equals + 1);
    if (key == "path.data") {
      run.data_path = value;
    } else if (key == "path.plugins") {
      run.plugin_folder = value;
    } else if (key.rfind("path.", 0) != 0) {
      run.overrides.push_back({key, value});
    }
  }
  return {};
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv,
                           const std::string& default_data_path) {
  if (argc > 1 && argv[1][0] != '-') {
    const std::string word = argv[1];
    if (word != "run" && word != "backfill" && word != "demo" && word != "export" &&
        word != "version") {
      return EarlyEnd{ExitCode::usage, "unknown command '" + word +
                                           "'; expected run, backfill, demo, export or version\n"};
    }
  }
  CLI::App app{"Collects Anthropic usage, cost and rate limits and ships them as ECS documents."};
  app.name("anthropic-metrics");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 fine, 64 command line, 66 unreadable file, 69 no plugin, 70 internal, 73 "
      "state "
      "unavailable,\n74 output failed, 75 not finished, 76 wrong plugin ABI, 77 refused by the "
      "service, "
      "78 policy.");

  RunSettings run;
  run.data_path = default_data_path;
  std::vector<std::string> pairs;
  std::filesystem::path plugin_file;
  std::filesystem::path plugin_folder;
  std::int64_t timeout_s = run.once_timeout.count();
  const auto add_plugin_options = [&](CLI::App& command) {
    command.add_option("--plugin", plugin_file, "The plugin's file")->type_name("FILE");
    command
        .add_option("--path.plugins", plugin_folder, "Folder that holds libanthropic_metrics.so")
        ->type_name("DIR");
  };

  const auto add_policy_options = [&](CLI::App& command) {
    command
        .add_option("-c,--config", run.policy_file,
                    "Policy, in the form of a standalone Elastic Agent")
        ->type_name("FILE")
        ->required();
    command
        .add_option("--path.data", run.data_path,
                    "Where state is kept; \"\" keeps it in memory only")
        ->type_name("DIR")
        ->capture_default_str();
    add_plugin_options(command);
    command.add_option("-E", pairs, "Override a setting of the policy; may be repeated")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };

  CLI::App* run_command = app.add_subcommand("run", "Collect as a policy file says, until stopped");
  add_policy_options(*run_command);
  run_command->add_flag("--once", run.once,
                        "End when every stream has succeeded once and everything is written");
  run_command->add_option("--timeout", timeout_s, "With --once: give up after this many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400}))
      ->capture_default_str();

  HistoryWish history;
  std::int64_t history_timeout_s = 86'400;
  CLI::App* backfill_command = app.add_subcommand(
      "backfill", "Collect the history that a policy's streams do not hold yet, and end");
  add_policy_options(*backfill_command);
  backfill_command
      ->add_option("--from", history.from, "Oldest day to collect, such as 2026-01-01, or a time")
      ->type_name("DATE")
      ->required();
  backfill_command
      ->add_option("--stream", history.stream,
                   "Only this stream; every stream that has history if not given")
      ->type_name("NAME");
  backfill_command
      ->add_option("--timeout", history_timeout_s,
                   "Stop after this many seconds; run again to go on")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400}))
      ->capture_default_str();

  DemoSettings demo;
  CLI::App* demo_command =
      app.add_subcommand("demo", "Show everything against a simulated organization");
  demo_command->add_option("--output", demo.folder, "Where policy and documents are put")
      ->type_name("DIR")
      ->capture_default_str();
  demo_command->add_option("--groups", demo.groups, "Rows per bucket of the simulated organization")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  demo_command->add_option("--seed", demo.seed, "Seed of the simulated data")
      ->type_name("N")
      ->capture_default_str();
  demo_command
      ->add_option("--epoch", demo.epoch,
                   "The simulated present; the start of this hour if not given")
      ->type_name("TIME");
  std::int64_t patience_s = demo.patience.count();
  demo_command
      ->add_option("--timeout", patience_s, "Give up when nothing has come for this many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{3600}))
      ->capture_default_str();
  add_plugin_options(*demo_command);

  ExportSettings exported;
  CLI::App* export_command =
      app.add_subcommand("export", "Print what other tools build upon, as JSON");
  export_command
      ->add_option("what", exported.what,
                   "description: the plugin's version, configuration schema and streams")
      ->type_name("")
      ->check(CLI::IsMember({"description"}))
      ->required();
  add_plugin_options(*export_command);

  CLI::App* version_command =
      app.add_subcommand("version", "Show the versions of host, plugin and ABI");
  add_plugin_options(*version_command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool help = app.exit(error, out, err) == 0;
    return EarlyEnd{help ? ExitCode::ok : ExitCode::usage, help ? out.str() : err.str()};
  }
  const auto given = [](const std::filesystem::path& path) {
    return path.empty() ? std::nullopt : std::optional(path);
  };
  if (version_command->parsed()) return VersionSettings{given(plugin_file), given(plugin_folder)};
  if (export_command->parsed()) {
    exported.plugin_file = given(plugin_file);
    exported.plugin_folder = given(plugin_folder);
    return exported;
  }
  if (demo_command->parsed()) {
    demo.patience = std::chrono::seconds(patience_s);
    demo.plugin_file = given(plugin_file);
    demo.plugin_folder = given(plugin_folder);
    return demo;
  }
  run.plugin_file = given(plugin_file);
  run.plugin_folder = given(plugin_folder);
  run.once_timeout = std::chrono::seconds(timeout_s);
  if (backfill_command->parsed()) {
    run.once = true;
    run.history = history;
    run.once_timeout = std::chrono::seconds(history_timeout_s);
  }
  if (const std::string error = apply_overrides(run, pairs); !error.empty()) {
    return EarlyEnd{ExitCode::usage, error + "\n"};
  }
  if (!run.data_path.empty())
    run.data_path = std::filesystem::absolute(run.data_path).lexically_normal().string();
  return run;
}

}  // namespace anthropic_metrics::host
