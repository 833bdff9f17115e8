/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command and says what it needed. It is small on purpose: what the kernel calls the peak of a process
 * begins with what its parent had when it forked, and a script's fork alone has 14 MB.
 *
 *   measured [--every MS] REPORT COMMAND [ARGUMENT ...]
 *
 * REPORT becomes a file with one JSON object in each line. Memory is in KB; moments are of CLOCK_MONOTONIC, which is
 * Python's time.monotonic_ns(); CPU and counts are of the process and of those that it waited for.
 *   {"moment":"start", pid, ns}                                 before fork
 *   {"moment":"asked", ns, resident, peak, anonymous, file, pss}   at each SIGUSR1 to measured
 *   {"moment":"peak", ...}      the same where it was largest, among looks of every MS (20; 0: none)
 *   {"moment":"end", ns, code, user_us, system_us, peak, voluntary, involuntary, minor_faults, major_faults}
 * SIGTERM, SIGINT and SIGHUP are passed on. Exits as the command does; 128 and the signal that ended it. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct memory {
  long long ns;
  long resident, peak, anonymous, file, pss;
};

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* The number behind `key` in a file of "Key:  number kB" lines; 0 if there is none. */
static long number(const char* text, const char* key) {
  const char* at = strstr(text, key);
  return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

/* The file whole, as text; 0 if the process is over. */
static int content(pid_t process, const char* name, char* text, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)process, name);
  FILE* file = fopen(path, "r");
  if (!file) return 0;
  const size_t size = fread(text, 1, room - 1, file);
  fclose(file);
  text[size] = '\0';
  return size > 0;
}

static int look(pid_t process, struct memory* found) {
  char text[8192];
  if (!content(process, "status", text, sizeof text)) return 0;
  found->ns = now();
  found->resident = number(text, "VmRSS:");
  found->peak = number(text, "VmHWM:");
  found->anonymous = number(text, "RssAnon:");
  found->file = number(text, "RssFile:");
  return found->resident > 0;
}

/* Dearer than the rest: the kernel walks all pages. */
static void look_closely(pid_t process, struct memory* found) {
  char text[8192];
  found->pss = content(process, "smaps_rollup", text, sizeof text) ? number(text, "\nPss:") : 0;
}

static void say(FILE* report, const char* moment, const struct memory* found) {
  fprintf(report,
          "{\"moment\":\"%s\",\"ns\":%lld,\"resident\":%ld,\"peak\":%ld,\"anonymous\":%ld,\"file\":%ld,\"pss\":%ld}\n",
          moment, found->ns, found->resident, found->peak, found->anonymous, found->file, found->pss);
  fflush(report);
}

static long long microseconds(struct timeval time) {
  return time.tv_sec * 1000000LL + time.tv_usec;
}

static int usage(void) {
  fputs("usage: measured [--every MS] REPORT COMMAND [ARGUMENT ...]\n", stderr);
  return 64;
}

int main(int argc, char** argv) {
  long every = 20;
  int first = 1;
  if (argc > 2 && strcmp(argv[1], "--every") == 0) {
    char* end = NULL;
    every = strtol(argv[2], &end, 10);
    if (*end != '\0' || every < 0) return usage();
    first = 3;
  }
  if (argc < first + 2) return usage();
  FILE* report = fopen(argv[first], "we");
  if (!report) {
    fprintf(stderr, "measured: %s: %s\n", argv[first], strerror(errno));
    return 73;
  }

  sigset_t waited, before;
  sigemptyset(&waited);
  const int signals[] = {SIGCHLD, SIGUSR1, SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) sigaddset(&waited, signals[i]);
  sigprocmask(SIG_BLOCK, &waited, &before);

  const long long began = now();
  const pid_t process = fork();
  if (process < 0) {
    perror("measured: fork");
    return 71;
  }
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(argv[first + 1], argv + first + 1);
    fprintf(stderr, "measured: %s: %s\n", argv[first + 1], strerror(errno));
    _exit(127);
  }
  fprintf(report, "{\"moment\":\"start\",\"pid\":%d,\"ns\":%lld}\n", (int)process, began);
  fflush(report);

  struct memory largest = {0, 0, 0, 0, 0, 0}, found = largest;
  const struct timespec pause = {every / 1000, every % 1000 * 1000000};
  for (;;) {
    int status = 0;
    struct rusage used;
    const pid_t ended = wait4(process, &status, WNOHANG, &used);
    if (ended == process) {
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (largest.resident > 0) say(report, "peak", &largest);
      fprintf(report,
              "{\"moment\":\"end\",\"ns\":%lld,\"code\":%d,\"user_us\":%lld,\"system_us\":%lld,\"peak\":%ld,"
              "\"voluntary\":%ld,\"involuntary\":%ld,\"minor_faults\":%ld,\"major_faults\":%ld}\n",
              now(), code, microseconds(used.ru_utime), microseconds(used.ru_stime), used.ru_maxrss, used.ru_nvcsw,
              used.ru_nivcsw, used.ru_minflt, used.ru_majflt);
      return fclose(report) == 0 ? code : 74;
    }
    if (ended < 0 && errno != EINTR) {
      perror("measured: wait4");
      return 71;
    }
    const int came = every > 0 ? sigtimedwait(&waited, NULL, &pause) : sigwaitinfo(&waited, NULL);
    if (came == SIGTERM || came == SIGINT || came == SIGHUP) kill(process, came);
    if (!look(process, &found)) continue;
    if (came == SIGUSR1) {
      look_closely(process, &found);
      say(report, "asked", &found);
    }
    if (every > 0 && found.resident > largest.resident) {
      /* Not at each page more. */
      if (found.resident > largest.resident + 256)
        look_closely(process, &found);
      else
        found.pss = largest.pss;
      largest = found;
    }
  }
}
