/* SPDX-License-Identifier: Apache-2.0 */
#include "conform.h"

#include <dlfcn.h>
#include <string.h>

plugin loaded;

const char *const six_names[6] = {"beat_plugin_abi_version", "beat_plugin_get_api", "beat_plugin_init",
                                  "beat_plugin_poll",        "beat_plugin_ack",     "beat_plugin_shutdown"};

static void look_up(const char *name, void *function) {
  void *const symbol = dlsym(loaded.library, name);
  if (symbol == NULL) fatal("%s has no function %s; a plugin of this ABI exports it", the.plugin, name);
  memcpy(function, &symbol, sizeof symbol);
}

void load(void) {
  step("loading the library");
  loaded.library = dlopen(the.plugin, RTLD_NOW | RTLD_LOCAL);
  if (loaded.library == NULL) fatal("it cannot be loaded: %s", dlerror());
  look_up(six_names[0], &loaded.abi_version);
  look_up(six_names[1], &loaded.get_api);
  look_up(six_names[2], &loaded.init);
  look_up(six_names[3], &loaded.poll);
  look_up(six_names[4], &loaded.ack);
  look_up(six_names[5], &loaded.shutdown);
  loaded.api = loaded.get_api(BEAT_ABI_VERSION);
  if (loaded.api == NULL)
    fatal("beat_plugin_get_api(%u.%u) answers NULL: this major version is not served", BEAT_ABI_MAJOR,
          BEAT_ABI_MINOR);
  if (loaded.api->struct_size < PLUGIN_1_0)
    fatal("the table's struct_size is %u, that of 1.0 is %u", (unsigned)loaded.api->struct_size,
          (unsigned)PLUGIN_1_0);
}

const void *extension(const char *id) { return loaded.api->get_extension == NULL ? NULL : loaded.api->get_extension(id); }
