/* SPDX-License-Identifier: Apache-2.0
 *
 * The host that the kit is: every function offered, and what the plugin does with them remembered.
 * Secrets that a configuration names are taken from the environment.
 */
#include "conform.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const host_functions[HOST_FUNCTIONS] = {"log",        "log_level", "realtime_ns",  "monotonic_ns",
                                                    "secret_get", "health",    "get_extension"};

static pthread_mutex_t secrets_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *secrets[16]; /* handed out */

static host *called(void *ctx) {
  host *const self = ctx;
  atomic_fetch_add(&self->callbacks, 1);
  if (atomic_load(&self->gone)) {
    atomic_fetch_add(&self->late, 1);
    if (inside > 0) atomic_fetch_add(&self->late_inside, 1);
  }
  if (inside == 0) atomic_fetch_add(&self->elsewhere, 1);
  if (self->during != NULL) self->during(self->with);
  return self;
}

static bool has_secret(beat_span text) {
  bool found = false;
  pthread_mutex_lock(&secrets_lock);
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets && secrets[i] != NULL; ++i)
    if (memmem(text.ptr, text.len, secrets[i], strlen(secrets[i])) != NULL) found = true;
  pthread_mutex_unlock(&secrets_lock);
  return found;
}

static void on_log(void *ctx, int32_t level, beat_span component, beat_span text) {
  host *const self = called(ctx);
  const char *fault = NULL;
  const int wanted = self->table.log_level == NULL ? BEAT_LOG_INFO : atomic_load(&self->level);
  atomic_fetch_add(&self->lines, 1);
  if (level < BEAT_LOG_ERROR || level > BEAT_LOG_TRACE)
    fault = "a level that is none";
  else if (level > wanted)
    fault = "more verbose than wanted";
  else if (text.len == 0)
    fault = "an empty line";
  else if (text.ptr == NULL || (component.ptr == NULL && component.len > 0))
    fault = "a span without octets";
  else if (memchr(text.ptr, '\n', text.len) != NULL)
    fault = "a line with a newline inside";
  else if (has_secret(text))
    fault = "a line with a secret";
  if (fault != NULL && atomic_fetch_add(&self->bad_lines, 1) == 0)
    snprintf(self->bad_line, sizeof self->bad_line, "%s (level %d, component %.*s, %zu bytes)", fault, (int)level,
             (int)(component.len < 40 ? component.len : 40), component.ptr == NULL ? "" : component.ptr, text.len);
}

static int32_t on_log_level(void *ctx) { return atomic_load(&called(ctx)->level); }

static int64_t on_realtime(void *ctx) {
  struct timespec now;
  called(ctx);
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t on_monotonic(void *ctx) {
  called(ctx);
  return now_ns();
}

static beat_status on_secret(void *ctx, beat_span name, char *buf, size_t cap, size_t *len) {
  char key[128];
  const char *value;
  called(ctx);
  if (name.len >= sizeof key) return BEAT_E_GENERIC;
  memcpy(key, name.ptr, name.len);
  key[name.len] = '\0';
  value = getenv(key);
  if (value == NULL || *value == '\0') return BEAT_E_GENERIC;
  pthread_mutex_lock(&secrets_lock);
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets && secrets[i] != value; ++i) {
    if (secrets[i] == NULL) secrets[i] = value;
  }
  pthread_mutex_unlock(&secrets_lock);
  *len = strlen(value);
  memcpy(buf, value, *len < cap ? *len : cap);
  return *len > cap ? BEAT_E_TRUNCATED : BEAT_OK;
}

static void on_health(void *ctx, int32_t health, beat_span stream, beat_span text) {
  host *const self = called(ctx);
  (void)text;
  if (stream.len > 0) return;
  if (health == BEAT_HEALTH_STOPPING) atomic_fetch_add(&self->stopping, 1);
  if (health == BEAT_HEALTH_STOPPED) atomic_fetch_add(&self->stopped, 1);
}

static const void *on_extension(void *ctx, const char *id) {
  (void)id;
  called(ctx);
  return NULL;
}

void host_begin(host *one) {
  memset(one, 0, sizeof *one);
  one->table.struct_size = sizeof one->table;
  one->table.abi_version = BEAT_ABI_VERSION;
  one->table.ctx = one;
  one->table.log = on_log;
  one->table.log_level = on_log_level;
  one->table.realtime_ns = on_realtime;
  one->table.monotonic_ns = on_monotonic;
  one->table.secret_get = on_secret;
  one->table.health = on_health;
  one->table.get_extension = on_extension;
  atomic_store(&one->level, BEAT_LOG_TRACE);
}

void host_without(host *one, size_t function) {
  switch (function) {
    case 0: one->table.log = NULL; break;
    case 1: one->table.log_level = NULL; break;
    case 2: one->table.realtime_ns = NULL; break;
    case 3: one->table.monotonic_ns = NULL; break;
    case 4: one->table.secret_get = NULL; break;
    case 5: one->table.health = NULL; break;
    default: one->table.get_extension = NULL; break;
  }
}

void gate_hold(void *one) {
  gate *const self = one;
  int expected = 1;
  if (inside == 0 || !atomic_compare_exchange_strong(&self->armed, &expected, 0)) return;
  const int64_t end = now_ns() + self->longest_ns;
  atomic_store(&self->held, 1);
  while (!atomic_load(&self->open) && now_ns() < end) pause_ms(1);
  atomic_store(&self->held, 0);
}

bool gate_wait(gate *one, uint64_t ms) {
  const int64_t end = now_ns() + (int64_t)ms * 1000000;
  while (!atomic_load(&one->held) && now_ns() < end) pause_ms(1);
  return atomic_load(&one->held) != 0;
}
