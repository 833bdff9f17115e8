// SPDX-License-Identifier: Apache-2.0
// anthropic-metrics: picks the command and turns what it returns into an exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>

#include "base/printable.hpp"
#include "commands/demo.hpp"
#include "commands/export.hpp"
#include "commands/options.hpp"
#include "commands/version.hpp"
#include "log.hpp"
#include "run/process_setup.hpp"
#include "run/runner.hpp"

namespace {

using namespace anthropic_metrics::host;

// systemd names the unit's state directory in the environment; several are separated by colons.
std::string default_data_path() {
  const char* given = std::getenv("STATE_DIRECTORY");
  if (given == nullptr || *given == '\0') return "./data";
  const std::string folders(given);
  return folders.substr(0, folders.find(':'));
}

ExitCode perform(const Command& command, Log& log) {
  if (const auto* run_settings = std::get_if<RunSettings>(&command)) return run(*run_settings, log);
  if (const auto* demo_settings = std::get_if<DemoSettings>(&command))
    return demo(*demo_settings, log);
  if (const auto* export_settings = std::get_if<ExportSettings>(&command))
    return export_description(*export_settings, log);
  if (const auto* version_settings = std::get_if<VersionSettings>(&command)) {
    return show_version(version_settings->plugin_file, version_settings->plugin_folder, log);
  }
  const auto& end = std::get<EarlyEnd>(command);
  fmt::print(end.code == ExitCode::ok ? stdout : stderr, "{}",
             anthropic_metrics::printable_lines(end.text));
  return end.code;
}

ExitCode guarded(int argc, char** argv, Log& log) {
  try {
    return perform(parse_command_line(argc, argv, default_data_path()), log);
  } catch (const std::exception& error) {
    // Printing throws when standard output does not take it: that is no bug.
    if (std::ferror(stdout) == 0) {
      log.error(fmt::format("unexpected: {}; please report this", error.what()));
      return ExitCode::internal;
    }
  }
  return ExitCode::sink_failed;
}

}  // namespace

int main(int argc, char** argv) {
  set_up_process();
  Log log(STDERR_FILENO, Log::style_for(STDERR_FILENO));
  ExitCode code = guarded(argc, argv, log);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    log.error("not everything could be written to standard output; check its reader or the space");
    code = code == ExitCode::ok ? ExitCode::sink_failed : code;
  }
  log.drain(std::chrono::milliseconds(100));
  return to_int(code);
}
