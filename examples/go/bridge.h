/* SPDX-License-Identifier: Apache-2.0
 * What Go cannot do itself: call through pointers of a table, and hand out pointers to C functions. */
#ifndef BRIDGE_H
#define BRIDGE_H

#include "beat_plugin.h"

/* The plugin's table. NULL: error, of cap bytes, says why. */
const beat_plugin_api *bridge_load(const char *path, char *error, size_t cap);

/* A host's table whose functions call Go with this number. Free it with free() after shutdown. */
beat_host_api *bridge_host(uintptr_t number);

/* The config is borrowed for the call. */
beat_status bridge_init(const beat_plugin_api *api, const beat_host_api *host, const char *config, size_t config_len,
                        char *error, size_t cap, beat_handle *out);
beat_status bridge_poll(const beat_plugin_api *api, beat_handle instance, uint32_t budget_ms, beat_poll_result *out);
beat_status bridge_ack(const beat_plugin_api *api, beat_handle instance, beat_batch_id batch, int32_t outcome);
beat_status bridge_cancel(const beat_plugin_api *api, beat_handle instance);
beat_status bridge_last_error(const beat_plugin_api *api, beat_handle instance, char *buf, size_t cap, size_t *len);
beat_status bridge_shutdown(const beat_plugin_api *api, beat_handle instance, uint32_t budget_ms);

#endif
