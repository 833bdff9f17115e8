/* SPDX-License-Identifier: Apache-2.0
 *
 * double-shutdown, concurrent-shutdown, shutdown-during-poll, concurrent-poll: the end of an instance,
 * and two threads in one.
 */
#include "conform.h"

#include <pthread.h>
#include <string.h>

static host everything;

/* A thread that polls an instance until a poll fails, and acknowledges what it gets. */
typedef struct poller {
  const instance *one;
  atomic_int polls;
  beat_status last;
} poller;

static void *poll_on(void *argument) {
  poller *const self = argument;
  for (;;) {
    beat_poll_result result;
    self->last = poll_once(self->one, 10000, 0, &result);
    atomic_fetch_add(&self->polls, 1);
    if (self->last < 0) return NULL;
    if (result.batch != NULL) (void)answer(self->one, result.batch->id, BEAT_ACK_DURABLE);
    pause_ms(1);
  }
}

static pthread_t start(void *(*run)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, argument) != 0) fatal("no thread could be started");
  return thread;
}

void check_double_shutdown(void) {
  instance one;
  load();
  host_begin(&everything);
  open_instance(&one, &everything.table);
  close_instance(&one);
  step("shutdown again");
  expect("shutdown after the end", do_shutdown(one.handle, 0), BEAT_OK);
  expect("shutdown once more", do_shutdown(one.handle, 1000), BEAT_OK);
}

enum { ENDERS = 8 };
typedef struct ender {
  const instance *one;
  pthread_barrier_t *together;
  beat_status status;
} ender;

static void *end_it(void *argument) {
  ender *const self = argument;
  pthread_barrier_wait(self->together);
  self->status = do_shutdown(self->one->handle, (uint32_t)patient_ms(5000));
  return NULL;
}

void check_concurrent_shutdown(void) {
  load();
  host_begin(&everything);
  for (int round = 0; round < 20; ++round) {
    pthread_barrier_t together;
    pthread_t threads[ENDERS];
    ender enders[ENDERS];
    instance one;
    int gone = 0;
    open_instance(&one, &everything.table);
    step("%d threads shut the same instance down", ENDERS);
    pthread_barrier_init(&together, NULL, ENDERS);
    for (int i = 0; i < ENDERS; ++i) {
      enders[i] = (ender){&one, &together, BEAT_OK};
      threads[i] = start(end_it, &enders[i]);
    }
    for (int i = 0; i < ENDERS; ++i) {
      const beat_status *status = &enders[i].status;
      pthread_join(threads[i], NULL);
      gone += *status == BEAT_OK;
      /* That repeating it is BEAT_OK is for double-shutdown to say. */
      if (*status != BEAT_OK && *status != BEAT_E_TIMEOUT && *status != BEAT_E_HANDLE)
        finding("one of %d shutdowns at once answered %s", ENDERS, status_name(*status));
    }
    pthread_barrier_destroy(&together);
    if (gone == 0) finding("none of %d shutdowns at once answered BEAT_OK", ENDERS);
    expect("cancel after them", do_cancel(one.handle), BEAT_E_HANDLE);
    if (atomic_load(&said->findings) > 0) return;
  }
}

/* Shutdowns that come at any moment of a poll. */
static void race(unsigned delay_ms) {
  instance one;
  poller polls = {0};
  pthread_t thread;
  host_begin(&everything);
  open_instance(&one, &everything.table);
  polls.one = &one;
  thread = start(poll_on, &polls);
  pause_ms(delay_ms);
  step("shutdown while another thread polls");
  expect("shutdown while another thread polls", do_shutdown(one.handle, (uint32_t)patient_ms(5000)), BEAT_OK);
  atomic_store(&everything.gone, 1);
  step("the poll that was cut short");
  pthread_join(thread, NULL);
  if (polls.last != BEAT_E_CANCELLED && polls.last != BEAT_E_HANDLE)
    finding("a poll that shutdown cut short answered %s; promised is BEAT_E_CANCELLED", status_name(polls.last));
  if (atomic_load(&everything.late_inside) > 0) finding("the poll called the host after shutdown had answered BEAT_OK");
}

/* An instance with a thread held inside a poll by a callback; false if no callback comes. */
static bool hold(instance *one, gate *door, poller *polls, pthread_t *thread) {
  host_begin(&everything);
  open_instance(one, &everything.table);
  memset(door, 0, sizeof *door);
  door->longest_ns = (int64_t)patient_ms(5000) * 1000000;
  atomic_store(&door->armed, 1);
  everything.with = door;
  everything.during = gate_hold;
  polls->one = one;
  *thread = start(poll_on, polls);
  if (gate_wait(door, patient_ms(3000))) return true;
  atomic_store(&door->armed, 0);
  note("no function of the host was called during a poll, so none could be held inside");
  return false;
}

void check_shutdown_during_poll(void) {
  instance one;
  poller polls = {0};
  pthread_t thread;
  gate door;
  load();
  for (unsigned delay = 0; delay < 10; ++delay) race(delay);
  if (hold(&one, &door, &polls, &thread)) {
    beat_poll_result result;
    step("shutdown while a poll is held in a callback");
    expect("shutdown(20 ms) while a poll is held in a callback", do_shutdown(one.handle, 20), BEAT_E_TIMEOUT);
    step("a poll while the shutdown waits");
    expect("a poll while a shutdown waits", poll_once(&one, 0, 0, &result), BEAT_E_CANCELLED);
    if (result.batch != NULL) finding("a poll that failed has a batch");
    if (!atomic_load(&door.held)) note("the poll was held for %u s and calls waited for it", 5 * the.patience);
    atomic_store(&door.open, 1);
  }
  expect("shutdown after that", do_shutdown(one.handle, (uint32_t)patient_ms(5000)), BEAT_OK);
  pthread_join(thread, NULL);
}

static void *poll_many(void *argument) {
  poller *const self = argument;
  for (int i = 0; i < 100 && self->last >= 0; ++i) {
    beat_poll_result result;
    const beat_status status = poll_once(self->one, 1, 0, &result);
    if (status < 0 && status != BEAT_E_BUSY) self->last = status;
    if (result.batch != NULL) (void)answer(self->one, result.batch->id, BEAT_ACK_DURABLE);
  }
  return NULL;
}

void check_concurrent_poll(void) {
  enum { POLLERS = 4 };
  instance one;
  poller polls = {0}, many[POLLERS];
  pthread_t thread, threads[POLLERS];
  gate door;
  load();
  if (hold(&one, &door, &polls, &thread)) {
    beat_poll_result result;
    step("a poll while another thread's is held in a callback");
    expect("a poll while another thread's is held in a callback", poll_once(&one, 0, 0, &result), BEAT_E_BUSY);
    atomic_store(&door.open, 1);
  }
  everything.during = NULL;
  close_instance(&one);
  pthread_join(thread, NULL);
  open_instance(&one, &everything.table);
  step("%d threads poll the same instance", POLLERS);
  for (int i = 0; i < POLLERS; ++i) {
    memset(&many[i], 0, sizeof many[i]);
    many[i].one = &one;
    threads[i] = start(poll_many, &many[i]);
  }
  for (int i = 0; i < POLLERS; ++i) {
    pthread_join(threads[i], NULL);
    if (many[i].last < 0) finding("one of %d polls at once answered %s", POLLERS, status_name(many[i].last));
  }
  close_instance(&one);
}
