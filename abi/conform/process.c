/* SPDX-License-Identifier: Apache-2.0
 *
 * Time, descriptors, threads and children of this process.
 */
#include "conform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void pause_ms(uint64_t ms) {
  struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

uint64_t patient_ms(uint64_t ms) { return ms * the.patience; }

int64_t kept_waiting_ns(void) {
  char text[96];
  long long waited = 0;
  const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  if (size <= 0) return 0;
  text[size] = '\0';
  return sscanf(text, "%*d %lld", &waited) == 1 ? waited : 0;
}

void list_descriptors(descriptors *all) {
  int fd;
  all->count = 0;
  for (fd = 0; fd < MOST_DESCRIPTORS; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) all->fd[all->count++] = fd;
}

int count_threads(void) {
  DIR *folder = opendir("/proc/self/task");
  const struct dirent *entry;
  int count = 0;
  if (folder == NULL) return -1;
  while ((entry = readdir(folder)) != NULL) count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

void child_alarm(void) { alarm(20 * the.patience); }

void join_child(pid_t child, const char *what) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    finding("%s: the process could not be made: %s", what, strerror(errno));
  } else if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == SIGALRM)
      finding("%s: the process hangs: it waits for a lock or a thread of its parent", what);
    else
      finding("%s: the process crashed: %s", what, strsignal(WTERMSIG(status)));
  } else if (WEXITSTATUS(status) != 0) {
    finding("%s: the process ended with %d", what, WEXITSTATUS(status));
  }
}
