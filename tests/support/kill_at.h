/* SPDX-License-Identifier: Apache-2.0
 *
 * What libraries share that are preloaded into a program to kill it at its n-th step.
 *
 *   AM_KILL_AT=<n>       when; 0: never
 *   AM_KILL_COUNT=<file> where to say, at an orderly end, how many steps there were
 *
 * To be included once, after _GNU_SOURCE is defined.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long steps;
static long kill_at;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("AM_KILL_AT");
  kill_at = text != NULL ? strtol(text, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void) {
  const char *name = getenv("AM_KILL_COUNT");
  FILE *file = name != NULL ? fopen(name, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", atomic_load(&steps));
  fclose(file);
}

/* Counts a step; whether it is the one. */
static int is_the_step(void) {
  return atomic_fetch_add(&steps, 1) + 1 == kill_at;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* A function of libc behind the one of that name here. */
#define REAL(name)               \
  static __typeof__(&name) real; \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)
