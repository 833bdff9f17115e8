/* SPDX-License-Identifier: Apache-2.0
 *
 * descriptors, closed-descriptors, threads, sigpipe: what the plugin opens and starts.
 */
#include "conform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static host everything;
static void nothing(const char *stage) { (void)stage; }

static bool had(const descriptors *before, int fd) {
  for (int i = 0; i < before->count; ++i)
    if (before->fd[i] == fd) return true;
  return false;
}

static int more_than(const descriptors *before, int *which) {
  static descriptors now;
  int more = 0;
  list_descriptors(&now);
  for (int i = 0; i < now.count; ++i)
    if (!had(before, now.fd[i])) ++more, *which = now.fd[i];
  return more;
}

static void name_of(int fd, char *name, size_t size) {
  char link[64];
  ssize_t length;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, name, size - 1);
  name[length < 0 ? 0 : length] = '\0';
}

void check_descriptors(void) {
  static descriptors before;
  const int64_t patience_ns = (int64_t)patient_ms(3000) * 1000000;
  int64_t end;
  char name[200];
  int fd = -1, more;
  list_descriptors(&before);
  load();
  if (more_than(&before, &fd) > 0) finding("loading opened descriptor %d", fd);
  host_begin(&everything);
  whole_life(&everything.table, nothing);
  end = now_ns() + patience_ns;
  while ((more = more_than(&before, &fd)) > 0 && now_ns() < end) pause_ms(10);
  if (more == 0) return;
  name_of(fd, name, sizeof name);
  finding("%d descriptors are still open after shutdown, such as %d (%s)", more, fd, name);
}

static atomic_int standard_seen;

/* What the host writes to a descriptor that it closed must fail. */
static void try_standard(void *stage) {
  for (int fd = 0; fd < 3; ++fd) {
    if (write(fd, "a line of the host\n", 19) < 0 && errno == EBADF) continue;
    if (atomic_fetch_add(&standard_seen, 1) == 0)
      finding("%s: descriptor %d, which the host closed, is one of the plugin's: what the host writes there goes into it",
              (const char *)stage, fd);
  }
}

static void try_stage(const char *stage) {
  char copy[64];
  snprintf(copy, sizeof copy, "%s", stage);
  try_standard(copy);
}

void check_closed_descriptors(void) {
  static char during[] = "during a call";
  load();
  for (int fd = 0; fd < 3; ++fd) close(fd);
  host_begin(&everything);
  everything.with = during;
  everything.during = try_standard;
  whole_life(&everything.table, try_stage);
}

static void *nothing_to_run(void *argument) { return argument; }

void check_threads(void) {
  pthread_t first;
  int before;
  int64_t end;
  /* With the first thread some runtimes, as sanitizers, start one of their own that stays. */
  if (pthread_create(&first, NULL, nothing_to_run, NULL) != 0 || pthread_join(first, NULL) != 0) fatal("no thread could be started");
  pause_ms(20); /* The kernel still lists one that was joined. */
  before = count_threads();
  if (before < 0) skip("/proc does not tell how many threads there are");
  load();
  pause_ms(20);
  if (count_threads() != before) finding("loading started %d threads", count_threads() - before);
  host_begin(&everything);
  whole_life(&everything.table, nothing);
  end = now_ns() + (int64_t)patient_ms(5000) * 1000000; /* A name lookup cannot be interrupted. */
  while (count_threads() != before && now_ns() < end) pause_ms(10);
  if (count_threads() != before) finding("%d threads are left after shutdown", count_threads() - before);
}

enum { MOST_BROKEN = 2 };
static descriptors own;
static atomic_int broken;

/* Ends the sending half of each new connection of the plugin's, as if the peer had gone. */
static void break_connections(void *unused) {
  static descriptors seen;
  static descriptors now;
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  (void)unused;
  if (pthread_mutex_trylock(&one_at_a_time) != 0) return;
  list_descriptors(&now);
  for (int i = 0; i < now.count && atomic_load(&broken) < MOST_BROKEN; ++i) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (had(&own, now.fd[i]) || had(&seen, now.fd[i]) || getpeername(now.fd[i], (struct sockaddr *)&peer, &size) != 0) continue;
    if (shutdown(now.fd[i], SHUT_WR) == 0) atomic_fetch_add(&broken, 1);
  }
  seen = now;
  pthread_mutex_unlock(&one_at_a_time);
}

static void *keep_breaking(void *over) {
  while (!atomic_load((atomic_int *)over)) {
    break_connections(NULL);
    pause_ms(1);
  }
  return NULL;
}

void check_sigpipe(void) {
  const int64_t end = now_ns() + (int64_t)patient_ms(6000) * 1000000;
  atomic_int over = 0;
  pthread_t thread;
  instance one;
  int batches = 0;
  signal(SIGPIPE, SIG_DFL);
  load();
  list_descriptors(&own);
  host_begin(&everything);
  open_instance(&one, &everything.table);
  if (pthread_create(&thread, NULL, keep_breaking, &over) != 0) fatal("no thread could be started");
  while (batches < 3 && now_ns() < end) {
    beat_poll_result result;
    step("poll while connections break and SIGPIPE has its default");
    if (poll_once(&one, 200, 0, &result) < 0) fatal("poll failed because a connection broke");
    if (result.batch != NULL && ++batches) (void)answer(&one, result.batch->id, BEAT_ACK_DURABLE);
    if (result.batch == NULL && result.next_poll_ms > 10000 && atomic_load(&broken) > 0) break;
    if (result.batch == NULL) pause_ms(result.next_poll_ms < 100 ? result.next_poll_ms : 100);
  }
  atomic_store(&over, 1);
  pthread_join(thread, NULL);
  close_instance(&one);
  note(atomic_load(&broken) > 0 ? "%d connections were broken" : "%d connections were seen, so none could be broken",
       atomic_load(&broken));
}
