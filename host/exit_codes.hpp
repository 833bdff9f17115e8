// SPDX-License-Identifier: Apache-2.0
// How the process ends, one number per kind of failure, after sysexits.h where a name there fits.
// docs/operations.md repeats this table for people.
#pragma once

namespace anthropic_metrics::host {

enum class ExitCode : int {
  ok = 0,
  unhealthy = 1,           // `status`: the running host says that it is failed
  different = 2,           // `audit`, `reconcile`: what was compared is not equal
  not_compared = 3,        // likewise, `export` too: not everything could be read
  usage = 64,              // the command line
  unreadable_file = 66,    // the policy file or a file beside it
  not_running = 68,        // `status`: nobody answers where the host should
  plugin_missing = 69,     // no plugin found, or the file is not a library
  internal = 70,           // a bug, or the operating system refused something ordinary
  state_unavailable = 73,  // the state directory cannot be opened or another process holds it
  sink_failed = 74,        // an output cannot be written
  not_finished =
      75,  // --once or backfill ran out of time or was stopped; the next run goes on from there
  wrong_abi = 76,      // the plugin is built for another interface
  refused = 77,        // --once, backfill: the service refuses the credential or the request
  configuration = 78,  // the policy
};

constexpr int to_int(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace anthropic_metrics::host
