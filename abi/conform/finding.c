/* SPDX-License-Identifier: Apache-2.0 */
#include "conform.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

verdict *said;

static void write_to(char *place, const char *format, va_list values) {
  vsnprintf(place, FINDING_SIZE, format, values);
}

static void add(const char *format, va_list values) {
  const unsigned at = atomic_fetch_add(&said->findings, 1);
  if (at < MOST_FINDINGS) write_to(said->finding[at], format, values);
}

void finding(const char *format, ...) {
  va_list values;
  va_start(values, format);
  add(format, values);
  va_end(values);
}

void fatal(const char *format, ...) {
  va_list values;
  va_start(values, format);
  add(format, values);
  va_end(values);
  _exit(0); /* What was found is told already; another code would be a finding more. */
}

void skip(const char *format, ...) {
  va_list values;
  va_start(values, format);
  write_to(said->skipped, format, values);
  va_end(values);
  _exit(0);
}

void note(const char *format, ...) {
  va_list values;
  va_start(values, format);
  write_to(said->note, format, values);
  va_end(values);
}

void step(const char *format, ...) {
  va_list values;
  va_start(values, format);
  write_to(said->step, format, values);
  va_end(values);
}

const char *status_name(beat_status status) {
  static _Thread_local char unknown[4][24];
  static _Thread_local unsigned next;
  switch (status) {
    case BEAT_OK: return "BEAT_OK";
    case BEAT_IDLE: return "BEAT_IDLE";
    case BEAT_BACKPRESSURE: return "BEAT_BACKPRESSURE";
    case BEAT_E_GENERIC: return "BEAT_E_GENERIC";
    case BEAT_E_ARG: return "BEAT_E_ARG";
    case BEAT_E_VERSION: return "BEAT_E_VERSION";
    case BEAT_E_CONFIG: return "BEAT_E_CONFIG";
    case BEAT_E_NOMEM: return "BEAT_E_NOMEM";
    case BEAT_E_HANDLE: return "BEAT_E_HANDLE";
    case BEAT_E_BUSY: return "BEAT_E_BUSY";
    case BEAT_E_TIMEOUT: return "BEAT_E_TIMEOUT";
    case BEAT_E_CANCELLED: return "BEAT_E_CANCELLED";
    case BEAT_E_STATE: return "BEAT_E_STATE";
    case BEAT_E_FORKED: return "BEAT_E_FORKED";
    case BEAT_E_UNSUPPORTED: return "BEAT_E_UNSUPPORTED";
    case BEAT_E_TRUNCATED: return "BEAT_E_TRUNCATED";
    case BEAT_E_INTERNAL: return "BEAT_E_INTERNAL";
    default: break;
  }
  next = (next + 1) % 4;
  snprintf(unknown[next], sizeof unknown[next], "status %d", (int)status);
  return unknown[next];
}

bool expect(const char *what, beat_status got, beat_status wanted) {
  if (got == wanted) return true;
  finding("%s: answered %s, promised is %s", what, status_name(got), status_name(wanted));
  return false;
}
