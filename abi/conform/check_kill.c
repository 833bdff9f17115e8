/* SPDX-License-Identifier: Apache-2.0
 *
 * kill: a process that dies between the delivery of a batch and its ack, and one that dies right after
 * the ack was answered BEAT_OK. Each life of the instance is a process of its own.
 */
#include "conform.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_DOCS = 20, MOST_BYTES = 1 << 20 };

typedef struct delivered { /* shared by the processes */
  atomic_int ready;
  uint32_t count;
  char id[MOST_DOCS][22];
  size_t size[MOST_DOCS], at[MOST_DOCS];
  bool seen[MOST_DOCS];
  char bytes[MOST_BYTES];
} delivered;

static delivered *given;
static char folder[PATH_MAX];

static void begin(instance *one) {
  static host everything;
  load();
  host_begin(&everything);
  open_in(one, &everything.table, folder);
  if (one->status != BEAT_OK) fatal("init on the state of a process that was killed answered %s: %.200s",
                                    status_name(one->status), one->error);
}

/* Takes a batch, and waits for its end. */
static void first_life(void) {
  instance one;
  const beat_batch *batch;
  size_t used = 0;
  begin(&one);
  batch = first_batch(&one, MOST_DOCS);
  for (uint32_t i = 0; i < batch->doc_count && i < MOST_DOCS; ++i) {
    const beat_doc *doc = doc_at(batch, i);
    if (doc->id.len != sizeof given->id[i] || doc->json.len > MOST_BYTES - used) break;
    memcpy(given->id[i], doc->id.ptr, doc->id.len);
    memcpy(given->bytes + used, doc->json.ptr, doc->json.len);
    given->at[i] = used;
    given->size[i] = doc->json.len;
    used += doc->json.len;
    ++given->count;
  }
  atomic_store(&given->ready, 1);
  for (;;) pause();
}

/* Which of the given documents this is, or -1. */
static int known(const beat_doc *doc) {
  for (uint32_t i = 0; i < given->count; ++i)
    if (doc->id.len == sizeof given->id[i] && memcmp(doc->id.ptr, given->id[i], doc->id.len) == 0) return (int)i;
  return -1;
}

static uint32_t look_through(const beat_batch *batch) {
  uint32_t again = 0;
  for (uint64_t i = 0; i < batch->doc_count; ++i) {
    const beat_doc *doc = doc_at(batch, i);
    const int at = known(doc);
    if (at < 0) continue;
    again += !given->seen[at];
    given->seen[at] = true;
    if (doc->json.len != given->size[at] || memcmp(doc->json.ptr, given->bytes + given->at[at], doc->json.len) != 0)
      finding("after the kill, document %.22s came again with other bytes", given->id[at]);
  }
  return again;
}

/* Polls and acknowledges until so many of the documents came, or nothing comes any more. */
static uint32_t collect(const instance *one, uint32_t wanted, int64_t longest_ms) {
  const int64_t end = now_ns() + longest_ms * 1000000;
  uint32_t came = 0;
  while (came < wanted && now_ns() < end) {
    beat_poll_result result;
    if (poll_once(one, 200, MOST_DOCS, &result) < 0) fatal("poll failed after the kill");
    if (result.batch != NULL) {
      came += look_through(result.batch);
      expect("ack", answer(one, result.batch->id, BEAT_ACK_DURABLE), BEAT_OK);
    } else if (at_rest(&result)) {
      break;
    }
  }
  return came;
}

/* Gets all of it again, acknowledges, and dies at once. */
static void second_life(void) {
  instance one;
  uint32_t came;
  step("the start after a kill between delivery and ack");
  begin(&one);
  came = collect(&one, given->count, (int64_t)the.wait_s * 1000);
  if (came < given->count)
    finding("%u of %u documents that were delivered and not acknowledged did not come again after the kill: they are lost",
            (unsigned)(given->count - came), (unsigned)given->count);
  raise(SIGKILL);
}

static void third_life(void) {
  instance one;
  uint32_t came;
  step("the start after a kill right after an ack");
  begin(&one);
  memset(given->seen, 0, sizeof given->seen);
  came = collect(&one, 1, (int64_t)patient_ms(3000));
  if (came > 0) finding("documents came again although their ack had answered BEAT_OK: the answer was not on disk");
  close_instance(&one);
}

static void kill_when_ready(pid_t child) {
  int status = 0;
  while (!atomic_load(&given->ready)) {
    if (waitpid(child, &status, WNOHANG) == child) {
      if (WIFSIGNALED(status)) finding("the process crashed before the kill: %s", strsignal(WTERMSIG(status)));
      _exit(0); /* It has said why. */
    }
    pause_ms(1);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
}

static pid_t live(void (*life)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    life();
    _exit(0);
  }
  if (child < 0) fatal("no process could be made");
  return child;
}

void check_kill(void) {
  int status = 0;
  pid_t child;
  if (!has_state()) skip("the configuration has no " STATE_MARK ", so nothing outlives the process");
  new_folder(folder, sizeof folder);
  given = mmap(NULL, sizeof *given, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (given == MAP_FAILED) abort();
  kill_when_ready(live(first_life));
  if (given->count == 0) fatal("the batch has no document that could be compared");
  child = live(second_life);
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
    finding("the process after the kill crashed: %s", strsignal(WTERMSIG(status)));
  if (atomic_load(&said->findings) > 0) return;
  join_child(live(third_life), "the start after a kill right after an ack");
  note("%u documents came again after the kill, and not after their ack", (unsigned)given->count);
}
