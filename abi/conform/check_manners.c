/* SPDX-License-Identifier: Apache-2.0
 *
 * signals, locale, working-directory, environment, output: what belongs to the process stays as it was,
 * at each stage of an instance's life.
 */
#include "conform.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
static host everything;

static void live(void (*look)(const char *stage)) {
  host_begin(&everything);
  load();
  whole_life(&everything.table, look);
}

static struct sigaction actions[NSIG];
static sigset_t mask;

static void look_at_signals(const char *stage) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now;
    memset(&now, 0, sizeof now);
    if (sigaction(number, NULL, &now) != 0) continue;
    if (now.sa_handler != actions[number].sa_handler || now.sa_flags != actions[number].sa_flags)
      fatal("%s: what signal %d (%s) does was changed", stage, number, strsignal(number));
  }
  sigset_t now;
  sigemptyset(&now);
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  for (int number = 1; number < NSIG; ++number)
    if (sigismember(&now, number) != sigismember(&mask, number)) fatal("%s: the mask of signal %d was changed", stage, number);
}

void check_signals(void) {
  for (int number = 1; number < NSIG; ++number) (void)sigaction(number, NULL, &actions[number]);
  sigemptyset(&mask);
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  live(look_at_signals);
}

static char locale[256];

static void look_at_locale(const char *stage) {
  if (strcmp(setlocale(LC_ALL, NULL), locale) != 0)
    fatal("%s: the locale is %.100s and was %.100s", stage, setlocale(LC_ALL, NULL), locale);
  if (uselocale((locale_t)0) != LC_GLOBAL_LOCALE) fatal("%s: this thread has a locale of its own", stage);
}

void check_locale(void) {
  snprintf(locale, sizeof locale, "%s", setlocale(LC_ALL, NULL));
  live(look_at_locale);
}

static char folder[PATH_MAX];

static void look_at_folder(const char *stage) {
  char now[PATH_MAX] = "";
  if (getcwd(now, sizeof now) == NULL || strcmp(now, folder) != 0)
    fatal("%s: the working directory is %.150s and was %.150s", stage, now, folder);
}

void check_working_directory(void) {
  if (getcwd(folder, sizeof folder) == NULL) fatal("this process has no working directory: %s", strerror(errno));
  live(look_at_folder);
}

static char **variables;
static size_t variable_count;
static mode_t created;

static mode_t umask_now(void) {
  const mode_t now = umask(0);
  umask(now);
  return now;
}

static void look_at_environment(const char *stage) {
  size_t count = 0;
  for (; environ[count] != NULL; ++count)
    if (count >= variable_count || strcmp(environ[count], variables[count]) != 0)
      fatal("%s: the environment was changed at %.*s", stage, (int)strcspn(environ[count], "="), environ[count]);
  if (count != variable_count) fatal("%s: a variable of the environment is gone", stage);
  if (umask_now() != created) fatal("%s: the umask is %03o and was %03o", stage, (unsigned)umask_now(), (unsigned)created);
}

void check_environment(void) {
  while (environ[variable_count] != NULL) ++variable_count;
  variables = calloc(variable_count + 1, sizeof *variables);
  if (variables == NULL) abort();
  for (size_t i = 0; i < variable_count; ++i)
    if ((variables[i] = strdup(environ[i])) == NULL) abort();
  created = umask_now();
  live(look_at_environment);
}

static void nothing(const char *stage) { (void)stage; }

void check_output(void) {
  char path[PATH_MAX + 8], text[200];
  ssize_t size;
  int file;
  snprintf(path, sizeof path, "%s/output", the.scratch);
  file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0) fatal("%s cannot be written: %s", path, strerror(errno));
  live(nothing);
  fflush(NULL); /* What stands in a buffer of the C library was printed too. */
  size = pread(file, text, sizeof text - 1, 0);
  if (size <= 0) return;
  text[strcspn(text, "\n")] = '\0';
  text[size] = '\0';
  finding("it prints: %s", text);
}
