/* SPDX-License-Identifier: Apache-2.0
 *
 * foreign-malloc: a host with a malloc of its own, whose memory is filled when it is fresh and when it
 * is freed, and whose arguments lie in blocks that only the host may free.
 */
#include "conform.h"

#include <string.h>

static void *host_copy(const void *what, size_t size) {
  void *const copy = host_memory(size);
  memcpy(copy, what, size);
  return copy;
}

static unsigned judged;

static void judge(const char *call) {
  if (malloc_faults() > judged)
    finding("%s freed memory of the host, or memory that malloc never gave; neither side frees the other's", call);
  judged = malloc_faults();
}

/* What a host hands over, each in a block of its own. */
typedef struct arguments {
  beat_init_args *init;
  beat_poll_args *poll;
  beat_poll_result *result;
  beat_ack_args *ack;
  char *config, *name, *error;
} arguments;

static arguments prepare(const beat_host_api *table, const char *text) {
  const beat_init_args init = {.struct_size = sizeof init, .host = table};
  const beat_poll_args poll = {.struct_size = sizeof poll, .budget_ms = 200};
  const beat_poll_result result = {.struct_size = sizeof result};
  const beat_ack_args ack = {.struct_size = sizeof ack, .outcome = BEAT_ACK_DURABLE};
  arguments all;
  all.init = host_copy(&init, sizeof init);
  all.poll = host_copy(&poll, sizeof poll);
  all.result = host_copy(&result, sizeof result);
  all.ack = host_copy(&ack, sizeof ack);
  all.config = host_copy(text, strlen(text));
  all.name = host_copy("conform", 7);
  all.error = host_memory(1000);
  all.init->config_json = (beat_span){all.config, strlen(text)};
  all.init->instance_id = (beat_span){all.name, 7};
  all.init->err_buf = all.error;
  all.init->err_cap = 1000;
  return all;
}

void check_foreign_malloc(void) {
  static host one;
  const int64_t end = now_ns() + (int64_t)the.wait_s * 1000000000;
  char folder[PATH_MAX];
  beat_handle handle = 0;
  arguments all;
  int batches = 0;
  if (!malloc_is_ours()) skip("this kit was built with a sanitizer, whose malloc it is");
  malloc_strict();
  load();
  host_begin(&one);
  new_folder(folder, sizeof folder);
  all = prepare(host_copy(&one.table, sizeof one.table), config_with(folder));
  judged = malloc_faults();
  step("init of a host with its own malloc");
  if (do_init(all.init, &handle) != BEAT_OK) fatal("init failed: %.200s", all.error);
  judge("init");
  memset(all.config, '#', all.init->config_json.len); /* Borrowed for the call. */
  memset(all.name, '#', 7);
  host_release(all.config);
  host_release(all.name);
  while (batches < 3 && now_ns() < end) {
    step("poll of a host with its own malloc");
    all.result->batch = NULL;
    if (do_poll(handle, all.poll, all.result) < 0) fatal("poll failed");
    judge("poll");
    if (all.result->batch == NULL && batches > 0) break;
    if (all.result->batch == NULL) {
      pause_ms(all.result->next_poll_ms < 200 ? all.result->next_poll_ms : 200);
      continue;
    }
    ++batches;
    step("ack of a host with its own malloc");
    expect("ack", do_ack(handle, all.result->batch->id, all.ack), BEAT_OK);
    judge("ack");
  }
  if (batches == 0) finding("no batch came in %u s", the.wait_s);
  step("shutdown of a host with its own malloc");
  expect("shutdown", do_shutdown(handle, (uint32_t)patient_ms(5000)), BEAT_OK);
  judge("shutdown");
}
