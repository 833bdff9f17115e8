/* SPDX-License-Identifier: Apache-2.0
 *
 * A host that closed its standard input, output and error, as some supervisors do, and goes on writing
 * to them. Nothing of the plugin may be there: not while it works, which the log callback sees, and
 * not between its calls. REPORT gets a line for each fault, and the number of documents at the end.
 *
 *   closed_host PLUGIN CONFIG.json REPORT
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "beat_plugin.h"

typedef const beat_plugin_api *(*get_api_fn)(uint32_t);

static FILE *report;
static int lines_heard;

/* Writing to a descriptor that is closed fails; into anything else it must not go. */
static void try_to_write(const char *when) {
  int fd;
  for (fd = 0; fd < 3; ++fd) {
    if (write(fd, "a line of the host\n", 19) < 0 && errno == EBADF) continue;
    fprintf(report, "%s: descriptor %d can be written to\n", when, fd);
  }
}

static void on_log(void *ctx, int32_t level, beat_span component, beat_span text) {
  (void)ctx, (void)level, (void)component, (void)text;
  ++lines_heard;
  try_to_write("during a call");
}

static int32_t on_log_level(void *ctx) {
  (void)ctx;
  return BEAT_LOG_TRACE;
}

static void look(const char *when) {
  int fd;
  for (fd = 0; fd < 3; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) fprintf(report, "%s: descriptor %d is open\n", when, fd);
  try_to_write(when);
}

static char config[65536];

int main(int argc, char **argv) {
  beat_host_api host;
  beat_init_args init;
  beat_poll_args args;
  beat_handle handle = 0;
  const beat_plugin_api *api;
  get_api_fn get_api;
  void *library;
  FILE *file;
  unsigned long documents = 0;
  char error[1024] = "";

  if (argc != 4 || (file = fopen(argv[2], "r")) == NULL) return 2;
  memset(&init, 0, sizeof init);
  init.config_json.ptr = config;
  init.config_json.len = fread(config, 1, sizeof config, file);
  fclose(file);
  report = fopen(argv[3], "w");
  if (report == NULL) return 2;
  setvbuf(report, NULL, _IONBF, 0);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(report, "%s\n", dlerror()), 2;
  *(void **)&get_api = dlsym(library, "beat_plugin_get_api");
  api = get_api(BEAT_ABI_VERSION);
  close(0);
  close(1);
  close(2);

  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_version = BEAT_ABI_VERSION;
  host.log = on_log;
  host.log_level = on_log_level;
  init.struct_size = sizeof init;
  init.host = &host;
  init.err_buf = error;
  init.err_cap = sizeof error;
  if (api->init(&init, &handle) != BEAT_OK) return fprintf(report, "init: %s\n", error), 1;
  look("after init");
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = 200;
  for (;;) {
    beat_poll_result result;
    struct timespec pause = {0, 1000000};
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    if (api->poll(handle, &args, &result) < 0) return fprintf(report, "poll failed\n"), 1;
    look("after poll");
    if (result.batch != NULL) {
      beat_ack_args ack;
      memset(&ack, 0, sizeof ack);
      ack.struct_size = sizeof ack;
      ack.outcome = BEAT_ACK_DURABLE;
      documents += result.batch->doc_count;
      if (api->ack(handle, result.batch->id, &ack) < 0) return fprintf(report, "ack failed\n"), 1;
      look("after ack");
    } else {
      if (result.next_poll_ms > 10000) break;
      nanosleep(&pause, NULL);
    }
  }
  while (api->shutdown(handle, 1000) == BEAT_E_TIMEOUT) {
  }
  look("after shutdown");
  fprintf(report, "%lu documents, %s\n", documents, lines_heard > 0 ? "heard" : "nothing heard");
  return 0;
}
