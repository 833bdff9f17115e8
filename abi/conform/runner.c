/* SPDX-License-Identifier: Apache-2.0
 *
 * A check in a process of its own, with a folder of its own, and an end to both.
 */
#include "conform.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

static char *make_scratch(void) {
  const char *below = getenv("TMPDIR");
  char *path = NULL;
  if (asprintf(&path, "%s/beat-plugin-conform-XXXXXX", below != NULL && *below != '\0' ? below : "/tmp") < 0) abort();
  if (mkdtemp(path) == NULL) {
    fprintf(stderr, "%s: %s cannot be made: %s; set TMPDIR to a folder that can be written\n", the.program, path,
            strerror(errno));
    exit(2);
  }
  return path;
}

typedef struct running {
  pid_t child;
  int64_t begun;
  verdict *into; /* shared with the child */
  char *scratch;
} running;

static void begin(const check *which, running *one) {
  one->into = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (one->into == MAP_FAILED) abort();
  one->scratch = make_scratch();
  one->begun = now_ns();
  fflush(NULL);
  one->child = fork();
  if (one->child == 0) {
    said = one->into;
    the.scratch = one->scratch;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* Whoever interrupts the kit interrupts its check. */
    dup2(2, 1); /* Ours has the results. */
    signal(SIGPIPE, SIG_DFL);
    which->run();
    _exit(0);
  }
  if (one->child < 0) {
    fprintf(stderr, "%s: no process could be made: %s\n", the.program, strerror(errno));
    exit(2);
  }
  setpgid(one->child, one->child);
}

/* Whether it is over, by itself or by its time; then *into has what it said. */
static bool over(running *one, verdict *into) {
  int status = 0;
  said = one->into;
  if (waitpid(one->child, &status, WNOHANG) != one->child) {
    if (now_ns() - one->begun < (int64_t)the.timeout_s * 1000000000) return false;
    kill(-one->child, SIGKILL);
    waitpid(one->child, &status, 0);
    finding("it did not end within %u s, while: %.200s", the.timeout_s, said->step);
  } else if (WIFSIGNALED(status)) {
    finding("the process crashed: %s, while: %.200s", strsignal(WTERMSIG(status)), said->step);
  } else if (WEXITSTATUS(status) != 0) {
    finding("the process was ended with %d from within, while: %.200s", WEXITSTATUS(status), said->step);
  }
  kill(-one->child, SIGKILL); /* What it left. */
  said->seconds = (double)(now_ns() - one->begun) / 1e9;
  memcpy(into, said, sizeof *into);
  munmap(said, sizeof *said);
  nftw(one->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  free(one->scratch);
  one->child = 0;
  return true;
}

void run_checks(checked *all, size_t count, unsigned jobs, void (*told)(const checked *one)) {
  running *const now = calloc(count, sizeof *now);
  size_t begun = 0, done = 0;
  unsigned busy = 0;
  if (now == NULL) abort();
  while (done < count) {
    for (; begun < count && busy < jobs; ++busy) {
      begin(all[begun].which, &now[begun]);
      ++begun;
    }
    for (size_t i = 0; i < begun; ++i)
      if (now[i].child > 0 && over(&now[i], &all[i].verdict)) --busy;
    for (; done < begun && now[done].child == 0; ++done) told(&all[done]); /* In the order of the list. */
    pause_ms(2);
  }
  free(now);
}
