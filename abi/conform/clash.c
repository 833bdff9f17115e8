/* SPDX-License-Identifier: Apache-2.0
 *
 * A host that happens to have functions with the plugin's names, as one has that links another plugin
 * of this ABI. The executable's symbols come first in every search, so a plugin that calls its own
 * functions by name, and is not linked to find them in itself, ends up here.
 */
#define BEAT_PLUGIN_BUILDING 1 /* visible */
#include "conform.h"

#include <dlfcn.h>

static atomic_uint calls;

unsigned clash_calls(void) { return atomic_load(&calls); }

bool clash_is_exported(void) {
  void *const program = dlopen(NULL, RTLD_NOW | RTLD_LOCAL);
  return program != NULL && dlsym(program, "beat_plugin_poll") != NULL;
}

/* Counted, and passed on to the plugin, so that only the check of this finds it. */
#define PASS_ON(otherwise, function, ...) \
  return atomic_fetch_add(&calls, 1), loaded.function == NULL ? (otherwise) : loaded.function(__VA_ARGS__)

uint32_t BEAT_CALL beat_plugin_abi_version(void) { PASS_ON(0, abi_version, ); }
const beat_plugin_api *BEAT_CALL beat_plugin_get_api(uint32_t host_abi_version) { PASS_ON(NULL, get_api, host_abi_version); }
beat_status BEAT_CALL beat_plugin_init(const beat_init_args *args, beat_handle *out) {
  PASS_ON(BEAT_E_GENERIC, init, args, out);
}
beat_status BEAT_CALL beat_plugin_poll(beat_handle handle, const beat_poll_args *args, beat_poll_result *out) {
  PASS_ON(BEAT_E_GENERIC, poll, handle, args, out);
}
beat_status BEAT_CALL beat_plugin_ack(beat_handle handle, beat_batch_id batch, const beat_ack_args *args) {
  PASS_ON(BEAT_E_GENERIC, ack, handle, batch, args);
}
beat_status BEAT_CALL beat_plugin_shutdown(beat_handle handle, uint32_t budget_ms) {
  PASS_ON(BEAT_E_GENERIC, shutdown, handle, budget_ms);
}
