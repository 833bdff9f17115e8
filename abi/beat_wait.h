/* SPDX-License-Identifier: Apache-2.0
 *
 * beat_wait.h - an optional part of a plugin, "beat.wait/1": one thread that waits for many instances.
 *
 * beat_plugin_api.get_extension(BEAT_WAIT_ID) answers a beat_wait_api, or NULL where a plugin has none.
 * Without it a poll waits for the network on the caller's thread, so every instance needs one. With it
 * a host waits by epoll, poll or select for whatever comes first of all its instances, and polls that
 * one with a budget of 0, which works for some milliseconds and waits for nothing:
 *
 *   descriptor(instance)             ->   once, after init
 *   loop:
 *     wait until the descriptor is readable, or next_poll_ms after the last poll are over
 *     beat_plugin_poll(instance, budget 0), and again while it has a batch or says next_poll_ms 0
 *
 * Words, threads, ownership and growth are those of beat_plugin.h. POSIX only.
 */
#ifndef BEAT_WAIT_H
#define BEAT_WAIT_H

#include "beat_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BEAT_WAIT_ID "beat.wait/1"

typedef struct beat_wait_api {
  uint32_t struct_size;
  uint32_t reserved;

  /* The instance's descriptor, in *out; the same at each call. It is readable from the moment on at
   * which a poll has work that the last one could not tell the time of, until a poll has looked: an
   * answer of the service came, a batch was acknowledged, a window was asked for, cancel was called.
   * Nothing is lost: what comes while a poll runs is done by that poll, or it is readable after it.
   * Now and then it is readable without need; a poll is harmless then.
   * From the first call on next_poll_ms leaves out what the descriptor tells. It is less than a second
   * as long as the instance is at work, that is, waits for an answer.
   *
   * Owned by the plugin, valid until shutdown has answered BEAT_OK, and until then never another:
   * take it out of what waits for it before shutdown is called, since its number may be used again at
   * once. The host may wait for it, in any thread and also while a poll runs, and nothing else: it
   * does not read, write, close, duplicate or hand it to another process.
   * *out is -1 if it fails. Errors: BEAT_E_ARG, BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *descriptor)(beat_handle instance, int32_t *out);
} beat_wait_api;

/* The layout of revision 1 on 64-bit machines, frozen. */
#if UINTPTR_MAX == 0xffffffffffffffffu
BEAT_ASSERT(wait_api_size, sizeof(beat_wait_api) == 16);
#endif

#ifdef __cplusplus
}
#endif

#endif /* BEAT_WAIT_H */
