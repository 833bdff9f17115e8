/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the host: the n-th time that it writes to a file or waits for the disk, half of the
 * bytes are written and the process is killed, as by a power switch that is quicker than the kernel.
 *
 *   AM_KILL_AT=<n>       when; 0: never
 *   AM_KILL_COUNT=<file> where to say, at an orderly end, how often it came to that
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("AM_KILL_AT");
  kill_at = text != NULL ? strtol(text, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void) {
  const char *name = getenv("AM_KILL_COUNT");
  FILE *file = name != NULL ? fopen(name, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", atomic_load(&calls));
  fclose(file);
}

/* Files only, and not the log. */
static int strikes(int fd) {
  struct stat status;
  if (fd <= 2 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return atomic_fetch_add(&calls, 1) + 1 == kill_at;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* A function of libc behind the one of that name here. */
#define REAL(name)                                                          \
  static __typeof__(&name) real;                                            \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t size) {
  REAL(write);
  if (!strikes(fd)) return real(fd, from, size);
  (void)!real(fd, from, size / 2);
  die();
  return -1;
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
  REAL(pwrite);
  if (!strikes(fd)) return real(fd, from, size, at);
  (void)!real(fd, from, size / 2, at);
  die();
  return -1;
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  REAL(pwrite64);
  if (!strikes(fd)) return real(fd, from, size, at);
  (void)!real(fd, from, size / 2, at);
  die();
  return -1;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  size_t all = 0, half;
  int i;
  REAL(writev);
  if (!strikes(fd)) return real(fd, parts, count);
  for (i = 0; i < count; ++i) all += parts[i].iov_len;
  half = all / 2;
  for (i = 0; i < count && half > 0; ++i) {
    struct iovec part = parts[i];
    if (part.iov_len > half) part.iov_len = half;
    half -= part.iov_len;
    (void)!real(fd, &part, 1);
  }
  die();
  return -1;
}

int fsync(int fd) {
  REAL(fsync);
  if (strikes(fd)) die();
  return real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  if (strikes(fd)) die();
  return real(fd);
}
