/* SPDX-License-Identifier: Apache-2.0
 *
 * delivery, retry: batches, while the process lives.
 */
#include "conform.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_LENGTH = 22, MOST_BATCHES = 4, MOST_DOCS = 3 };

static host everything;

/* Elements of the array BEAT_DESCRIBE_STREAMS: objects at depth 1, outside of texts. */
static uint32_t count_streams(void) {
  uint32_t count = 0;
  int depth = 0;
  bool text = false;
  size_t length = 0;
  char *json;
  (void)loaded.api->describe(BEAT_DESCRIBE_STREAMS, NULL, 0, &length);
  json = malloc(length + 1);
  if (json == NULL) abort();
  if (loaded.api->describe(BEAT_DESCRIBE_STREAMS, json, length, &length) != BEAT_OK) length = 0;
  for (size_t i = 0; i < length; ++i) {
    if (text && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      text = !text;
    } else if (!text && (json[i] == '{' || json[i] == '[')) {
      count += ++depth == 2 && json[i] == '{';
    } else if (!text && (json[i] == '}' || json[i] == ']')) {
      --depth;
    }
  }
  free(json);
  return count;
}

static void check_doc(const beat_doc *doc, uint32_t streams) {
  char member[ID_LENGTH + 16];
  if (doc->json.ptr == NULL || doc->json.len < 2 || doc->json.ptr[0] != '{' || doc->json.ptr[doc->json.len - 1] != '}')
    fatal("a document is no JSON object of its own");
  if (memchr(doc->json.ptr, '\n', doc->json.len) != NULL || memchr(doc->json.ptr, '\0', doc->json.len) != NULL)
    finding("a document has a newline or a NUL byte inside");
  if (doc->id.ptr == NULL || doc->id.len != ID_LENGTH) fatal("an id has %zu characters and not %d", doc->id.len, ID_LENGTH);
  for (size_t i = 0; i < doc->id.len; ++i)
    if (!isalnum((unsigned char)doc->id.ptr[i]) && doc->id.ptr[i] != '-' && doc->id.ptr[i] != '_') {
      finding("the id %.*s is not base64url", ID_LENGTH, doc->id.ptr);
      break;
    }
  snprintf(member, sizeof member, "\"id\":\"%.*s\"", ID_LENGTH, doc->id.ptr);
  if (memmem(doc->json.ptr, doc->json.len, member, strlen(member)) == NULL)
    finding("the id %.*s does not stand in its document as event.id", ID_LENGTH, doc->id.ptr);
  if (doc->stream >= streams)
    finding("a document's stream is %u; BEAT_DESCRIBE_STREAMS has %u", (unsigned)doc->stream, (unsigned)streams);
}

static void check_batch(const beat_batch *batch, uint64_t most, uint32_t streams) {
  size_t at = 0;
  if (batch->struct_size < SIZE_1_0(beat_batch, ndjson)) fatal("a batch's struct_size is %u", (unsigned)batch->struct_size);
  if (batch->doc_stride < SIZE_1_0(beat_doc, operation)) fatal("a batch's doc_stride is %u", (unsigned)batch->doc_stride);
  if (batch->id == 0) finding("a batch has the id 0, which means none");
  if (batch->doc_count < 1 || batch->docs == NULL) fatal("a batch without documents was handed out");
  if (batch->doc_count > most)
    finding("a batch has %llu documents, the host wanted at most %llu", (unsigned long long)batch->doc_count,
            (unsigned long long)most);
  for (uint64_t i = 0; i < batch->doc_count; ++i) {
    const beat_doc *doc = doc_at(batch, i);
    check_doc(doc, streams);
    if (batch->ndjson.len - at < doc->json.len + 1 || memcmp(batch->ndjson.ptr + at, doc->json.ptr, doc->json.len) != 0 ||
        batch->ndjson.ptr[at + doc->json.len] != '\n') {
      finding("a batch's ndjson is not its documents, each followed by one newline");
      return;
    }
    at += doc->json.len + 1;
  }
  if (at != batch->ndjson.len) finding("a batch's ndjson has %zu bytes more than its documents", batch->ndjson.len - at);
}

static char *copy_of(beat_span text) {
  char *const copy = malloc(text.len + 1);
  if (copy == NULL) abort();
  memcpy(copy, text.ptr, text.len);
  return copy;
}

/* Some batches that wait for their ack at once. */
static void hold_several(const instance *one, uint32_t streams) {
  const beat_batch *held[MOST_BATCHES];
  char *copies[MOST_BATCHES];
  size_t count = 0;
  beat_poll_result result = {0};
  held[count] = first_batch(one, MOST_DOCS);
  copies[count] = copy_of(held[count]->ndjson);
  check_batch(held[count++], MOST_DOCS, streams);
  for (int polls = 0; polls < 20 && count < MOST_BATCHES; ++polls) {
    step("poll while %zu batches wait for their ack", count);
    if (poll_once(one, 200, MOST_DOCS, &result) < 0) fatal("poll failed while batches wait for their ack");
    if (result.batch == NULL) {
      if (result.next_poll_ms > 1000) break;
      pause_ms(result.next_poll_ms);
      continue;
    }
    for (size_t i = 0; i < count; ++i)
      if (held[i]->id == result.batch->id) fatal("a batch was handed out a second time without an ack");
    held[count] = result.batch;
    copies[count] = copy_of(result.batch->ndjson);
    check_batch(held[count++], MOST_DOCS, streams);
    if (result.in_flight != count)
      finding("in_flight is %u with %zu batches not acknowledged", (unsigned)result.in_flight, count);
  }
  step("reading batches that wait for their ack");
  for (size_t i = 0; i < count; ++i) {
    if (memcmp(held[i]->ndjson.ptr, copies[i], held[i]->ndjson.len) != 0)
      finding("a batch changed before its ack, while others were polled");
    free(copies[i]);
  }
  step("acks, the last batch first");
  while (count-- > 0) expect("ack out of order", answer(one, held[count]->id, BEAT_ACK_DURABLE), BEAT_OK);
}

static void one_by_one(const instance *one) {
  beat_poll_args args;
  beat_poll_result result;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = 200;
  args.max_bytes = 1;
  memset(&result, 0, sizeof result);
  result.struct_size = sizeof result;
  step("a poll for one byte");
  if (do_poll(one->handle, &args, &result) < 0) fatal("a poll for at most one byte failed");
  if (result.batch == NULL) return;
  if (result.batch->doc_count != 1) finding("a document larger than max_bytes did not come alone");
  expect("ack", answer(one, result.batch->id, BEAT_ACK_DURABLE), BEAT_OK);
}

void check_delivery(void) {
  instance one;
  uint32_t streams;
  load();
  streams = count_streams();
  if (streams == 0) finding("BEAT_DESCRIBE_STREAMS names no stream");
  host_begin(&everything);
  open_instance(&one, &everything.table);
  hold_several(&one, streams);
  one_by_one(&one);
  close_instance(&one);
}

/* Polls until a batch with these documents comes; others are acknowledged. 0 if none does. */
static beat_batch_id same_again(const instance *one, const char *bytes, size_t size) {
  for (int polls = 0; polls < 200; ++polls) {
    beat_poll_result result;
    if (poll_once(one, 200, MOST_DOCS, &result) < 0) fatal("poll failed after an ack that asked to retry");
    if (result.batch == NULL) {
      if (at_rest(&result)) return 0;
    } else if (result.batch->ndjson.len == size && memcmp(result.batch->ndjson.ptr, bytes, size) == 0) {
      return result.batch->id;
    } else {
      (void)answer(one, result.batch->id, BEAT_ACK_DURABLE);
    }
  }
  return 0;
}

void check_retry(void) {
  instance one;
  const beat_batch *batch;
  beat_batch_id id;
  char *bytes;
  size_t size;
  load();
  host_begin(&everything);
  open_instance(&one, &everything.table);
  batch = first_batch(&one, MOST_DOCS);
  id = batch->id;
  size = batch->ndjson.len;
  bytes = copy_of(batch->ndjson);
  step("ack RETRY");
  expect("ack RETRY", answer(&one, id, BEAT_ACK_RETRY), BEAT_OK);
  id = same_again(&one, bytes, size);
  if (id == 0) fatal("a batch to retry did not come again with the same bytes");
  step("release, then ack RETRY");
  expect("release", do_release(one.handle, id), BEAT_OK);
  expect("ack RETRY after release", answer(&one, id, BEAT_ACK_RETRY), BEAT_OK);
  id = same_again(&one, bytes, size);
  if (id == 0) fatal("a batch to retry, whose memory was released, did not come again with the same bytes");
  expect("ack", answer(&one, id, BEAT_ACK_DURABLE), BEAT_OK);
  free(bytes);
  close_instance(&one);
}
