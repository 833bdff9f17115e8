/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the host: the n-th time that it writes to a file or waits for the disk, half of the
 * bytes are written and the process is killed, as by a power switch that is quicker than the kernel.
 * AM_KILL_AT and AM_KILL_COUNT: see kill_at.h.
 */
#define _GNU_SOURCE
#include "kill_at.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* Files only, and not the log. */
static int strikes(int fd) {
  struct stat status;
  if (fd <= 2 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return is_the_step();
}

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
