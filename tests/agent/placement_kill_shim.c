/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the program: at the n-th step that changes a folder it is killed, half-way through
 * if the step has a half. A file's many writes are one step, its first.
 *
 *   AM_KILL_AT=<n>       when; 0: never
 *   AM_KILL_COUNT=<file> where to say, at an orderly end, how many steps there were
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long steps;
static long kill_at;
static ino_t written; /* the file that was written to last */

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("AM_KILL_AT");
  kill_at = text != NULL ? strtol(text, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void) {
  const char *name = getenv("AM_KILL_COUNT");
  FILE *file = name != NULL ? fopen(name, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", steps);
  fclose(file);
}

static int strikes(void) {
  return ++steps == kill_at;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(name)                 \
  static __typeof__(&name) real; \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t size) {
  struct stat status;
  REAL(write);
  if (fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino != written) {
    written = status.st_ino;
    if (strikes()) {
      (void)!real(fd, from, size / 2);
      die();
    }
  }
  return real(fd, from, size);
}

int fchmod(int fd, mode_t mode) {
  REAL(fchmod);
  if (strikes()) die();
  return real(fd, mode);
}

int fsync(int fd) {
  REAL(fsync);
  if (strikes()) die();
  return real(fd);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  int done;
  const int last = strikes();
  REAL(renameat);
  done = real(from_folder, from, to_folder, to);
  if (last) die();
  return done;
}

int unlinkat(int folder, const char *name, int flags) {
  int done;
  const int last = strikes();
  REAL(unlinkat);
  done = real(folder, name, flags);
  if (last) die();
  return done;
}
