/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the program: at the n-th step that changes a folder it is killed, half-way through
 * if the step has a half. A file's many writes are one step, its first.
 * AM_KILL_AT and AM_KILL_COUNT: see kill_at.h.
 */
#define _GNU_SOURCE
#include "kill_at.h"

#include <sys/stat.h>

static ino_t written; /* the file that was written to last */

ssize_t write(int fd, const void *from, size_t size) {
  struct stat status;
  REAL(write);
  if (fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino != written) {
    written = status.st_ino;
    if (is_the_step()) {
      (void)!real(fd, from, size / 2);
      die();
    }
  }
  return real(fd, from, size);
}

int fchmod(int fd, mode_t mode) {
  REAL(fchmod);
  if (is_the_step()) die();
  return real(fd, mode);
}

int fsync(int fd) {
  REAL(fsync);
  if (is_the_step()) die();
  return real(fd);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  int done;
  const int last = is_the_step();
  REAL(renameat);
  done = real(from_folder, from, to_folder, to);
  if (last) die();
  return done;
}

int unlinkat(int folder, const char *name, int flags) {
  int done;
  const int last = is_the_step();
  REAL(unlinkat);
  done = real(folder, name, flags);
  if (last) die();
  return done;
}
