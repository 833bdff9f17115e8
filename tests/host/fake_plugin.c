/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin without a network, for tests of the host. What it does is scripted by members of its
 * configuration, each of which may be missing:
 *
 *   fake_record       file that gets a line per call: "init <id>", "ack <batch> <outcome>", "shutdown"
 *   fake_batches      batches that each instance hands out (default 3)
 *   fake_in_flight    batches that await their ack at the same time (default 1); with it polls that
 *                     hand out a batch are recorded, too: "poll <batch>"
 *   fake_tell_polls   each poll is recorded when it begins: "polling"
 *   fake_health       what poll reports when all is handed out (default healthy)
 *   fake_block_ms     poll keeps the thread this long unless it is cancelled
 *   fake_stuck_ms     shutdown answers BEAT_E_TIMEOUT this long
 *   fake_ack_failures number of acks answered with BEAT_E_STATE
 *   fake_poll_failures number of polls answered with BEAT_E_STATE
 *   fake_refuse       validate and init refuse, and quote the whole configuration
 *   fake_init_busy    init says that the state belongs to another
 *   fake_chatter      log and last_error quote the whole configuration
 *   fake_chatty       each ack logs a line of a kilobyte
 *   fake_next_poll_ms what an idle poll says (default ten minutes)
 *   fake_status_local the status says that a stream failed by a fault of this side
 *
 * Variants are made by macros: FAKE_MAJOR (another ABI), FAKE_SHORT_TABLE (a table without poll),
 * FAKE_HEALTH (another default of fake_health).
 */
#define BEAT_PLUGIN_BUILDING 1
#include <beat_plugin.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef FAKE_MAJOR
#define FAKE_MAJOR BEAT_ABI_MAJOR
#endif
#ifndef FAKE_HEALTH
#define FAKE_HEALTH BEAT_HEALTH_HEALTHY
#endif
#define INSTANCES 8
#define DOCS 2
#define SLOTS 4

/* A batch that was handed out and not acknowledged. */
typedef struct slot {
  int waits; /* to be handed out again */
  char json[DOCS][512];
  char id[DOCS][32];
  char ndjson[2048];
  beat_doc docs[DOCS];
  beat_batch batch; /* id 0: the slot is free */
} slot;

typedef struct instance {
  int used;
  beat_host_api host;
  char config[16384];
  char record[1024];
  long batches, made, most_in_flight;
  long ack_failures, poll_failures;
  int cancelled, told;
  struct timespec stop_asked;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  slot slots[SLOTS];
} instance;

static instance instances[INSTANCES];
static pthread_mutex_t instances_mutex = PTHREAD_MUTEX_INITIALIZER;
static const char* const stream_names[] = {"usage", "cost", "rate_limit"};

static long number(const char* config, const char* key, long otherwise) {
  const char* at = strstr(config, key);
  return at == NULL ? otherwise : strtol(at + strlen(key) + 2, NULL, 10);
}

static void string(const char* config, const char* key, char* out, size_t cap) {
  const char* at = strstr(config, key);
  size_t length = 0;
  if (at != NULL) {
    at += strlen(key) + 3;
    while (at[length] != '"' && length + 1 < cap) ++length;
    memcpy(out, at, length);
  }
  out[length] = '\0';
}

static void record(const char* file, const char* line) {
  FILE* stream = file[0] == '\0' ? NULL : fopen(file, "a");
  if (stream == NULL) return;
  fprintf(stream, "%s\n", line);
  fclose(stream);
}

static beat_span span(const char* text) {
  beat_span result;
  result.ptr = text;
  result.len = strlen(text);
  return result;
}

static beat_status put(const char* text, char* buf, size_t cap, size_t* len) {
  *len = strlen(text);
  if (*len > cap) return BEAT_E_TRUNCATED;
  memcpy(buf, text, *len);
  return BEAT_OK;
}

static instance* find(beat_handle handle) {
  instance* self = NULL;
  pthread_mutex_lock(&instances_mutex);
  if (handle >= 1 && handle <= INSTANCES && instances[handle - 1].used)
    self = &instances[handle - 1];
  pthread_mutex_unlock(&instances_mutex);
  return self;
}

static void let_go(instance* self) {
  pthread_mutex_lock(&instances_mutex);
  self->used = 0;
  pthread_mutex_unlock(&instances_mutex);
}

static beat_status BEAT_CALL fake_describe(int32_t what, char* buf, size_t cap, size_t* len) {
  switch (what) {
    case BEAT_DESCRIBE_MANIFEST:
      return put("{\"name\":\"fake\",\"version\":\"9.8.7\"}", buf, cap, len);
    case BEAT_DESCRIBE_CONFIG_SCHEMA:
      return put("{}", buf, cap, len);
    case BEAT_DESCRIBE_STREAMS:
      return put(
          "[{\"name\":\"usage\",\"dataset\":\"anthropic_metrics.usage\",\"title\":\"Usage\"},"
          "{\"name\":\"cost\",\"dataset\":\"anthropic_metrics.cost\",\"title\":\"Cost\"},"
          "{\"name\":\"rate_limit\",\"dataset\":\"anthropic_metrics.rate_limit\",\"title\":"
          "\"Limits\"}]",
          buf, cap, len);
    default:
      return BEAT_E_UNSUPPORTED;
  }
}

static beat_status BEAT_CALL fake_validate(beat_span config, char* err, size_t cap) {
  static const char key[] = "fake_refuse";
  size_t i;
  for (i = 0; i + sizeof(key) < config.len; ++i) {
    if (memcmp(config.ptr + i, key, sizeof(key) - 1) == 0) {
      if (err != NULL) {
        snprintf(err, cap, "/fake_refuse: not allowed; remove it\n/: the whole is %.*s",
                 (int)config.len, config.ptr);
      }
      return BEAT_E_CONFIG;
    }
  }
  return BEAT_OK;
}

static beat_status BEAT_CALL fake_init(const beat_init_args* args, beat_handle* out) {
  instance* self = NULL;
  char line[256];
  int i;
  *out = 0;
  if (fake_validate(args->config_json, args->err_buf, args->err_cap) != BEAT_OK)
    return BEAT_E_CONFIG;
  pthread_mutex_lock(&instances_mutex);
  for (i = 0; i < INSTANCES && self == NULL; ++i) {
    if (!instances[i].used) self = &instances[i];
  }
  if (self == NULL || args->config_json.len >= sizeof(self->config)) {
    pthread_mutex_unlock(&instances_mutex);
    return BEAT_E_NOMEM;
  }
  memset(self, 0, sizeof(*self));
  self->used = 1;
  pthread_mutex_unlock(&instances_mutex);
  memcpy(self->config, args->config_json.ptr, args->config_json.len);
  if (strstr(self->config, "fake_init_busy") != NULL) {
    let_go(self);
    snprintf(args->err_buf, args->err_cap, "the state belongs to another process");
    return BEAT_E_BUSY;
  }
  self->host = *args->host;
  pthread_mutex_init(&self->mutex, NULL);
  pthread_cond_init(&self->changed, NULL);
  string(self->config, "fake_record", self->record, sizeof(self->record));
  self->batches = number(self->config, "fake_batches", 3);
  self->most_in_flight = number(self->config, "fake_in_flight", 1);
  self->ack_failures = number(self->config, "fake_ack_failures", 0);
  self->poll_failures = number(self->config, "fake_poll_failures", 0);
  snprintf(line, sizeof(line), "init %.*s", (int)args->instance_id.len, args->instance_id.ptr);
  record(self->record, line);
  *out = (beat_handle)(self - instances) + 1;
  return BEAT_OK;
}

/* Batch n holds one document of stream n % 3 and one of the next. */
static void make_batch(slot* self, long n) {
  size_t length = 0;
  int i;
  for (i = 0; i < DOCS; ++i) {
    const uint32_t stream = (uint32_t)((n + i) % 3);
    snprintf(self->id[i], sizeof(self->id[i]), "fake-%ld-%d", n, i);
    snprintf(self->json[i], sizeof(self->json[i]),
             "{\"event\":{\"id\":\"%s\"},\"data_stream\":{\"dataset\":\"anthropic_metrics.%s\"}}",
             self->id[i], stream_names[stream]);
    length += (size_t)snprintf(self->ndjson + length, sizeof(self->ndjson) - length, "%s\n",
                               self->json[i]);
    memset(&self->docs[i], 0, sizeof(self->docs[i]));
    self->docs[i].json = span(self->json[i]);
    self->docs[i].id = span(self->id[i]);
    self->docs[i].stream = stream;
  }
  self->batch.struct_size = sizeof(self->batch);
  self->batch.doc_stride = sizeof(beat_doc);
  self->batch.id = (beat_batch_id)n + 1;
  self->batch.docs = self->docs;
  self->batch.doc_count = DOCS;
  self->batch.ndjson.ptr = self->ndjson;
  self->batch.ndjson.len = length;
}

static void chatter(instance* self) {
  char text[17000];
  if (strstr(self->config, "fake_chatter") == NULL || self->told) return;
  self->told = 1;
  snprintf(text, sizeof(text), "I know %s", self->config);
  if (self->host.log != NULL)
    self->host.log(self->host.ctx, BEAT_LOG_WARN, span("usage"), span(text));
  if (self->host.health != NULL)
    self->host.health(self->host.ctx, BEAT_HEALTH_HEALTHY, span(""), span(text));
}

/* Waits for cancel; true if it came. The mutex is held. */
static int blocked(instance* self, long ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += (ms % 1000) * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_nsec -= 1000000000L;
    ++until.tv_sec;
  }
  while (!self->cancelled) {
    if (pthread_cond_timedwait(&self->changed, &self->mutex, &until) == ETIMEDOUT) break;
  }
  return self->cancelled;
}

/* The mutex is held. */
static uint32_t in_flight(const instance* self) {
  uint32_t count = 0;
  int i;
  for (i = 0; i < SLOTS; ++i) count += self->slots[i].batch.id != 0 && !self->slots[i].waits;
  return count;
}

/* The oldest batch that waits, or a free place for a new one, or NULL. The mutex is held. */
static slot* next_slot(instance* self) {
  slot* oldest = NULL;
  int i;
  for (i = 0; i < SLOTS; ++i) {
    slot* one = &self->slots[i];
    if (one->waits && (oldest == NULL || one->batch.id < oldest->batch.id)) oldest = one;
  }
  if (oldest != NULL) return oldest;
  if (self->made == self->batches || in_flight(self) >= self->most_in_flight) return NULL;
  for (i = 0; i < SLOTS; ++i) {
    if (self->slots[i].batch.id == 0) return &self->slots[i];
  }
  return NULL;
}

static beat_status BEAT_CALL fake_poll(beat_handle handle, const beat_poll_args* args,
                                       beat_poll_result* out) {
  instance* self = find(handle);
  const uint32_t size = out->struct_size;
  const char* const* name;
  slot* next;
  beat_status status = BEAT_IDLE;
  (void)args;
  if (self == NULL) return BEAT_E_HANDLE;
  chatter(self);
  if (strstr(self->config, "fake_tell_polls") != NULL) record(self->record, "polling");
  pthread_mutex_lock(&self->mutex);
  memset(out, 0, sizeof(*out));
  out->struct_size = size;
  if (self->cancelled || blocked(self, number(self->config, "fake_block_ms", 0))) {
    self->cancelled = 0;
    status = BEAT_E_CANCELLED;
  } else if (self->poll_failures > 0) {
    --self->poll_failures;
    status = BEAT_E_STATE;
  } else if ((next = next_slot(self)) != NULL) {
    if (next->batch.id == 0) make_batch(next, self->made++);
    next->waits = 0;
    out->batch = &next->batch;
    out->flags = BEAT_POLL_MORE;
    status = BEAT_OK;
    if (strstr(self->config, "fake_in_flight") != NULL) {
      char line[64];
      snprintf(line, sizeof(line), "poll %llu", (unsigned long long)next->batch.id);
      record(self->record, line);
    }
  } else if (in_flight(self) > 0) {
    out->next_poll_ms = 600000; /* whoever acknowledges polls */
    status = BEAT_BACKPRESSURE;
  } else {
    out->health = (int32_t)number(self->config, "fake_health", FAKE_HEALTH);
    out->next_poll_ms = (uint64_t)number(self->config, "fake_next_poll_ms", 600000);
  }
  out->in_flight = in_flight(self);
  pthread_mutex_unlock(&self->mutex);
  if (status == BEAT_IDLE && self->host.health != NULL) {
    for (name = stream_names; name != stream_names + 3; ++name) {
      self->host.health(self->host.ctx, out->health, span(*name), span("as scripted"));
    }
  }
  return status;
}

static beat_status BEAT_CALL fake_ack(beat_handle handle, beat_batch_id batch,
                                      const beat_ack_args* args) {
  instance* self = find(handle);
  slot* acked = NULL;
  char line[64];
  int i;
  if (self == NULL) return BEAT_E_HANDLE;
  pthread_mutex_lock(&self->mutex);
  for (i = 0; i < SLOTS; ++i) {
    if (batch != 0 && self->slots[i].batch.id == batch) acked = &self->slots[i];
  }
  if (acked == NULL) {
    pthread_mutex_unlock(&self->mutex);
    return BEAT_E_ARG;
  }
  if (self->ack_failures > 0) {
    --self->ack_failures;
    pthread_mutex_unlock(&self->mutex);
    return BEAT_E_STATE;
  }
  snprintf(line, sizeof(line), "ack %llu %d", (unsigned long long)batch, (int)args->outcome);
  record(self->record, line);
  if (strstr(self->config, "fake_chatty") != NULL && self->host.log != NULL) {
    char text[1024];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    self->host.log(self->host.ctx, BEAT_LOG_WARN, span("usage"), span(text));
  }
  if (args->outcome == BEAT_ACK_RETRY) {
    acked->waits = 1;
  } else {
    acked->batch.id = 0;
  }
  pthread_mutex_unlock(&self->mutex);
  return BEAT_OK;
}

static beat_status BEAT_CALL fake_cancel(beat_handle handle) {
  instance* self = find(handle);
  if (self == NULL) return BEAT_E_HANDLE;
  pthread_mutex_lock(&self->mutex);
  self->cancelled = 1;
  pthread_cond_broadcast(&self->changed);
  pthread_mutex_unlock(&self->mutex);
  return BEAT_OK;
}

static beat_status BEAT_CALL fake_status(beat_handle handle, char* buf, size_t cap, size_t* len) {
  instance* self = find(handle);
  const char* text = "{}";
  if (self == NULL) return BEAT_E_HANDLE;
  if (strstr(self->config, "fake_status_local") != NULL)
    text =
        "{\"streams\":{\"usage\":{\"health\":\"failed\",\"error\":{\"code\":\"configuration\"}}}}";
  return put(text, buf, cap, len);
}

static beat_status BEAT_CALL fake_last_error(beat_handle handle, char* buf, size_t cap,
                                             size_t* len) {
  instance* self = find(handle);
  if (self == NULL) return BEAT_E_HANDLE;
  return put(strstr(self->config, "fake_chatter") == NULL ? "the disk is full" : self->config, buf,
             cap, len);
}

static beat_status BEAT_CALL fake_shutdown(beat_handle handle, uint32_t budget_ms) {
  instance* self = find(handle);
  struct timespec now;
  const long stuck = self == NULL ? 0 : number(self->config, "fake_stuck_ms", 0);
  if (self == NULL) return BEAT_OK;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (self->stop_asked.tv_sec == 0) self->stop_asked = now;
  if ((now.tv_sec - self->stop_asked.tv_sec) * 1000 +
          (now.tv_nsec - self->stop_asked.tv_nsec) / 1000000 <
      stuck) {
    struct timespec pause;
    pause.tv_sec = budget_ms / 1000;
    pause.tv_nsec = (long)(budget_ms % 1000) * 1000000L;
    nanosleep(&pause, NULL);
    return BEAT_E_TIMEOUT;
  }
  record(self->record, "shutdown");
  let_go(self);
  return BEAT_OK;
}

static const beat_plugin_api table = {
#ifdef FAKE_SHORT_TABLE
    (uint32_t)offsetof(beat_plugin_api, poll),
#else
    sizeof(beat_plugin_api),
#endif
    (FAKE_MAJOR << 16),
    fake_describe,
    fake_validate,
    fake_init,
    fake_poll,
    NULL,
    fake_ack,
    fake_cancel,
    fake_status,
    fake_last_error,
    fake_shutdown,
    NULL,
};

uint32_t BEAT_CALL beat_plugin_abi_version(void) {
  return FAKE_MAJOR << 16;
}
const beat_plugin_api* BEAT_CALL beat_plugin_get_api(uint32_t host_abi_version) {
  return (host_abi_version >> 16) == FAKE_MAJOR ? &table : NULL;
}
beat_status BEAT_CALL beat_plugin_init(const beat_init_args* args, beat_handle* out) {
  return fake_init(args, out);
}
beat_status BEAT_CALL beat_plugin_poll(beat_handle handle, const beat_poll_args* args,
                                       beat_poll_result* out) {
  return fake_poll(handle, args, out);
}
beat_status BEAT_CALL beat_plugin_ack(beat_handle handle, beat_batch_id batch,
                                      const beat_ack_args* args) {
  return fake_ack(handle, batch, args);
}
beat_status BEAT_CALL beat_plugin_shutdown(beat_handle handle, uint32_t budget_ms) {
  return fake_shutdown(handle, budget_ms);
}
