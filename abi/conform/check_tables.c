/* SPDX-License-Identifier: Apache-2.0
 *
 * table-sizes: hosts of other minor versions, whose tables and arguments are shorter or longer.
 */
#include "conform.h"

#include <string.h>

enum { TAIL = 64, POISON = 0x6b };

static char *config;

/* An init whose host table and arguments are so much longer than 1.0's, or shorter. */
static beat_status init_with(int host_more, int args_more, uint32_t abi_version, uint32_t flags, beat_handle *out) {
  static union {
    host all;
    char tail[sizeof(host) + TAIL];
  } known;
  static union {
    beat_host_api table;
    char octets[sizeof(beat_host_api) + TAIL];
  } table;
  static union {
    beat_init_args args;
    char octets[sizeof(beat_init_args) + TAIL];
  } init;
  char folder[PATH_MAX];
  host_begin(&known.all);
  memset(&table, POISON, sizeof table);
  memcpy(&table, &known.all.table, HOST_1_0);
  table.table.struct_size = HOST_1_0 + (uint32_t)host_more;
  table.table.abi_version = abi_version;
  memset(&init, POISON, sizeof init);
  memset(&init, 0, INIT_1_0);
  host_release(config);
  new_folder(folder, sizeof folder);
  config = config_with(folder);
  init.args.struct_size = INIT_1_0 + (uint32_t)args_more;
  init.args.flags = flags;
  init.args.host = &table.table;
  init.args.config_json.ptr = config;
  init.args.config_json.len = strlen(config);
  *out = 77;
  return do_init(&init.args, out);
}

static void refuse(const char *what, beat_status wanted, int host_more, int args_more, uint32_t version, uint32_t flags) {
  beat_handle handle;
  step("%s", what);
  if (expect(what, init_with(host_more, args_more, version, flags, &handle), wanted) && handle != 0)
    finding("%s: init refused it and left a handle that is not 0", what);
}

static void take(const char *what, int host_more, int args_more, uint32_t version, uint32_t flags) {
  beat_handle handle;
  step("%s", what);
  if (expect(what, init_with(host_more, args_more, version, flags, &handle), BEAT_OK))
    expect(what, do_shutdown(handle, (uint32_t)patient_ms(5000)), BEAT_OK);
}

/* A poll with arguments and a result so much longer, or shorter. */
static beat_status poll_with(beat_handle handle, int args_more, int result_more, uint32_t flags) {
  union {
    beat_poll_args args;
    char octets[sizeof(beat_poll_args) + TAIL];
  } in;
  union {
    beat_poll_result result;
    char octets[sizeof(beat_poll_result) + TAIL];
  } out;
  const uint32_t size = RESULT_1_0 + (uint32_t)result_more;
  beat_status status;
  memset(&in, POISON, sizeof in);
  memset(&in, 0, POLL_1_0);
  in.args.struct_size = POLL_1_0 + (uint32_t)args_more;
  in.args.flags = flags;
  memset(&out, POISON, sizeof out);
  memset(&out, 0, RESULT_1_0);
  out.result.struct_size = size;
  status = do_poll(handle, &in.args, &out.result);
  if (out.result.struct_size != size) finding("poll changed struct_size of the result; it is the host's");
  for (size_t i = size < RESULT_1_0 ? RESULT_1_0 : size; i < sizeof out; ++i)
    if (out.octets[i] != POISON) {
      finding("poll wrote at byte %zu of a result of %u bytes", i, (unsigned)size);
      break;
    }
  if (result_more < 0 && out.result.in_flight != 0) finding("poll wrote into a result that it refused");
  return status;
}

static beat_status ack_with(beat_handle handle, beat_batch_id batch, int more) {
  union {
    beat_ack_args args;
    char octets[sizeof(beat_ack_args) + TAIL];
  } in;
  memset(&in, POISON, sizeof in);
  memset(&in, 0, ACK_1_0);
  in.args.struct_size = ACK_1_0 + (uint32_t)more;
  in.args.outcome = BEAT_ACK_DURABLE;
  return do_ack(handle, batch, &in.args);
}

void check_table_sizes(void) {
  static host one;
  instance live;
  beat_batch_id batch;
  const uint32_t next_major = (BEAT_ABI_MAJOR + 1) << 16, later = (BEAT_ABI_MAJOR << 16) | 7;
  load();
  refuse("a host table shorter than 1.0's", BEAT_E_ARG, -8, 0, BEAT_ABI_VERSION, 0);
  refuse("a host table of 8 bytes", BEAT_E_ARG, 8 - (int)HOST_1_0, 0, BEAT_ABI_VERSION, 0);
  refuse("init arguments shorter than 1.0's", BEAT_E_ARG, 0, -8, BEAT_ABI_VERSION, 0);
  refuse("a host of another major version", BEAT_E_VERSION, 0, 0, next_major, 0);
  refuse("an init flag that must be understood", BEAT_E_UNSUPPORTED, 0, 0, BEAT_ABI_VERSION, 1u << 31);
  take("a host table of 1.0", 0, 0, BEAT_ABI_MAJOR << 16, 0);
  take("a host table longer than the plugin knows", TAIL - 8, 0, later, 0);
  take("init arguments longer than the plugin knows", 0, TAIL - 8, later, 0);
  take("init flags that may be ignored", 0, 0, BEAT_ABI_VERSION, 0xfff0);

  host_begin(&one);
  open_instance(&live, &one.table);
  step("polls of other sizes");
  expect("poll arguments shorter than 1.0's", poll_with(live.handle, -8, 0, 0), BEAT_E_ARG);
  expect("a poll result shorter than 1.0's", poll_with(live.handle, 0, -8, 0), BEAT_E_ARG);
  expect("a poll flag that must be understood", poll_with(live.handle, 0, 0, 1u << 16), BEAT_E_UNSUPPORTED);
  if (poll_with(live.handle, TAIL - 8, 0, 0) < 0) finding("poll arguments longer than the plugin knows are refused");
  if (poll_with(live.handle, 0, TAIL - 8, 0) < 0) finding("a poll result longer than the plugin knows is refused");
  if (poll_with(live.handle, 0, 0, 0xfff0) < 0) finding("poll flags that may be ignored are refused");
  step("acks of other sizes");
  batch = first_batch(&live, 0)->id;
  expect("ack arguments shorter than 1.0's", ack_with(live.handle, batch, -8), BEAT_E_ARG);
  expect("ack arguments longer than the plugin knows", ack_with(live.handle, batch, TAIL - 8), BEAT_OK);
  close_instance(&live);
}
