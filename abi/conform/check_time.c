/* SPDX-License-Identifier: Apache-2.0
 *
 * cancel-latency, budget: how long a poll stays inside. A machine may stop a process at any moment, so
 * the middle of several measures counts, not the worst.
 */
#include "conform.h"

#include <pthread.h>
#include <stdlib.h>

enum { CANCEL_AIM_MS = 50, CANCEL_LIMIT_MS = 250, BUDGET_EXCESS_MS = 100 };

static host everything;

static int by_size(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}
static double middle(double *values, size_t count) {
  qsort(values, count, sizeof *values, by_size);
  return values[count / 2];
}
static double ms_since(int64_t begun) { return (double)(now_ns() - begun) / 1e6; }

typedef struct poller {
  const instance *one;
  atomic_int cancelled, over;
  beat_status failed;
} poller;

static void *poll_on(void *argument) {
  poller *const self = argument;
  while (!atomic_load(&self->over)) {
    beat_poll_result result;
    const beat_status status = poll_once(self->one, 10000, 0, &result);
    if (status == BEAT_E_CANCELLED)
      atomic_fetch_add(&self->cancelled, 1);
    else if (status < 0)
      self->failed = status;
    if (result.batch != NULL) (void)answer(self->one, result.batch->id, BEAT_ACK_DURABLE);
    pause_ms(1);
  }
  return NULL;
}

/* Cancels a poll of another thread; how long until it ended, or -1. */
static double cancel_once(const instance *one, poller *polls) {
  const int before = atomic_load(&polls->cancelled);
  const int64_t begun = now_ns(), end = begun + (int64_t)patient_ms(5000) * 1000000;
  expect("cancel", do_cancel(one->handle), BEAT_OK);
  if (ms_since(begun) > (double)patient_ms(CANCEL_LIMIT_MS)) finding("cancel itself took %.0f ms; it does not wait", ms_since(begun));
  while (atomic_load(&polls->cancelled) == before && now_ns() < end) pause_ms(1);
  return atomic_load(&polls->cancelled) == before ? -1 : ms_since(begun);
}

static void cancel_without_poll(const instance *one) {
  beat_poll_result result;
  step("cancel while nobody polls");
  expect("cancel while nobody polls", do_cancel(one->handle), BEAT_OK);
  expect("the next poll", poll_once(one, 1000, 0, &result), BEAT_E_CANCELLED);
  if (result.batch != NULL) finding("a cancelled poll has a batch");
  if (poll_once(one, 0, 0, &result) == BEAT_E_CANCELLED) finding("one cancel ended two polls");
  if (result.batch != NULL) (void)answer(one, result.batch->id, BEAT_ACK_DURABLE);
}

void check_cancel_latency(void) {
  enum { TRIES = 9 };
  instance one;
  poller polls = {0};
  pthread_t thread;
  double took[TRIES], half;
  load();
  host_begin(&everything);
  open_instance(&one, &everything.table);
  cancel_without_poll(&one);
  polls.one = &one;
  if (pthread_create(&thread, NULL, poll_on, &polls) != 0) fatal("no thread could be started");
  for (int i = 0; i < TRIES; ++i) {
    pause_ms(10);
    step("cancel while another thread polls");
    took[i] = cancel_once(&one, &polls);
    if (took[i] < 0) {
      finding("no poll was cancelled within %u s of a cancel", 5 * the.patience);
      break;
    }
    if (i + 1 < TRIES) continue;
    half = middle(took, TRIES);
    note("cancelled after %.1f ms (the middle of %d), at most %.1f ms; the aim is %d", half, TRIES, took[TRIES - 1], CANCEL_AIM_MS);
    if (half > (double)patient_ms(CANCEL_LIMIT_MS))
      finding("a cancelled poll ended after %.0f ms (the middle of %d tries); the aim is %d, the limit of this check %u", half,
              TRIES, CANCEL_AIM_MS, CANCEL_LIMIT_MS * the.patience);
    pause_ms(50);
    if (atomic_load(&polls.cancelled) != TRIES) finding("%d cancels ended %d polls", TRIES, atomic_load(&polls.cancelled));
  }
  atomic_store(&polls.over, 1);
  step("the end of the polling thread");
  (void)do_cancel(one.handle);
  pthread_join(thread, NULL);
  if (polls.failed < 0) finding("a poll answered %s", status_name(polls.failed));
  close_instance(&one);
}

/* The most that a poll of a new instance is longer than its budget. What the machine gave to others is not counted. */
static double worst_excess(uint32_t budget_ms) {
  instance one;
  double worst = 0;
  bool batch = false;
  open_instance(&one, &everything.table);
  for (int i = 0; i < 12 && !batch; ++i) {
    beat_poll_result result;
    const int64_t waited = kept_waiting_ns(), begun = now_ns();
    const beat_status status = poll_once(&one, budget_ms, 0, &result);
    const double took = ms_since(begun), excess = took - (double)(kept_waiting_ns() - waited) / 1e6 - budget_ms;
    if (status < 0) fatal("a poll of %u ms answered %s", (unsigned)budget_ms, status_name(status));
    if (excess > worst) worst = excess;
    batch = result.batch != NULL;
    if (!batch) pause_ms(result.next_poll_ms < 100 ? result.next_poll_ms : 100);
  }
  close_instance(&one);
  return worst;
}

void check_budget(void) {
  static const uint32_t budgets[] = {0, 20, 100};
  instance one;
  beat_poll_result result = {0};
  double most = 0;
  int64_t end;
  load();
  host_begin(&everything);
  for (size_t i = 0; i < sizeof budgets / sizeof *budgets; ++i) {
    double worst[3], half;
    step("polls of %u ms", (unsigned)budgets[i]);
    for (size_t round = 0; round < 3; ++round) worst[round] = worst_excess(budgets[i]);
    half = middle(worst, 3);
    if (half > most) most = half;
    if (half > (double)patient_ms(BUDGET_EXCESS_MS))
      finding("polls of %u ms take up to %.0f ms; the limit is the budget and %u ms", (unsigned)budgets[i], half + budgets[i],
              BUDGET_EXCESS_MS * the.patience);
  }
  note("the longest polls were %.0f ms over their budgets", most);
  step("polls of 20 ms until a batch comes");
  end = now_ns() + (int64_t)the.wait_s * 1000000000;
  open_instance(&one, &everything.table);
  while (result.batch == NULL && now_ns() < end) {
    if (poll_once(&one, 20, 0, &result) < 0) fatal("a poll of 20 ms failed");
    if (result.batch == NULL) pause_ms(result.next_poll_ms < 100 ? result.next_poll_ms : 100);
  }
  if (result.batch == NULL) finding("polls of 20 ms made no progress: no batch came in %u s", the.wait_s);
  close_instance(&one);
}
