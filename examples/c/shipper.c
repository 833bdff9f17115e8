/* SPDX-License-Identifier: Apache-2.0
 *
 * A shipper in plain C: polls a plugin, appends what it hands out to a file of JSON lines, and acknowledges
 * what is on the disk. README.md beside it says why each part is as it is.
 *
 *   shipper [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson
 *
 *   --once   end when every stream has been answered, or one needs a person
 *   SECRETS  folder with a file for each $secret{NAME} of the configuration
 *   exit 0: stopped, or with --once all healthy; 1: the plugin refused or failed; 2: wrong call
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "beat_plugin.h"

#define BUDGET_MS 500u      /* longest stay in a poll, and so the longest that a signal waits */
#define AT_REST_MS 10000u   /* a longer pause means: every stream was answered and waits for its next interval */
#define RETRY_MS 1000u      /* pause after a failure, doubled up to RETRY_MAX_MS */
#define RETRY_MAX_MS 30000u

struct shipper {
  const beat_plugin_api *api;
  beat_handle handle;
  const char *secrets;
  const char *output;
  int file;         /* the output, -1 while it is not open */
  sigset_t signals; /* blocked, and taken when we wait */
  int stopping;
  uint64_t delivered;
};

typedef const beat_plugin_api *(*get_api_fn)(uint32_t);

/* ---- What the plugin may ask of us: from any thread that is inside one of its functions ---------- */

static void on_log(void *ctx, int32_t level, beat_span component, beat_span text) {
  static const char *const names[] = {"?", "error", "warn", "info", "debug", "trace"};
  (void)ctx;
  fprintf(stderr, "%s %.*s: %.*s\n", names[level >= 1 && level <= 5 ? level : 0], (int)component.len,
          component.ptr, (int)text.len, text.ptr);
}

static void on_health(void *ctx, int32_t health, beat_span stream, beat_span text) {
  static const char *const names[] = {"starting", "healthy", "degraded", "failed", "stopping", "stopped"};
  (void)ctx;
  fprintf(stderr, "health %.*s: %s%s%.*s\n", stream.len > 0 ? (int)stream.len : 8,
          stream.len > 0 ? stream.ptr : "instance",
          names[health >= 0 && health <= 5 ? health : BEAT_HEALTH_DEGRADED], text.len > 0 ? ", " : "",
          (int)text.len, text.ptr);
}

/* Reads the secret's file into the plugin's buffer, and nowhere else: no copy of it is left here. */
static beat_status on_secret(void *ctx, beat_span name, char *buf, size_t cap, size_t *len) {
  const struct shipper *self = ctx;
  char path[4096];
  struct stat info;
  beat_status status = BEAT_E_GENERIC;
  int file;
  if (name.len == 0 || name.ptr[0] == '.' || memchr(name.ptr, '/', name.len) != NULL) return status;
  if (snprintf(path, sizeof path, "%s/%.*s", self->secrets, (int)name.len, name.ptr) >= (int)sizeof path)
    return status;
  file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return status;
  if (fstat(file, &info) == 0 && S_ISREG(info.st_mode)) {
    *len = (size_t)info.st_size;
    if (*len > cap)
      status = BEAT_E_TRUNCATED;
    else if (read(file, buf, *len) == (ssize_t)*len)
      status = BEAT_OK;
  }
  close(file);
  return status;
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

/* Waits, at most so long, for a signal that asks us to stop. */
static void wait_ms(struct shipper *self, uint64_t ms) {
  struct timespec pause;
  if (self->stopping) return;
  if (ms > 60000) ms = 60000; /* an earlier poll is harmless */
  pause.tv_sec = (time_t)(ms / 1000);
  pause.tv_nsec = (long)(ms % 1000) * 1000000L;
  if (sigtimedwait(&self->signals, NULL, &pause) > 0) self->stopping = 1;
}

static uint64_t next_pause(uint64_t pause) {
  return pause == 0 ? RETRY_MS : pause * 2 < RETRY_MAX_MS ? pause * 2 : RETRY_MAX_MS;
}

/* ---- The sink: a file of JSON lines --------------------------------------------------------------- */

/* Opens the output. A line that a crash cut off is taken away: its batch was not acknowledged and comes again. */
static int open_output(struct shipper *self) {
  off_t end;
  char last = '\n';
  if (self->file >= 0) return 0;
  self->file = open(self->output, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (self->file < 0) return -1;
  end = lseek(self->file, 0, SEEK_END);
  while (end > 0 && pread(self->file, &last, 1, end - 1) == 1 && last != '\n') --end;
  return end >= 0 && ftruncate(self->file, end) == 0 ? 0 : -1;
}

static int write_all(int file, beat_span bytes) {
  while (bytes.len > 0) {
    const ssize_t written = write(file, bytes.ptr, bytes.len);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes.ptr += written;
    bytes.len -= (size_t)written;
  }
  return 0;
}

/* Appends the lines and waits until they are on the disk; or leaves the file as it was, and errno says why. */
static int deliver(struct shipper *self, beat_span lines) {
  off_t before = -1;
  int reason;
  if (open_output(self) == 0) {
    before = lseek(self->file, 0, SEEK_END);
    if (before >= 0 && write_all(self->file, lines) == 0 && fsync(self->file) == 0) return 0;
  }
  reason = errno;
  if (self->file >= 0) {
    if (before >= 0 && ftruncate(self->file, before) != 0) fprintf(stderr, "shipper: %s keeps a part\n", self->output);
    close(self->file); /* opened anew next time, whatever happened to it */
    self->file = -1;
  }
  errno = reason;
  return -1;
}

/* ---- The loop -------------------------------------------------------------------------------------- */

/* Errors after which the instance stays usable, and the call may be repeated. All others are faults of this program,
 * or of an instance that is gone. An error that this header does not know means BEAT_E_GENERIC. */
static int passes(beat_status status) {
  switch (status) {
    case BEAT_E_ARG:
    case BEAT_E_VERSION:
    case BEAT_E_CONFIG:
    case BEAT_E_HANDLE:
    case BEAT_E_FORKED:
    case BEAT_E_UNSUPPORTED:
      return 0;
    default:
      return 1;
  }
}

static void tell_failure(const struct shipper *self, const char *call, beat_status status) {
  char text[1024] = "";
  size_t len = 0;
  self->api->last_error(self->handle, text, sizeof text - 1, &len); /* what does not fit is cut */
  fprintf(stderr, "shipper: %s: status %d, %s\n", call, (int)status, text);
}

/* Says what became of a batch, until the plugin has written it down. 0, or -1 if it cannot. */
static int acknowledge(struct shipper *self, beat_batch_id batch, int32_t outcome) {
  beat_ack_args args;
  uint64_t pause = 0;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.outcome = outcome;
  for (;;) {
    const beat_status status = self->api->ack(self->handle, batch, &args);
    if (status >= 0) return 0;
    tell_failure(self, "ack", status);
    if (!passes(status)) return -1;
    if (self->stopping) return 0; /* it is kept, and handed out after the next start */
    pause = next_pause(pause);
    wait_ms(self, pause);
  }
}

/* Polls and delivers until a signal, or with `once` until all is there. The exit code. */
static int run(struct shipper *self, int once) {
  beat_poll_args args;
  uint64_t pause = 0;
  memset(&args, 0, sizeof args);
  args.struct_size = sizeof args;
  args.budget_ms = BUDGET_MS;
  while (!self->stopping) {
    beat_poll_result result;
    beat_status status;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    status = self->api->poll(self->handle, &args, &result);
    if (status < 0) {
      tell_failure(self, "poll", status);
      if (!passes(status)) return 1;
      pause = next_pause(pause);
      wait_ms(self, pause);
    } else if (result.batch != NULL) {
      const beat_batch_id id = result.batch->id;
      const uint64_t count = result.batch->doc_count;
      const int done = deliver(self, result.batch->ndjson) == 0;
      if (!done)
        fprintf(stderr, "shipper: cannot write %s: %s; the batch goes back and comes again\n", self->output,
                strerror(errno));
      if (acknowledge(self, id, done ? BEAT_ACK_DURABLE : BEAT_ACK_RETRY) != 0) return 1;
      self->delivered += done ? count : 0;
      if (done) fprintf(stderr, "shipper: %llu documents on disk\n", (unsigned long long)self->delivered);
      pause = done ? 0 : next_pause(pause);
      wait_ms(self, pause);
    } else {
      pause = 0;
      if (once && (result.next_poll_ms > AT_REST_MS || result.health == BEAT_HEALTH_FAILED))
        return result.health == BEAT_HEALTH_HEALTHY ? 0 : 1;
      wait_ms(self, status == BEAT_BACKPRESSURE ? RETRY_MS : result.next_poll_ms);
    }
  }
  return 0;
}

/* ---- Loading and starting --------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  char *text = file != NULL ? malloc(4u << 20) : NULL; /* the contract's limit of a configuration */
  if (text != NULL) *len = fread(text, 1, 4u << 20, file);
  if (file != NULL) fclose(file);
  return text;
}

static const beat_plugin_api *load(const char *path) {
  get_api_fn get_api;
  const beat_plugin_api *api;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "shipper: cannot load %s: %s\n", path, dlerror());
    return NULL;
  }
  *(void **)&get_api = dlsym(library, "beat_plugin_get_api");
  api = get_api != NULL ? get_api(BEAT_ABI_VERSION) : NULL;
  if (api == NULL)
    fprintf(stderr, "shipper: %s serves no ABI %u.x; install a plugin of that version\n", path, BEAT_ABI_MAJOR);
  return api;
}

int main(int argc, char **argv) {
  const int once = argc > 1 && strcmp(argv[1], "--once") == 0;
  struct shipper self;
  beat_host_api host;
  beat_init_args init;
  char error[8192] = "";
  char *config;
  size_t config_len = 0;
  int code;
  if (argc - once != 5) {
    fprintf(stderr, "usage: %s [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson\n", argv[0]);
    return 2;
  }
  argv += once;
  memset(&self, 0, sizeof self);
  self.secrets = argv[3];
  self.output = argv[4];
  self.file = -1;
  /* Blocked before the first call, so that no thread is interrupted, and taken by wait_ms. */
  sigemptyset(&self.signals);
  sigaddset(&self.signals, SIGINT);
  sigaddset(&self.signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &self.signals, NULL);

  self.api = load(argv[1]);
  if (self.api == NULL) return 2;
  config = read_file(argv[2], &config_len);
  if (config == NULL) return fprintf(stderr, "shipper: cannot read %s: %s\n", argv[2], strerror(errno)), 2;

  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_version = BEAT_ABI_VERSION;
  host.ctx = &self;
  host.log = on_log;
  host.health = on_health;
  host.secret_get = on_secret;
  memset(&init, 0, sizeof init);
  init.struct_size = sizeof init;
  init.host = &host;
  init.config_json.ptr = config;
  init.config_json.len = config_len;
  init.instance_id.ptr = "shipper";
  init.instance_id.len = 7;
  init.err_buf = error;
  init.err_cap = sizeof error;
  code = self.api->init(&init, &self.handle);
  free(config); /* borrowed for the call */
  if (code < 0) {
    fprintf(stderr, "shipper: the plugin refuses to start, status %d:\n%s\n", code, error);
    return 1;
  }
  code = run(&self, once);
  /* The host's table and the library must live until the plugin says that it is gone. */
  while (self.api->shutdown(self.handle, 5000) == BEAT_E_TIMEOUT)
    fprintf(stderr, "shipper: the plugin still waits for a name lookup\n");
  if (self.file >= 0) close(self.file);
  fprintf(stderr, "shipper: stopped, %llu documents delivered\n", (unsigned long long)self.delivered);
  return code;
}
