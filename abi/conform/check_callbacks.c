/* SPDX-License-Identifier: Apache-2.0
 *
 * null-callbacks, callbacks: the host's functions, missing and used.
 */
#include "conform.h"

#include <string.h>

enum { ALL_MISSING = HOST_FUNCTIONS, NO_TABLE, KINDS };

static const char *kind_of(size_t kind) {
  return kind < HOST_FUNCTIONS ? host_functions[kind] : kind == ALL_MISSING ? "any function" : "a table";
}

/* Instances of hosts that lack something, all alive; each is polled until it had a batch. */
void check_null_callbacks(void) {
  static host hosts[KINDS];
  static instance all[KINDS];
  static bool done[KINDS];
  const bool names_secret = strstr(the.config, "$secret{") != NULL;
  const int64_t end = now_ns() + (int64_t)the.wait_s * 1000000000;
  size_t left = KINDS;
  load();
  for (size_t kind = 0; kind < KINDS; ++kind) {
    const bool lacks_secret = kind >= ALL_MISSING || strcmp(host_functions[kind], "secret_get") == 0;
    host_begin(&hosts[kind]);
    for (size_t i = 0; i < HOST_FUNCTIONS; ++i)
      if (i == kind || kind == ALL_MISSING) host_without(&hosts[kind], i);
    step("init of a host without %s", kind_of(kind));
    open_in(&all[kind], kind == NO_TABLE ? NULL : &hosts[kind].table, NULL);
    if (names_secret && lacks_secret) {
      expect("init with a secret, of a host without secret_get", all[kind].status, BEAT_E_CONFIG);
      done[kind] = true, --left;
    } else if (all[kind].status != BEAT_OK) {
      finding("init of a host without %s answered %s: %.200s", kind_of(kind), status_name(all[kind].status), all[kind].error);
      done[kind] = true, --left;
    }
  }
  while (left > 0 && now_ns() < end) {
    for (size_t kind = 0; kind < KINDS; ++kind) {
      beat_poll_result result;
      beat_status status;
      if (done[kind]) continue;
      step("poll of a host without %s", kind_of(kind));
      status = poll_once(&all[kind], 100, 0, &result);
      if (status < 0) finding("poll of a host without %s answered %s", kind_of(kind), status_name(status));
      if (result.batch != NULL) {
        step("ack of a host without %s", kind_of(kind));
        expect("ack", answer(&all[kind], result.batch->id, BEAT_ACK_DURABLE), BEAT_OK);
      }
      if (status < 0 || result.batch != NULL) done[kind] = true, --left;
    }
    pause_ms(20);
  }
  for (size_t kind = 0; kind < KINDS; ++kind) {
    if (!done[kind]) finding("a host without %s got no batch in %u s", kind_of(kind), the.wait_s);
    if (all[kind].status != BEAT_OK) continue;
    step("shutdown of a host without %s", kind_of(kind));
    close_instance(&all[kind]);
  }
}

static host watched;

static void mark_end(const char *stage) {
  if (strcmp(stage, "after shutdown") == 0) atomic_store(&watched.gone, 1);
}

static void judge(void) {
  pause_ms(50); /* For a call that comes too late. */
  if (atomic_load(&watched.bad_lines) > 0)
    finding("%d of %d log lines are not as promised; the first is %.300s", atomic_load(&watched.bad_lines),
            atomic_load(&watched.lines), watched.bad_line);
  if (atomic_load(&watched.elsewhere) > 0)
    finding("%d callbacks came on threads that were in no call of the plugin", atomic_load(&watched.elsewhere));
  if (atomic_load(&watched.late) > 0)
    finding("%d callbacks came after shutdown had answered BEAT_OK", atomic_load(&watched.late));
  if (atomic_load(&watched.stopping) != 1)
    finding("health was told STOPPING %d times and not once", atomic_load(&watched.stopping));
  if (atomic_load(&watched.stopped) != 1)
    finding("health was told STOPPED %d times and not once", atomic_load(&watched.stopped));
}

void check_callbacks(void) {
  load();
  host_begin(&watched);
  whole_life(&watched.table, mark_end);
  judge();
  step("a host that wants errors only");
  host_begin(&watched);
  atomic_store(&watched.level, BEAT_LOG_ERROR);
  whole_life(&watched.table, mark_end);
  judge();
}
