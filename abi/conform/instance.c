/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances of the plugin and what a host does with them.
 */
#include "conform.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 10000 }; /* a delay of more than this is rest: nothing comes until an interval is over */

bool has_state(void) { return strstr(the.config, STATE_MARK) != NULL; }

void new_folder(char *path, size_t size) {
  *path = '\0';
  if (has_state() && snprintf(path, size, "%s/%u", the.scratch, atomic_fetch_add(&said->folders, 1)) >= (int)size)
    fatal("the folder for temporary files has too long a name; set TMPDIR to a shorter one");
}

char *config_with(const char *folder) {
  const size_t mark = strlen(STATE_MARK), path = strlen(folder);
  const char *from = the.config, *next;
  size_t count = 0;
  char *text, *to;
  for (next = from; (next = strstr(next, STATE_MARK)) != NULL; next += mark) ++count;
  to = text = host_memory(strlen(from) + count * path + 1);
  while ((next = strstr(from, STATE_MARK)) != NULL) {
    memcpy(to, from, (size_t)(next - from));
    to += next - from;
    memcpy(to, folder, path);
    to += path;
    from = next + mark;
  }
  strcpy(to, from);
  return text;
}

void open_in(instance *one, const beat_host_api *table, const char *folder) {
  beat_init_args args;
  char *text;
  memset(one, 0, sizeof *one);
  if (folder == NULL)
    new_folder(one->folder, sizeof one->folder);
  else
    snprintf(one->folder, sizeof one->folder, "%s", folder);
  text = config_with(one->folder);
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.host = table;
  args.config_json.ptr = text;
  args.config_json.len = strlen(text);
  args.instance_id.ptr = "conform";
  args.instance_id.len = 7;
  args.err_buf = one->error;
  args.err_cap = sizeof one->error;
  one->status = do_init(&args, &one->handle);
  memset(text, '#', args.config_json.len); /* borrowed for the call, and no longer */
  host_release(text);
}

void open_instance(instance *one, const beat_host_api *table) {
  open_in(one, table, NULL);
  if (one->status != BEAT_OK) fatal("init answered %s: %.300s", status_name(one->status), one->error);
  if (one->handle == 0) fatal("init answered BEAT_OK and the handle 0, which is never valid");
}

void close_instance(instance *one) {
  const int64_t end = now_ns() + (int64_t)patient_ms(10000) * 1000000;
  beat_status status;
  do {
    status = do_shutdown(one->handle, 1000);
  } while (status == BEAT_E_TIMEOUT && now_ns() < end);
  if (status != BEAT_OK) finding("shutdown answered %s and not BEAT_OK in the end", status_name(status));
}

beat_status poll_once(const instance *one, uint32_t budget_ms, uint32_t max_docs, beat_poll_result *out) {
  beat_poll_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = budget_ms;
  args.max_docs = max_docs;
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  return do_poll(one->handle, &args, out);
}

beat_status answer(const instance *one, beat_batch_id batch, int32_t outcome) {
  beat_ack_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.outcome = outcome;
  return do_ack(one->handle, batch, &args);
}

bool at_rest(const beat_poll_result *result) {
  if (result->next_poll_ms > LONG_MS) return true;
  pause_ms(result->next_poll_ms);
  return false;
}

const beat_batch *first_batch(const instance *one, uint32_t max_docs) {
  const int64_t end = now_ns() + (int64_t)the.wait_s * 1000000000;
  char error[256] = "";
  size_t length = 0;
  while (now_ns() < end) {
    beat_poll_result result;
    const beat_status status = poll_once(one, 500, max_docs, &result);
    if (status < 0) fatal("poll answered %s before any batch came", status_name(status));
    if (result.batch != NULL) return result.batch;
    pause_ms(result.next_poll_ms < 500 ? result.next_poll_ms : 500);
  }
  (void)do_last_error(one->handle, error, sizeof error - 1, &length);
  fatal("no batch came in %u s; the check needs one: give a configuration that has documents. last_error: %.200s",
        the.wait_s, error);
}

const beat_doc *doc_at(const beat_batch *batch, uint64_t index) {
  return (const beat_doc *)(const void *)((const char *)batch->docs + index * batch->doc_stride);
}

void whole_life(const beat_host_api *table, void (*after)(const char *stage)) {
  const int64_t end = now_ns() + (int64_t)the.wait_s * 1000000000;
  instance one;
  unsigned batches = 0;
  after("after loading");
  step("init");
  open_instance(&one, table);
  after("after init");
  while (batches < 3 && now_ns() < end) {
    beat_poll_result result;
    beat_status status;
    step("poll");
    status = poll_once(&one, 200, 0, &result);
    after("after poll");
    if (status < 0) fatal("poll answered %s", status_name(status));
    if (result.batch != NULL) {
      ++batches;
      step("ack");
      (void)expect("ack", answer(&one, result.batch->id, BEAT_ACK_DURABLE), BEAT_OK);
      after("after ack");
    } else if (batches > 0 || result.next_poll_ms > LONG_MS) {
      break;
    } else {
      pause_ms(result.next_poll_ms);
    }
  }
  if (batches == 0) fatal("no batch came; give a configuration that has documents at once, or a longer --wait");
  step("shutdown");
  close_instance(&one);
  after("after shutdown");
}
