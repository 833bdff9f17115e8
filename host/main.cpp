// SPDX-License-Identifier: Apache-2.0
// anthropic-metrics: runs the command that the command line names, and turns what it returns into
// an exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>

#include "commands/command_line.hpp"
#include "failure.hpp"
#include "log.hpp"
#include "run/process_setup.hpp"

namespace {

using namespace anthropic_metrics::host;

Result<void> perform(int argc, char** argv, Log& log) {
  const auto command = parse_command_line(argc, argv);
  return command ? (*command)->run(log) : command.error();
}

Result<void> guarded(int argc, char** argv, Log& log) {
  try {
    return perform(argc, argv, log);
  } catch (const std::exception& error) {
    // Printing throws when standard output does not take it: that is no bug.
    if (std::ferror(stdout) != 0) return Failure{ExitCode::sink_failed};
    return Failure{ExitCode::internal,
                   {fmt::format("unexpected: {}; please report this", error.what())}};
  }
}

}  // namespace

int main(int argc, char** argv) {
  set_up_process();
  Log log(STDERR_FILENO, Log::style_for(STDERR_FILENO));
  const Result<void> done = guarded(argc, argv, log);
  const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!done) tell(done.error(), log);
  ExitCode code = done ? ExitCode::ok : done.error().code;
  if (!printed) {
    log.error("not everything could be written to standard output; check its reader or the space");
    if (code == ExitCode::ok) code = ExitCode::sink_failed;
  }
  log.drain(std::chrono::milliseconds(100));
  return to_int(code);
}
