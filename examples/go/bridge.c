/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

const beat_plugin_api *bridge_load(const char *path, char *error, size_t cap) {
  const beat_plugin_api *(*get_api)(uint32_t) = NULL;
  const beat_plugin_api *api;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    snprintf(error, cap, "cannot load %s: %s", path, dlerror());
    return NULL;
  }
  *(void **)&get_api = dlsym(library, "beat_plugin_get_api");
  api = get_api != NULL ? get_api(BEAT_ABI_VERSION) : NULL;
  if (api == NULL)
    snprintf(error, cap, "%s serves no ABI %u.x; install a plugin of that version", path, BEAT_ABI_MAJOR);
  return api;
}

/* The ctx of a host's table is a number that Go knows its object by: C must not keep a Go pointer. */
static void on_log(void *ctx, int32_t level, beat_span component, beat_span text) {
  goLog((uintptr_t)ctx, level, component, text);
}

static void on_health(void *ctx, int32_t health, beat_span stream, beat_span text) {
  goHealth((uintptr_t)ctx, health, stream, text);
}

static beat_status on_secret(void *ctx, beat_span name, char *buf, size_t cap, size_t *len) {
  return goSecret((uintptr_t)ctx, name, buf, cap, len);
}

beat_host_api *bridge_host(uintptr_t number) {
  beat_host_api *host = calloc(1, sizeof *host);
  if (host == NULL) return NULL;
  host->struct_size = sizeof *host;
  host->abi_version = BEAT_ABI_VERSION;
  host->ctx = (void *)number;
  host->log = on_log;
  host->health = on_health;
  host->secret_get = on_secret;
  return host;
}

beat_status bridge_init(const beat_plugin_api *api, const beat_host_api *host, const char *config, size_t config_len,
                        char *error, size_t cap, beat_handle *out) {
  beat_init_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.host = host;
  args.config_json.ptr = config;
  args.config_json.len = config_len;
  args.instance_id.ptr = "shipper";
  args.instance_id.len = 7;
  args.err_buf = error;
  args.err_cap = cap;
  return api->init(&args, out);
}

beat_status bridge_poll(const beat_plugin_api *api, beat_handle instance, uint32_t budget_ms, beat_poll_result *out) {
  beat_poll_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = budget_ms;
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  return api->poll(instance, &args, out);
}

beat_status bridge_ack(const beat_plugin_api *api, beat_handle instance, beat_batch_id batch, int32_t outcome) {
  beat_ack_args args;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.outcome = outcome;
  return api->ack(instance, batch, &args);
}

beat_status bridge_cancel(const beat_plugin_api *api, beat_handle instance) { return api->cancel(instance); }

beat_status bridge_last_error(const beat_plugin_api *api, beat_handle instance, char *buf, size_t cap, size_t *len) {
  return api->last_error(instance, buf, cap, len);
}

beat_status bridge_shutdown(const beat_plugin_api *api, beat_handle instance, uint32_t budget_ms) {
  return api->shutdown(instance, budget_ms);
}
