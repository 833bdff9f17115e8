/* SPDX-License-Identifier: Apache-2.0
 *
 * reload: hosts that open and close the library many times, also while an instance lives.
 */
#include "conform.h"

#include <dlfcn.h>

void check_reload(void) {
  static host everything;
  instance one;
  beat_poll_result result;
  const beat_plugin_api *api = NULL;
  void *stays;
  for (unsigned round = 0; round < the.rounds; ++round) {
    load();
    if (api != NULL && loaded.api != api) fatal("round %u: the table is another one after dlclose and dlopen", round + 1);
    api = loaded.api;
    step("round %u of loading and unloading", round + 1);
    host_begin(&everything);
    atomic_store(&everything.level, BEAT_LOG_ERROR);
    open_instance(&one, &everything.table);
    if (poll_once(&one, 0, 0, &result) < 0) fatal("round %u: poll failed", round + 1);
    close_instance(&one);
    dlclose(loaded.library);
    stays = dlopen(the.plugin, RTLD_NOW | RTLD_NOLOAD);
    if (stays == NULL)
      fatal("dlclose unmapped the library; link it with -z nodelete: a call or a name lookup may still run");
    dlclose(stays);
  }
  step("calls after dlclose, of an instance that lives on");
  load();
  host_begin(&everything);
  open_instance(&one, &everything.table);
  dlclose(loaded.library);
  if (poll_once(&one, 50, 0, &result) < 0) finding("poll after dlclose failed");
  close_instance(&one);
  note("%u rounds", the.rounds);
}
