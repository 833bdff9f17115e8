/* SPDX-License-Identifier: Apache-2.0
 *
 * symbols, versions, clashing-symbols: what leaves the library and how it is found.
 */
#include "conform.h"

#include <stdio.h>
#include <string.h>

static void exported(const char *name, void *ctx) {
  /* Marks that some linkers put into every library. */
  static const char *const linkers[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
  bool *const seen = ctx;
  for (size_t i = 0; i < sizeof linkers / sizeof *linkers; ++i)
    if (strcmp(name, linkers[i]) == 0) return;
  for (size_t i = 0; i < 6; ++i)
    if (strcmp(name, six_names[i]) == 0) {
      seen[i] = true;
      return;
    }
  finding("%s is exported; hide it (a version script, or -fvisibility=hidden): hosts have functions of that name too",
          name);
}

/* The exported functions are the table's: an instance made by one is ended by the other. */
static void flat_functions(void) {
  static host one;
  beat_init_args args;
  beat_poll_args poll_args;
  beat_poll_result result;
  beat_ack_args ack_args;
  beat_handle handle = 0;
  char folder[PATH_MAX];
  char *config;
  step("the exported functions beside the table's");
  host_begin(&one);
  new_folder(folder, sizeof folder);
  config = config_with(folder);
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.host = &one.table;
  args.config_json.ptr = config;
  args.config_json.len = strlen(config);
  if (!expect("beat_plugin_init", loaded.init(&args, &handle), BEAT_OK)) return;
  memset(&poll_args, 0, sizeof poll_args);
  poll_args.struct_size = sizeof poll_args;
  memset(&result, 0, sizeof result);
  result.struct_size = sizeof result;
  memset(&ack_args, 0, sizeof ack_args);
  ack_args.struct_size = sizeof ack_args;
  if (loaded.poll(handle, &poll_args, &result) < 0) finding("beat_plugin_poll failed on an instance of beat_plugin_init");
  if (loaded.ack(handle, (beat_batch_id)1 << 60, &ack_args) != do_ack(handle, (beat_batch_id)1 << 60, &ack_args))
    finding("beat_plugin_ack answers otherwise than the table's ack");
  expect("cancel, of an instance of beat_plugin_init", do_cancel(handle), BEAT_OK);
  expect("beat_plugin_shutdown", loaded.shutdown(handle, (uint32_t)patient_ms(5000)), BEAT_OK);
  expect("cancel after beat_plugin_shutdown", do_cancel(handle), BEAT_E_HANDLE);
}

void check_symbols(void) {
  bool seen[6] = {false};
  step("reading the file's symbols");
  elf_exported(exported, seen);
  for (size_t i = 0; i < 6; ++i)
    if (!seen[i]) finding("%s is not exported", six_names[i]);
  load();
  flat_functions();
}

void check_versions(void) {
  const uint32_t other_major = (BEAT_ABI_MAJOR + 1) << 16, newer_minor = (BEAT_ABI_MAJOR << 16) | 0xffff;
  const beat_plugin_api *api;
  load();
  api = loaded.api;
  step("asking for versions");
  if (loaded.abi_version() >> 16 != BEAT_ABI_MAJOR)
    finding("beat_plugin_abi_version answers major %u", (unsigned)loaded.abi_version() >> 16);
  if (api->abi_version != loaded.abi_version())
    finding("the table says version %#x, beat_plugin_abi_version %#x", (unsigned)api->abi_version,
            (unsigned)loaded.abi_version());
  if (loaded.get_api(BEAT_ABI_VERSION) != api) finding("beat_plugin_get_api answers another table each time");
  if (loaded.get_api(newer_minor) != api)
    finding("beat_plugin_get_api refuses a host of a newer minor version, or has another table for it");
  if (loaded.get_api(other_major) != NULL) finding("beat_plugin_get_api serves major %u too", BEAT_ABI_MAJOR + 1);
  if (loaded.get_api(0) != NULL) finding("beat_plugin_get_api serves major 0 too");
#define SLOT(member)                                                     \
  if (!BEAT_HAS_FN(beat_plugin_api, api, member))                        \
  finding("the table has NULL at " #member "; a slot of 1.0 keeps a function")
  SLOT(describe);
  SLOT(validate);
  SLOT(init);
  SLOT(poll);
  SLOT(release);
  SLOT(ack);
  SLOT(cancel);
  SLOT(status_json);
  SLOT(last_error);
  SLOT(shutdown);
  SLOT(get_extension);
  if (api->get_extension != NULL && api->get_extension("beat.conform.nothing/1") != NULL)
    finding("get_extension has something for an id that nobody made");
}

static void replaceable(const char *name, void *ctx) {
  (void)ctx;
  finding("the library finds its own %s through the host's symbols first; link it with -Bsymbolic, or hide it", name);
}

static void nothing(const char *stage) { (void)stage; }

void check_clashing_symbols(void) {
  static host one;
  step("reading the file's relocations");
  elf_replaceable(replaceable, NULL);
  load();
  host_begin(&one);
  if (clash_is_exported())
    whole_life(&one.table, nothing);
  else
    note("this kit was linked without -rdynamic: only the file was read");
  if (clash_calls() > 0)
    finding("%u calls went to functions of the host that have the plugin's names; link it with -Bsymbolic",
            clash_calls());
}
