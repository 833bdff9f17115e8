/* SPDX-License-Identifier: Apache-2.0
 *
 * stale-handles, double-handles, thousand-instances, one-writer: instances and their names.
 */
#include "conform.h"

#include <stdlib.h>
#include <string.h>

static host everything;

/* What every function but shutdown says about a handle. */
static void all_say(const char *which, beat_handle handle, beat_status wanted) {
  instance one = {.handle = handle};
  beat_poll_result result;
  char text[64], what[120];
  size_t length = 0;
#define SAYS(function, call)                                 \
  strcpy(what, function);                                    \
  strncat(what, which, sizeof what - strlen(what) - 1);      \
  (void)expect(what, call, wanted)
  step("calls with%s", which);
  SAYS("poll with", poll_once(&one, 0, 0, &result));
  SAYS("ack with", answer(&one, 1, BEAT_ACK_DURABLE));
  SAYS("release with", do_release(handle, 1));
  SAYS("cancel with", do_cancel(handle));
  SAYS("status_json with", do_status(handle, text, sizeof text, &length));
  SAYS("last_error with", do_last_error(handle, text, sizeof text, &length));
}

void check_stale_handles(void) {
  instance first, next;
  beat_handle stale;
  beat_poll_result result;
  load();
  host_begin(&everything);
  open_instance(&first, &everything.table);
  stale = first.handle;
  close_instance(&first);
  all_say(" the handle 0", 0, BEAT_E_HANDLE);
  all_say(" an invented handle", 0xdeadbeefcafeULL, BEAT_E_HANDLE);
  all_say(" a handle of all ones", UINT64_MAX, BEAT_E_HANDLE);
  all_say(" a handle that was shut down", stale, BEAT_E_HANDLE);
  expect("shutdown with the handle 0", do_shutdown(0, 0), BEAT_E_HANDLE);
  expect("shutdown with an invented handle", do_shutdown(0xdeadbeefcafeULL, 0), BEAT_E_HANDLE);
  for (int round = 0; round < 20; ++round) { /* Slots are used again, names are not. */
    open_instance(&next, &everything.table);
    if (next.handle == stale) {
      finding("a new instance has the handle of one that was shut down");
      break;
    }
    all_say(" a handle that was shut down, beside a new instance", stale, BEAT_E_HANDLE);
    if (poll_once(&next, 0, 0, &result) < 0) {
      finding("a call with a stale handle did something to the new instance");
      break;
    }
    close_instance(&next);
  }
}

void check_double_handles(void) {
  instance first, second;
  beat_poll_result result;
  load();
  host_begin(&everything);
  open_instance(&first, &everything.table);
  open_instance(&second, &everything.table);
  if (first.handle == second.handle) fatal("two instances have the same handle");
  step("a cancel that is the other instance's");
  expect("cancel of the first", do_cancel(first.handle), BEAT_OK);
  if (poll_once(&second, 0, 0, &result) < 0) finding("a cancel of one instance ended the poll of another");
  close_instance(&first);
  step("the second instance after the first one's end");
  if (poll_once(&second, 0, 0, &result) < 0) finding("the end of one instance ended another");
  expect("cancel of the ended instance", do_cancel(first.handle), BEAT_E_HANDLE);
  close_instance(&second);
}

static int by_value(const void *a, const void *b) {
  const beat_handle left = *(const beat_handle *)a, right = *(const beat_handle *)b;
  return left < right ? -1 : left > right;
}

void check_instances(void) {
  instance *const all = calloc(the.instances, sizeof *all);
  beat_handle *const handles = calloc(the.instances, sizeof *handles);
  beat_poll_result result;
  unsigned made = 0;
  if (all == NULL || handles == NULL) abort();
  load();
  host_begin(&everything);
  atomic_store(&everything.level, BEAT_LOG_ERROR);
  for (; made < the.instances; ++made) {
    step("init of instance %u", made + 1);
    open_in(&all[made], &everything.table, NULL);
    if (all[made].status != BEAT_OK) {
      finding("instance %u of %u: init answered %s: %.200s", made + 1, the.instances, status_name(all[made].status),
              all[made].error);
      break;
    }
    handles[made] = all[made].handle;
  }
  qsort(handles, made, sizeof *handles, by_value);
  for (unsigned i = 1; i < made; ++i)
    if (handles[i] == handles[i - 1]) fatal("two live instances have the same handle");
  for (unsigned i = 0; i < made; ++i) {
    step("poll of instance %u", i + 1);
    if (poll_once(&all[i], 0, 0, &result) < 0) {
      finding("poll of instance %u of %u failed", i + 1, made);
      break;
    }
  }
  for (unsigned i = 0; i < made; ++i) {
    step("shutdown of instance %u", i + 1);
    close_instance(&all[i]);
  }
  note("%u instances lived at once", made);
  free(handles);
  free(all);
}

void check_one_writer(void) {
  instance first, second;
  if (!has_state()) skip("the configuration has no " STATE_MARK ", so its instances have no state");
  load();
  host_begin(&everything);
  open_instance(&first, &everything.table);
  step("a second instance on the state of the first");
  open_in(&second, &everything.table, first.folder);
  expect("init on the state of a live instance", second.status, BEAT_E_BUSY);
  if (second.status == BEAT_E_BUSY && second.error[0] == '\0') finding("init answered BEAT_E_BUSY without a sentence");
  if (second.status == BEAT_OK) close_instance(&second);
  close_instance(&first);
  open_in(&second, &everything.table, first.folder);
  expect("init on a state whose instance has ended", second.status, BEAT_OK);
  if (second.status == BEAT_OK) close_instance(&second);
}
