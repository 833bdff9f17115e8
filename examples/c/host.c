/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest useful host, in plain C: knows abi/beat_plugin.h and nothing else. Loads a plugin, polls
 * it until every stream has been answered and nothing is left, prints the documents as NDJSON.
 *
 *   host PLUGIN CONFIG.json      exit 0: all healthy; 1: something failed; 2: wrong call
 *
 * docs/abi.md says how to build and run it.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "beat_plugin.h"

typedef const beat_plugin_api *(*get_api_fn)(uint32_t);

static void on_log(void *ctx, int32_t level, beat_span component, beat_span text) {
  (void)ctx;
  fprintf(stderr, "%d %.*s: %.*s\n", (int)level, (int)component.len, component.ptr, (int)text.len,
          text.ptr);
}

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  long size;
  if (file == NULL) return NULL;
  if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
    rewind(file);
    text = malloc((size_t)size + 1);
    if (text != NULL) *len = fread(text, 1, (size_t)size, file);
  }
  fclose(file);
  return text;
}

static void sleep_ms(uint64_t ms) {
  struct timespec pause;
  pause.tv_sec = (time_t)(ms / 1000);
  pause.tv_nsec = (long)(ms % 1000) * 1000000L;
  nanosleep(&pause, NULL);
}

int main(int argc, char **argv) {
  char error[1024] = "";
  beat_host_api host;
  beat_init_args init;
  beat_poll_args args;
  beat_handle handle = 0;
  const beat_plugin_api *api;
  get_api_fn get_api;
  void *library;
  char *config;
  size_t config_len = 0;
  int failed = 0;

  if (argc != 3) return fprintf(stderr, "usage: %s PLUGIN CONFIG.json\n", argv[0]), 2;
  config = read_file(argv[2], &config_len);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (config == NULL || library == NULL)
    return fprintf(stderr, "cannot read %s\n", config == NULL ? argv[2] : dlerror()), 2;
  *(void **)&get_api = dlsym(library, "beat_plugin_get_api");
  api = get_api != NULL ? get_api(BEAT_ABI_VERSION) : NULL;
  if (api == NULL) return fprintf(stderr, "%s does not serve this ABI\n", argv[1]), 2;

  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_version = BEAT_ABI_VERSION;
  host.log = on_log;
  memset(&init, 0, sizeof init);
  init.struct_size = sizeof init;
  init.host = &host;
  init.config_json.ptr = config;
  init.config_json.len = config_len;
  init.instance_id.ptr = "example";
  init.instance_id.len = 7;
  init.err_buf = error;
  init.err_cap = sizeof error;
  if (api->init(&init, &handle) != BEAT_OK) return fprintf(stderr, "init: %s\n", error), 1;

  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = 500;
  for (;;) {
    beat_poll_result result;
    beat_status status;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    status = api->poll(handle, &args, &result);
    if (status < 0) {
      failed = 1;
      break;
    }
    if (result.batch != NULL) {
      beat_ack_args ack;
      memset(&ack, 0, sizeof ack);
      ack.struct_size = sizeof ack;
      ack.outcome = BEAT_ACK_DURABLE;
      fwrite(result.batch->ndjson.ptr, 1, result.batch->ndjson.len, stdout);
      if (fflush(stdout) != 0) ack.outcome = BEAT_ACK_RETRY;
      if (api->ack(handle, result.batch->id, &ack) < 0) failed = 1;
      continue;
    }
    failed = failed || result.health == BEAT_HEALTH_FAILED || result.health == BEAT_HEALTH_DEGRADED;
    /* A pause of minutes means that every stream has been answered and waits for its next interval. */
    if (failed || result.next_poll_ms > 10000) break;
    sleep_ms(result.next_poll_ms);
  }
  while (api->shutdown(handle, 1000) == BEAT_E_TIMEOUT) {
  }
  free(config);
  return failed;
}
