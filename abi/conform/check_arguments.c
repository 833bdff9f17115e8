/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments, texts: what each slot says about errors and about texts into a buffer.
 */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const beat_span empty = {NULL, 0}, without_octets = {NULL, 1};
static const beat_batch_id never = (beat_batch_id)1 << 60;

static beat_status init_of(beat_span config, beat_span name, char *err, size_t cap) {
  static host one;
  beat_init_args args;
  beat_handle handle = 77;
  beat_status status;
  host_begin(&one);
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.host = &one.table;
  args.config_json = config;
  args.instance_id = name;
  args.err_buf = err;
  args.err_cap = cap;
  status = do_init(&args, &handle);
  if (status < 0 && handle != 0) finding("init answered %s and left a handle that is not 0", status_name(status));
  return status;
}

static beat_status ack_of(beat_handle handle, beat_batch_id batch, int32_t outcome, const uint32_t *rejected,
                          uint64_t count) {
  beat_ack_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.outcome = outcome;
  args.rejected = rejected;
  args.rejected_count = count;
  return do_ack(handle, batch, &args);
}

static void without_instance(void) {
  static const char not_json[] = "{";
  const beat_span broken = {not_json, 1};
  char room[256];
  beat_handle handle = 0;
  beat_init_args args;
  size_t length = 0;
  step("describe, validate and init with what cannot be");
  expect("describe without len", loaded.api->describe(BEAT_DESCRIBE_MANIFEST, room, 1, NULL), BEAT_E_ARG);
  expect("describe into NULL with some room", loaded.api->describe(BEAT_DESCRIBE_MANIFEST, NULL, 1, &length), BEAT_E_ARG);
  expect("describe of an unknown thing", loaded.api->describe(9999, room, sizeof room, &length), BEAT_E_UNSUPPORTED);
  expect("describe of -1", loaded.api->describe(-1, room, sizeof room, &length), BEAT_E_UNSUPPORTED);
  expect("validate without octets", loaded.api->validate(without_octets, room, sizeof room), BEAT_E_ARG);
  expect("validate into NULL with some room", loaded.api->validate(broken, NULL, 1), BEAT_E_ARG);
  expect("validate of what is no JSON", loaded.api->validate(broken, room, sizeof room), BEAT_E_CONFIG);
  expect("validate of nothing", loaded.api->validate(empty, NULL, 0), BEAT_E_CONFIG);
  expect("init without arguments", do_init(NULL, &handle), BEAT_E_ARG);
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  expect("init without a place for the handle", do_init(&args, NULL), BEAT_E_ARG);
  expect("init with a configuration without octets", init_of(without_octets, empty, NULL, 0), BEAT_E_ARG);
  expect("init with a name without octets", init_of(broken, without_octets, NULL, 0), BEAT_E_ARG);
  expect("init with err_cap and no err_buf", init_of(broken, empty, NULL, 1), BEAT_E_ARG);
  expect("init with what is no JSON", init_of(broken, empty, room, sizeof room), BEAT_E_CONFIG);
}

static void with_instance(const instance *live) {
  const beat_handle handle = live->handle;
  const uint32_t far_out[2] = {0, 1u << 30}, twice[2] = {0, 0};
  beat_poll_args in;
  beat_poll_result out;
  beat_batch_id batch;
  char room[16];
  size_t length = 0;
  memset(&in, 0, sizeof in);
  in.struct_size = sizeof in;
  memset(&out, 0, sizeof out);
  out.struct_size = sizeof out;
  step("poll, ack and release with what cannot be");
  expect("poll without arguments", do_poll(handle, NULL, &out), BEAT_E_ARG);
  expect("poll without a result", do_poll(handle, &in, NULL), BEAT_E_ARG);
  expect("release of a batch that never was", do_release(handle, never), BEAT_E_ARG);
  expect("release of no batch", do_release(handle, 0), BEAT_E_ARG);
  expect("ack of a batch that never was", ack_of(handle, never, BEAT_ACK_DURABLE, NULL, 0), BEAT_E_ARG);
  expect("status_json without len", do_status(handle, room, sizeof room, NULL), BEAT_E_ARG);
  expect("status_json into NULL with some room", do_status(handle, NULL, 1, &length), BEAT_E_ARG);
  expect("last_error without len", do_last_error(handle, room, sizeof room, NULL), BEAT_E_ARG);
  expect("last_error into NULL with some room", do_last_error(handle, NULL, 1, &length), BEAT_E_ARG);
  batch = first_batch(live, 0)->id;
  step("acks of a batch with what cannot be");
  expect("ack without arguments", do_ack(handle, batch, NULL), BEAT_E_ARG);
  expect("ack with an unknown outcome", ack_of(handle, batch, 3, NULL, 0), BEAT_E_ARG);
  expect("ack with outcome -1", ack_of(handle, batch, -1, NULL, 0), BEAT_E_ARG);
  expect("ack with a count and no indexes", ack_of(handle, batch, BEAT_ACK_DURABLE, NULL, 1), BEAT_E_ARG);
  expect("ack with an index out of range", ack_of(handle, batch, BEAT_ACK_DURABLE, far_out, 2), BEAT_E_ARG);
  expect("release of a batch after all that", do_release(handle, batch), BEAT_OK);
  expect("release again", do_release(handle, batch), BEAT_OK);
  expect("ack with a rejected document", ack_of(handle, batch, BEAT_ACK_DURABLE, twice, 2), BEAT_OK);
  expect("ack of an acknowledged batch", ack_of(handle, batch, BEAT_ACK_DROP, NULL, 0), BEAT_OK);
  expect("release of an acknowledged batch", do_release(handle, batch), BEAT_OK);
}

void check_arguments(void) {
  static host one;
  instance live;
  load();
  without_instance();
  host_begin(&one);
  open_instance(&live, &one.table);
  with_instance(&live);
  close_instance(&live);
}

typedef beat_status (*text_fn)(beat_handle, char *, size_t, size_t *);
static beat_status manifest(beat_handle h, char *b, size_t c, size_t *l) {
  return (void)h, loaded.api->describe(BEAT_DESCRIBE_MANIFEST, b, c, l);
}
static beat_status schema(beat_handle h, char *b, size_t c, size_t *l) {
  return (void)h, loaded.api->describe(BEAT_DESCRIBE_CONFIG_SCHEMA, b, c, l);
}
static beat_status streams(beat_handle h, char *b, size_t c, size_t *l) {
  return (void)h, loaded.api->describe(BEAT_DESCRIBE_STREAMS, b, c, l);
}

enum { BEYOND = 200 };

/* The text in a buffer of `room` bytes, of which what lies behind must stay. */
static void cut_at(const char *name, text_fn get, beat_handle handle, const char *all, size_t whole, size_t room) {
  char *const buffer = malloc(whole + BEYOND + 1);
  const size_t kept = room < whole ? room : whole;
  size_t length = 0;
  beat_status status;
  if (buffer == NULL) abort();
  memset(buffer, '~', whole + BEYOND);
  step("%s, %zu bytes into %zu", name, whole, room);
  status = get(handle, buffer, room, &length);
  if (status != (room < whole ? BEAT_E_TRUNCATED : BEAT_OK))
    finding("%s, %zu bytes into %zu: answered %s", name, whole, room, status_name(status));
  if (length != whole) finding("%s, into %zu bytes: *len is %zu and not the %zu of the whole", name, room, length, whole);
  if (all != NULL && memcmp(buffer, all, kept) != 0) finding("%s, into %zu bytes: not the beginning of the text", name, room);
  if (room > whole && buffer[whole] != '\0') finding("%s, into %zu bytes: no NUL behind %zu", name, room, whole);
  for (size_t i = room > whole ? whole + 1 : room; i < whole + BEYOND; ++i)
    if (buffer[i] != '~') {
      finding("%s, into %zu bytes: wrote at byte %zu", name, room, i);
      break;
    }
  free(buffer);
}

static void one_text(const char *name, text_fn get, beat_handle handle, char begins) {
  size_t whole = 0;
  char *all;
  beat_status status = get(handle, NULL, 0, &whole);
  if (status != (whole > 0 ? BEAT_E_TRUNCATED : BEAT_OK))
    finding("%s, asked for its length (%zu): answered %s", name, whole, status_name(status));
  all = malloc(whole + 1);
  if (all == NULL) abort();
  if (!expect(name, get(handle, all, whole, &whole), BEAT_OK)) return;
  if (begins != '\0' && (whole == 0 || all[0] != begins)) finding("%s is no JSON: it does not begin with %c", name, begins);
  if (whole > 0) {
    cut_at(name, get, handle, all, whole, 1);
    cut_at(name, get, handle, all, whole, whole / 2 > 0 ? whole / 2 : 1);
    cut_at(name, get, handle, all, whole, whole);
  }
  cut_at(name, get, handle, all, whole, whole + 1);
  cut_at(name, get, handle, all, whole, whole + 100);
  free(all);
}

/* The sentence of a refusal: in err_buf, ended by a NUL, cut at a character. */
static void refusal(size_t room) {
  static const char text[] = "{\"conform\\u00e9\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\",";
  const beat_span broken = {text, sizeof text - 1};
  char buffer[512];
  const char *end;
  memset(buffer, '~', sizeof buffer);
  step("init's error into %zu bytes", room);
  if (!expect("init with a broken configuration", init_of(broken, empty, buffer, room), BEAT_E_CONFIG)) return;
  end = memchr(buffer, '\0', room);
  if (end == NULL) {
    finding("init's error into %zu bytes has no NUL", room);
    return;
  }
  if (room > 100 && end == buffer) finding("init refused a configuration without a sentence in err_buf");
  if (end > buffer && ((unsigned char)end[-1] & 0xc0) == 0xc0)
    finding("init's error into %zu bytes is cut within a character", room);
  for (const char *at = buffer + room; at < buffer + sizeof buffer; ++at)
    if (*at != '~') {
      finding("init's error into %zu bytes wrote at byte %zu", room, (size_t)(at - buffer));
      break;
    }
}

void check_texts(void) {
  static host one;
  instance live;
  beat_poll_result result;
  load();
  host_begin(&one);
  open_instance(&live, &one.table);
  (void)poll_once(&live, 0, 0, &result);
  one_text("describe(MANIFEST)", manifest, live.handle, '{');
  one_text("describe(CONFIG_SCHEMA)", schema, live.handle, '{');
  one_text("describe(STREAMS)", streams, live.handle, '[');
  one_text("status_json", do_status, live.handle, '{');
  one_text("last_error", do_last_error, live.handle, '\0');
  close_instance(&live);
  for (size_t room = 1; room < 200; room += room < 120 ? 1 : 13) refusal(room);
}
