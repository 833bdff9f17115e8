/* SPDX-License-Identifier: Apache-2.0
 *
 * fork: before and after each step of an instance's life, and while another thread is inside. A child
 * that waits for a lock or a thread of its parent is ended by its alarm.
 */
#include "beat_wait.h"
#include "conform.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static host everything;
static instance first, second; /* the parent's, while a child runs */
static beat_handle closed;
static const beat_wait_api *waiting; /* null: the plugin has none */

/* What every function says about a handle, shutdown included. */
static void all_say(const char *which, beat_handle handle, beat_status wanted) {
  const instance one = {.handle = handle};
  beat_poll_result result;
  char text[64], what[160];
  size_t length = 0;
  const struct {
    const char *function;
    beat_status got;
  } answers[] = {{"poll", poll_once(&one, 0, 0, &result)},
                 {"ack", answer(&one, 1, BEAT_ACK_DURABLE)},
                 {"release", do_release(handle, 1)},
                 {"cancel", do_cancel(handle)},
                 {"status_json", do_status(handle, text, sizeof text, &length)},
                 {"last_error", do_last_error(handle, text, sizeof text, &length)},
                 {"shutdown", do_shutdown(handle, 0)}};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; ++i) {
    strcpy(what, answers[i].function);
    strcat(what, " in a forked child, of ");
    strncat(what, which, sizeof what - strlen(what) - 1);
    expect(what, answers[i].got, wanted);
  }
  if (BEAT_HAS_FN(beat_wait_api, waiting, descriptor)) {
    int32_t descriptor = -1;
    strcpy(what, "descriptor in a forked child, of ");
    strncat(what, which, sizeof what - strlen(what) - 1);
    expect(what, waiting->descriptor(handle, &descriptor), wanted);
  }
}

static void own_instance(const char *whose) {
  instance own;
  beat_poll_result result;
  step("an instance of %s", whose);
  open_in(&own, &everything.table, NULL);
  if (own.status != BEAT_OK) fatal("init of %s answered %s: %.200s", whose, status_name(own.status), own.error);
  if (own.handle == first.handle || own.handle == second.handle || own.handle == closed)
    finding("an instance of %s has a handle of its parent's", whose);
  if (poll_once(&own, 0, 0, &result) < 0) finding("poll of %s failed", whose);
  close_instance(&own);
  expect("cancel of an instance that the child has ended", do_cancel(own.handle), BEAT_E_HANDLE);
}

static void fork_and(const char *what, void (*child_does)(void)) {
  pid_t child;
  step("%s", what);
  child = fork();
  if (child == 0) {
    child_alarm();
    child_does();
    _exit(0);
  }
  join_child(child, what);
}

static void begin_alone(void) { own_instance("a child forked before any instance"); }

static void ask_for_all(void) {
  size_t length = 0;
  step("calls in a forked child");
  all_say("a live instance", first.handle, BEAT_E_FORKED);
  all_say("another live instance", second.handle, BEAT_E_FORKED);
  all_say("an instance that had ended", closed, BEAT_E_FORKED);
  all_say("no instance", 0, BEAT_E_HANDLE);
  if (loaded.api->describe(BEAT_DESCRIBE_MANIFEST, NULL, 0, &length) != BEAT_E_TRUNCATED)
    finding("describe does not work in a forked child");
}

static void end_first(void) {
  expect("shutdown as a forked child's first call", do_shutdown(first.handle, 100), BEAT_E_FORKED);
  all_say("an instance, after its shutdown was tried", first.handle, BEAT_E_FORKED);
}

static void grandchild(void) {
  all_say("a grandparent's instance", first.handle, BEAT_E_FORKED);
  own_instance("a grandchild");
}

static void begin_anew(void) {
  own_instance("a forked child");
  all_say("a live instance, after one of the child's own", first.handle, BEAT_E_FORKED);
  fork_and("a child of the child", grandchild);
}

static void ask_for_first(void) { all_say("an instance that another thread is inside", first.handle, BEAT_E_FORKED); }

static void *look_at_status(void *over) {
  char text[4096];
  size_t length = 0;
  while (!atomic_load((atomic_int *)over)) (void)do_status(first.handle, text, sizeof text, &length);
  return NULL;
}

static void *poll_on(void *over) {
  while (!atomic_load((atomic_int *)over)) {
    beat_poll_result result;
    if (poll_once(&first, 50, 0, &result) < 0) finding("poll of the parent failed while it forked");
    if (result.batch != NULL) (void)answer(&first, result.batch->id, BEAT_ACK_DURABLE);
  }
  return NULL;
}

static void fork_beside(void *(*run)(void *), const char *what) {
  atomic_int over = 0;
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, &over) != 0) fatal("no thread could be started");
  for (int forks = 0; forks < 30 && atomic_load(&said->findings) == 0; ++forks) fork_and(what, ask_for_first);
  atomic_store(&over, 1);
  pthread_join(thread, NULL);
}

/* A child that lives on holds nothing of an instance that its parent ends. */
static void child_outlives(void) {
  instance next;
  int ends[2];
  char octet;
  pid_t child;
  if (!has_state()) return;
  step("a state whose instance ended while a forked child lives");
  if (pipe(ends) != 0) fatal("no pipe could be made");
  child = fork();
  if (child == 0) {
    close(ends[1]);
    (void)!read(ends[0], &octet, 1);
    _exit(0);
  }
  close_instance(&second);
  open_in(&next, &everything.table, second.folder);
  if (next.status == BEAT_OK)
    close_instance(&next);
  else
    finding("a state stays held by a forked child after its instance ended: init answered %s", status_name(next.status));
  close(ends[0]);
  close(ends[1]);
  join_child(child, "a child that lives on");
}

void check_fork(void) {
  beat_poll_result result;
  load();
  waiting = extension(BEAT_WAIT_ID);
  host_begin(&everything);
  atomic_store(&everything.level, BEAT_LOG_ERROR);
  fork_and("a child forked before any instance", begin_alone);
  open_instance(&first, &everything.table);
  closed = first.handle;
  close_instance(&first);
  open_instance(&first, &everything.table);
  open_instance(&second, &everything.table);
  fork_and("a child forked after init", ask_for_all);
  fork_and("a child that calls shutdown first", end_first);
  fork_and("a child that makes an instance of its own", begin_anew);
  if (poll_once(&first, 0, 0, &result) < 0) finding("the parent's poll failed after its children's calls");
  fork_beside(look_at_status, "a child forked while another thread is inside status_json");
  fork_beside(poll_on, "a child forked while another thread polls");
  if (poll_once(&first, 0, 0, &result) < 0) finding("the parent's poll failed after a fork");
  close_instance(&first);
  if (has_state())
    child_outlives();
  else
    close_instance(&second);
}
