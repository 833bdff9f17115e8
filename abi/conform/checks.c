/* SPDX-License-Identifier: Apache-2.0
 *
 * Every check by its name, in the order in which they run.
 */
#include "conform.h"

#include <string.h>

const check checks[] = {
    {"symbols", "the six functions leave the library, and nothing else does", check_symbols},
    {"versions", "the table serves its own major version and no other, and is whole", check_versions},
    {"table-sizes", "shorter tables and arguments than 1.0's are refused, longer ones taken", check_table_sizes},
    {"arguments", "what cannot be right is answered with the error that the slot names", check_arguments},
    {"texts", "texts are cut at the buffer and say how long they are", check_texts},
    {"stale-handles", "a dead or invented handle is BEAT_E_HANDLE, never another instance", check_stale_handles},
    {"double-handles", "instances of the same configuration are two, and end one by one", check_double_handles},
    {"double-shutdown", "repeating a shutdown is BEAT_OK", check_double_shutdown},
    {"concurrent-shutdown", "many threads may end the same instance at once", check_concurrent_shutdown},
    {"shutdown-during-poll", "shutdown cuts a running poll short, and waits for it", check_shutdown_during_poll},
    {"concurrent-poll", "a second poller at the same time is told BEAT_E_BUSY", check_concurrent_poll},
    {"cancel-latency", "cancel ends one poll, soon, and only one", check_cancel_latency},
    {"budget", "a poll keeps to its budget, and small ones make progress", check_budget},
    {"wait", "a descriptor tells of work, for hosts that wait for many at once", check_wait},
    {"null-callbacks", "every function of the host may be missing", check_null_callbacks},
    {"callbacks", "callbacks come from inside a call, say well-formed things, and end", check_callbacks},
    {"delivery", "batches are whole, keep to the limits and stay as they are until their ack", check_delivery},
    {"retry", "a batch to retry comes back with the same bytes and ids", check_retry},
    {"kill", "what was not acknowledged when the process was killed comes again; what was, does not", check_kill},
    {"one-writer", "a state belongs to one live instance", check_one_writer},
    {"thousand-instances", "as many instances as wanted live at once", check_instances},
    {"reload", "the library may be opened and closed again and again, and stays", check_reload},
    {"fork", "a forked child is told so, and can begin anew; the parent notices nothing", check_fork},
    {"signals", "signal dispositions and the mask stay as they were", check_signals},
    {"locale", "the locale stays as it was", check_locale},
    {"working-directory", "the working directory stays as it was", check_working_directory},
    {"environment", "environment and umask stay as they were", check_environment},
    {"descriptors", "no descriptor is left open", check_descriptors},
    {"closed-descriptors", "descriptors 0 to 2 stay the host's, also if it closed them", check_closed_descriptors},
    {"threads", "loading starts no thread, and the end leaves none", check_threads},
    {"output", "nothing is printed", check_output},
    {"sigpipe", "a broken connection does not end a host that left SIGPIPE at its default", check_sigpipe},
    {"foreign-malloc", "a host's own malloc is no obstacle, and its memory is not freed", check_foreign_malloc},
    {"clashing-symbols", "functions of the host with the same names are not called instead", check_clashing_symbols},
};
const size_t check_count = sizeof checks / sizeof *checks;

const check *find_check(const char *name) {
  for (size_t i = 0; i < check_count; ++i)
    if (strcmp(checks[i].name, name) == 0) return &checks[i];
  return NULL;
}
