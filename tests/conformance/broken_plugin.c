/* SPDX-License-Identifier: Apache-2.0
 *
 * A small plugin of beat_plugin.h that keeps every promise, or breaks one: FAULT says which when it is
 * compiled. It makes a dozen documents out of nothing, as slowly as a service might, and remembers in
 * "state" of its configuration which were acknowledged. conformance_test.py shows what the kit finds.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define BEAT_PLUGIN_BUILDING 1
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "beat_plugin.h"
#include "beat_wait.h"

/* The test reads this list. */
enum fault {
  fault_none,
  fault_exports_more,
  fault_serves_any_major,
  fault_leaves_a_slot_empty,
  fault_refuses_longer_hosts,
  fault_takes_shorter_hosts,
  fault_writes_behind_results,
  fault_ignores_flags,
  fault_reads_null_arguments,
  fault_acknowledges_anything,
  fault_tells_cut_length,
  fault_writes_behind_text,
  fault_cuts_within_characters,
  fault_reuses_handles,
  fault_cancels_all,
  fault_forgets_ended_handles,
  fault_ends_twice,
  fault_ends_during_poll,
  fault_polls_twice,
  fault_cancels_late,
  fault_cancels_twice,
  fault_exceeds_budget,
  fault_rings_no_bell,
  fault_needs_log,
  fault_needs_a_host,
  fault_logs_newlines,
  fault_calls_from_own_thread,
  fault_says_no_end,
  fault_calls_after_end,
  fault_garbles_ndjson,
  fault_reuses_memory,
  fault_ignores_max_docs,
  fault_retries_other_bytes,
  fault_forgets_deliveries,
  fault_acknowledges_in_memory,
  fault_shares_state,
  fault_has_few_slots,
  fault_is_unmapped,
  fault_ignores_fork,
  fault_lends_lock_to_children,
  fault_handles_a_signal,
  fault_blocks_a_signal,
  fault_sets_locale,
  fault_changes_folder,
  fault_sets_a_variable,
  fault_sets_umask,
  fault_leaks_a_descriptor,
  fault_uses_low_descriptors,
  fault_leaves_a_thread,
  fault_starts_a_thread_when_loaded,
  fault_prints,
  fault_raises_sigpipe,
  fault_frees_host_memory,
  fault_calls_itself_by_name
};
#ifndef FAULT
#define FAULT fault_none
#endif
#define BROKEN(name) (FAULT == fault_##name)

enum { DOCS = 4, ALL = 3 * DOCS, DOC_ROOM = 72, SLOTS = BROKEN(has_few_slots) ? 100 : 2000 };
enum { DELAY_MS = BROKEN(exceeds_budget) ? 600 : 20, REST_MS = 60000 };
#define SIZE_1_0(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))

typedef struct piece { /* a batch, and what became of it */
  beat_batch batch;
  beat_doc docs[DOCS];
  char text[DOCS * DOC_ROOM];
  bool made, given, acknowledged;
  int retries;
} piece;

typedef struct instance {
  uint64_t generation, epoch; /* of another epoch: a parent process has it, or had */
  bool live, closing, ending, ended;
  int polling;
  int64_t begun, cancel_at; /* 0: not */
  const beat_host_api *host;
  char name[64], state[1024];
  int lock, wire[2], bell;
  piece pieces[ALL];
} instance;

static instance slots[SLOTS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pid_t owner;         /* the process whose instances these are */
static uint64_t epoch = 1;  /* how many processes they passed through; part of each handle */

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now); /* what pthread_cond_timedwait takes */
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_until(int64_t end) {
  const struct timespec when = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
  pthread_cond_timedwait(&changed, &mutex, &when);
}

/* In a forked child nothing of the parent's is left, and no lock is taken that it held. */
static void enter(void) {
  if (owner != getpid() && !BROKEN(ignores_fork)) {
    if (owner != 0) {
      const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
      const pthread_cond_t quiet = PTHREAD_COND_INITIALIZER;
      mutex = fresh;
      changed = quiet;
      ++epoch;
    }
    owner = getpid();
  }
  pthread_mutex_lock(&mutex);
}

static beat_status leave(beat_status status) {
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return status;
}

static beat_handle handle_of(const instance *one) {
  return epoch << 48 | one->generation << 16 | (uint64_t)(one - slots);
}

static bool lives(const instance *one) { return one->live && one->epoch == epoch; }

/* BEAT_OK: *one lives. BEAT_IDLE: it did. */
static beat_status find(beat_handle handle, instance **one) {
  const uint64_t of = handle >> 48, generation = handle >> 16 & 0xffffffff, slot = handle & 0xffff;
  if (of == 0 || of > epoch || slot >= SLOTS || generation == 0) return BEAT_E_HANDLE;
  if (of < epoch) return BEAT_E_FORKED;
  *one = &slots[slot];
  if (generation > (*one)->generation) return BEAT_E_HANDLE;
  return generation == (*one)->generation && lives(*one) ? BEAT_OK : BEAT_IDLE;
}

static beat_status find_live(beat_handle handle, instance **one) {
  const beat_status found = find(handle, one);
  return found == BEAT_IDLE ? BEAT_E_HANDLE : found;
}

/* ---- What the host hears -------------------------------------------------------------------------- */

static beat_span span(const char *text) {
  const beat_span all = {text, strlen(text)};
  return all;
}

static void say(const beat_host_api *host, int32_t level, const char *text) {
  if (!BROKEN(needs_a_host) && host == NULL) return;
  if (!BROKEN(needs_log) && host->log == NULL) return;
  if (host->log_level != NULL && level > host->log_level(host->ctx)) return;
  if (host->log_level == NULL && level > BEAT_LOG_INFO) return;
  if (host->log != NULL || BROKEN(needs_log)) host->log(host->ctx, level, span("sample"), span(text));
}

static void tell_health(const beat_host_api *host, int32_t health) {
  if (host != NULL && host->health != NULL) host->health(host->ctx, health, span(""), span("as the call says"));
}

static void *say_from_here(void *host) {
  say(host, BEAT_LOG_INFO, "from a thread of the plugin's own");
  return NULL;
}

static void *sleep_on(void *unused) {
  while (pause() < 0) {
  }
  return unused;
}

__attribute__((constructor)) static void loaded(void) {
  pthread_t thread;
  if (BROKEN(starts_a_thread_when_loaded)) pthread_create(&thread, NULL, sleep_on, NULL);
}

/* ---- Texts ----------------------------------------------------------------------------------------- */

static beat_status put_text(const char *text, char *buf, size_t cap, size_t *len) {
  const size_t size = strlen(text), fits = size < cap ? size : cap;
  if (len == NULL || (buf == NULL && cap > 0)) return BEAT_E_ARG;
  if (fits > 0) memcpy(buf, text, fits);
  if (size < cap || (BROKEN(writes_behind_text) && cap > 0)) buf[fits] = '\0';
  *len = BROKEN(tells_cut_length) && cap > 0 ? fits : size;
  return size <= cap ? BEAT_OK : BEAT_E_TRUNCATED;
}

static void put_error(const char *text, char *buf, size_t cap) {
  size_t size = strlen(text);
  if (cap == 0) return;
  if (size > cap - 1) {
    size = cap - 1;
    while (!BROKEN(cuts_within_characters) && size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) --size;
  }
  memcpy(buf, text, size);
  buf[size] = '\0';
}

static beat_status describe(int32_t what, char *buf, size_t cap, size_t *len) {
  static const char *const facts[] = {"{\"name\":\"sample\",\"version\":\"1.0.0\",\"licence\":\"Apache-2.0\"}",
                                      "{\"type\":\"object\",\"properties\":{\"state\":{\"type\":\"string\"}}}",
                                      "[{\"name\":\"sample\",\"dataset\":\"sample.numbers\",\"title\":\"Numbers\"}]"};
  if (len == NULL || (buf == NULL && cap > 0)) return BEAT_E_ARG;
  if (what < 0 || what > BEAT_DESCRIBE_STREAMS) return BEAT_E_UNSUPPORTED;
  return put_text(facts[what], buf, cap, len);
}

/* ---- Configuration and state ------------------------------------------------------------------------ */

/* The value of "state", or empty; false if the text is no object. */
static bool read_config(beat_span text, char *state, size_t room) {
  static const char key[] = "\"state\":\"";
  const char *at, *end = text.ptr + text.len;
  *state = '\0';
  while (text.len > 0 && end[-1] == '\n') --end, --text.len;
  if (text.len < 2 || text.ptr[0] != '{' || end[-1] != '}') return false;
  at = memmem(text.ptr, text.len, key, sizeof key - 1);
  if (at == NULL) return true;
  at += sizeof key - 1;
  for (; at < end && *at != '"' && room > 1; --room) *state++ = *at++;
  *state = '\0';
  return true;
}

static beat_status refuse_config(beat_span text, char *err_buf, size_t err_cap) {
  char sentence[256];
  snprintf(sentence, sizeof sentence, "the configuration is no JSON object: %.*s", (int)(text.len < 100 ? text.len : 100),
           text.ptr == NULL ? "" : text.ptr);
  if (err_buf != NULL) put_error(sentence, err_buf, err_cap);
  return BEAT_E_CONFIG;
}

static beat_status validate(beat_span config, char *err_buf, size_t err_cap) {
  char state[1024];
  if ((config.ptr == NULL && config.len > 0) || (err_buf == NULL && err_cap > 0)) return BEAT_E_ARG;
  return read_config(config, state, sizeof state) ? BEAT_OK : refuse_config(config, err_buf, err_cap);
}

static int open_state(const instance *one, const char *file, int flags) {
  char path[1100];
  int low, high;
  snprintf(path, sizeof path, "%s/%s", one->state, file);
  low = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
  if (low < 0 || BROKEN(uses_low_descriptors)) return low;
  high = fcntl(low, F_DUPFD_CLOEXEC, 3); /* 0 to 2 are the host's, also where it closed them. */
  close(low);
  return high;
}

static bool has_state(const instance *one) { return one->state[0] != '\0'; }

static void write_acknowledged(const instance *one, int number) {
  const unsigned char octet = (unsigned char)number;
  const int file = has_state(one) ? open_state(one, "acknowledged", O_WRONLY | O_APPEND) : -1;
  if (file < 0) return;
  if (write(file, &octet, 1) != 1 || fdatasync(file) != 0) abort();
  close(file);
}

static beat_status take_state(instance *one) {
  unsigned char octet;
  int file;
  one->lock = -1;
  if (!has_state(one)) return BEAT_OK;
  if (mkdir(one->state, 0700) != 0 && errno != EEXIST) return BEAT_E_STATE;
  one->lock = open_state(one, "lock", O_RDWR);
  if (one->lock < 0) return BEAT_E_STATE;
  if (!BROKEN(shares_state) && flock(one->lock, LOCK_EX | LOCK_NB) != 0) {
    close(one->lock);
    return BEAT_E_BUSY;
  }
  file = open_state(one, "acknowledged", O_RDONLY);
  while (read(file, &octet, 1) == 1) one->pieces[octet].acknowledged = true;
  close(file);
  return BEAT_OK;
}

/* ---- Instances -------------------------------------------------------------------------------------- */

static void spoil_process(void) {
  pthread_t thread;
  sigset_t some;
  if (BROKEN(handles_a_signal)) signal(SIGTERM, SIG_IGN);
  if (BROKEN(blocks_a_signal)) sigemptyset(&some), sigaddset(&some, SIGUSR1), pthread_sigmask(SIG_BLOCK, &some, NULL);
  if (BROKEN(sets_locale)) setlocale(LC_ALL, "C.UTF-8");
  if (BROKEN(changes_folder) && chdir("/") != 0) abort();
  if (BROKEN(sets_a_variable)) setenv("SAMPLE_WAS_HERE", "1", 1);
  if (BROKEN(sets_umask)) umask(0);
  if (BROKEN(leaks_a_descriptor) && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) abort();
  if (BROKEN(leaves_a_thread)) pthread_create(&thread, NULL, sleep_on, NULL), pthread_detach(thread);
  if (BROKEN(prints)) printf("sample: an instance begins\n");
}

static beat_status refuse_host(const beat_host_api *host) {
  if (host == NULL) return BEAT_OK;
  if (host->struct_size < SIZE_1_0(beat_host_api, get_extension) && !BROKEN(takes_shorter_hosts)) return BEAT_E_ARG;
  if (host->struct_size != SIZE_1_0(beat_host_api, get_extension) && BROKEN(refuses_longer_hosts)) return BEAT_E_ARG;
  return host->abi_version >> 16 == BEAT_ABI_MAJOR ? BEAT_OK : BEAT_E_VERSION;
}

static beat_status begin(const beat_init_args *args, beat_handle *out) {
  instance *one = slots;
  char state[1024];
  uint64_t generation;
  beat_status status;
  if (!read_config(args->config_json, state, sizeof state)) return refuse_config(args->config_json, args->err_buf, args->err_cap);
  enter();
  while (one < slots + SLOTS && lives(one)) ++one;
  if (one == slots + SLOTS) return leave(BEAT_E_NOMEM);
  generation = BROKEN(reuses_handles) ? 1 : one->generation + 1;
  memset(one, 0, sizeof *one);
  one->generation = generation;
  one->epoch = epoch;
  one->host = args->host;
  strcpy(one->state, state);
  if (args->instance_id.len > 0)
    snprintf(one->name, sizeof one->name, "%.*s", (int)(args->instance_id.len < 60 ? args->instance_id.len : 60), args->instance_id.ptr);
  status = take_state(one);
  if (status < 0 && args->err_buf != NULL) put_error("the state cannot be used, or another instance uses it", args->err_buf, args->err_cap);
  if (status < 0) return leave(status);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, one->wire) != 0) return leave(BEAT_E_GENERIC);
  one->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (one->bell < 0) return leave(BEAT_E_GENERIC);
  for (int i = 0; i < 3; ++i) {
    int *const at = i < 2 ? &one->wire[i] : &one->bell;
    const int low = *at;
    if (BROKEN(uses_low_descriptors)) continue;
    *at = fcntl(low, F_DUPFD_CLOEXEC, 3);
    close(low);
  }
  one->live = true;
  *out = handle_of(one);
  return leave(BEAT_OK);
}

static beat_status init(const beat_init_args *args, beat_handle *out) {
  pthread_t thread;
  beat_status status;
  if (out == NULL) return BEAT_E_ARG;
  *out = 0;
  if (args == NULL || args->struct_size < SIZE_1_0(beat_init_args, err_cap)) return BEAT_E_ARG;
  if ((args->config_json.ptr == NULL && args->config_json.len > 0) || (args->instance_id.ptr == NULL && args->instance_id.len > 0) ||
      (args->err_buf == NULL && args->err_cap > 0))
    return BEAT_E_ARG;
  if ((args->flags & 0xffff0000u) != 0 && !BROKEN(ignores_flags)) return BEAT_E_UNSUPPORTED;
  status = refuse_host(args->host);
  if (status == BEAT_OK) status = begin(args, out);
  if (status != BEAT_OK) return status;
  spoil_process();
  say(args->host, BEAT_LOG_INFO, BROKEN(logs_newlines) ? "an instance\nbegins" : "an instance begins");
  if (BROKEN(calls_from_own_thread) && args->host != NULL &&
      pthread_create(&thread, NULL, say_from_here, (void *)(uintptr_t)args->host) == 0)
    pthread_join(thread, NULL);
  if (BROKEN(frees_host_memory)) free((void *)(uintptr_t)args->config_json.ptr);
  return BEAT_OK;
}

/* ---- Batches ------------------------------------------------------------------------------------------ */

/* The documents from `first` on: the same whenever they are made. */
static void make(piece *one, int first, int count) {
  char *to = one->text;
  for (int i = 0; i < count; ++i) {
    beat_doc *doc = &one->docs[i];
    doc->json.ptr = to;
    doc->json.len = (size_t)sprintf(to, "{\"event\":{\"id\":\"sample-%015d\"},\"number\":%d,\"try\":%d}", first + i, first + i,
                                    BROKEN(retries_other_bytes) ? one->retries : 0);
    doc->id.ptr = strstr(to, "sample-");
    doc->id.len = 22;
    doc->timestamp_ns = 1700000000000000000 + first + i;
    to += doc->json.len;
    *to++ = BROKEN(garbles_ndjson) ? ' ' : '\n';
  }
  one->batch.struct_size = sizeof one->batch;
  one->batch.doc_stride = sizeof *one->docs;
  one->batch.id = (beat_batch_id)first + 1;
  one->batch.docs = one->docs;
  one->batch.doc_count = (uint64_t)count;
  one->batch.ndjson.ptr = one->text;
  one->batch.ndjson.len = (size_t)(to - one->text);
  one->made = true;
}

/* pieces[n] is the batch that begins with document n; its documents are no others'. */
static piece *next_piece(instance *one, const beat_poll_args *args) {
  int most = DOCS;
  if (args->max_docs > 0 && (int)args->max_docs < most && !BROKEN(ignores_max_docs)) most = (int)args->max_docs;
  if (args->max_bytes > 0 && args->max_bytes < DOCS * DOC_ROOM) most = 1;
  for (int first = 0; first < ALL;) {
    piece *at = &one->pieces[first];
    if (!at->made) {
      int count = 0;
      while (count < most && first + count < ALL && !one->pieces[first + count].made && !at[count].acknowledged) ++count;
      if (count > 0) {
        make(at, first, count);
        return at;
      }
      ++first; /* Acknowledged by an earlier life. */
      continue;
    }
    if (!at->given && !at->acknowledged) return at;
    first += (int)at->batch.doc_count;
  }
  return NULL;
}

static uint32_t in_flight(const instance *one) {
  uint32_t count = 0;
  for (int i = 0; i < ALL; ++i) count += one->pieces[i].made && one->pieces[i].given && !one->pieces[i].acknowledged;
  return count;
}

static void acknowledge(instance *one, piece *what) {
  for (uint64_t i = 0; i < what->batch.doc_count; ++i) write_acknowledged(one, (int)(what->batch.id - 1 + i));
}

static void ring(const instance *one) {
  if (!BROKEN(rings_no_bell)) (void)eventfd_write(one->bell, 1);
}

static bool cancelled(instance *one) {
  if (one->cancel_at == 0 || now_ns() < one->cancel_at) return false;
  if (BROKEN(cancels_twice) && one->cancel_at > 1)
    one->cancel_at = 1;
  else
    one->cancel_at = 0;
  return true;
}

static beat_status work(instance *one, const beat_poll_args *args, beat_poll_result *out) {
  const bool small = args->budget_ms > 0 && args->budget_ms < 50;
  const int64_t budget = BROKEN(exceeds_budget) && small ? 500 : args->budget_ms;
  const int64_t end = now_ns() + budget * 1000000;
  piece *next;
  for (;;) {
    const int64_t ready = one->begun + (int64_t)DELAY_MS * 1000000;
    if (one->closing || cancelled(one)) return BEAT_E_CANCELLED;
    if (now_ns() >= ready) break;
    if (now_ns() >= end) return out->next_poll_ms = 1, BEAT_IDLE;
    wait_until(ready < end ? ready : end);
  }
  next = next_piece(one, args);
  out->next_poll_ms = next == NULL ? REST_MS : 0;
  if (next == NULL) return BEAT_IDLE;
  if (BROKEN(reuses_memory))
    for (int i = 0; i < ALL; ++i)
      if (one->pieces[i].given) memset(one->pieces[i].text, 'x', sizeof one->pieces[i].text);
  next->given = true;
  if (BROKEN(forgets_deliveries)) acknowledge(one, next);
  out->batch = &next->batch;
  return BEAT_OK;
}

static void use_wire(const instance *one) {
  char octet = 'x';
  if (BROKEN(raises_sigpipe))
    (void)!write(one->wire[0], &octet, 1);
  else
    (void)send(one->wire[0], &octet, 1, MSG_NOSIGNAL);
  (void)recv(one->wire[1], &octet, 1, MSG_DONTWAIT);
}

static beat_status poll(beat_handle handle, const beat_poll_args *args, beat_poll_result *out) {
  eventfd_t rung;
  instance *one;
  beat_status status;
  if (!BROKEN(reads_null_arguments) && (args == NULL || out == NULL)) return BEAT_E_ARG;
  if (args->struct_size < SIZE_1_0(beat_poll_args, max_bytes) || out->struct_size < SIZE_1_0(beat_poll_result, batch))
    return BEAT_E_ARG;
  if ((args->flags & 0xffff0000u) != 0) return BEAT_E_UNSUPPORTED;
  if (BROKEN(writes_behind_results) && out->struct_size > SIZE_1_0(beat_poll_result, batch))
    ((char *)out)[out->struct_size] = 0;
  out->batch = NULL;
  enter();
  status = find_live(handle, &one);
  if (status < 0) return leave(status);
  if (one->closing) return leave(BEAT_E_CANCELLED);
  if (one->polling > 0 && !BROKEN(polls_twice)) return leave(BEAT_E_BUSY);
  ++one->polling;
  pthread_mutex_unlock(&mutex);
  say(one->host, BEAT_LOG_DEBUG, "a poll begins");
  use_wire(one);
  pthread_mutex_lock(&mutex);
  if (one->begun == 0) one->begun = now_ns();
  (void)eventfd_read(one->bell, &rung);
  status = work(one, args, out);
  out->flags = 0;
  out->health = one->closing ? BEAT_HEALTH_STOPPING : BEAT_HEALTH_HEALTHY;
  out->in_flight = in_flight(one);
  --one->polling;
  return leave(status);
}

static piece *given_piece(instance *one, beat_batch_id batch) {
  piece *const what = batch >= 1 && batch <= ALL ? &one->pieces[batch - 1] : NULL;
  return what != NULL && what->made ? what : NULL;
}

static beat_status release(beat_handle handle, beat_batch_id batch) {
  instance *one;
  beat_status status;
  enter();
  status = find_live(handle, &one);
  if (status == BEAT_OK && given_piece(one, batch) == NULL) status = BEAT_E_ARG;
  return leave(status);
}

static beat_status ack(beat_handle handle, beat_batch_id batch, const beat_ack_args *args) {
  instance *one;
  piece *what;
  beat_status status;
  if (args == NULL || args->struct_size < SIZE_1_0(beat_ack_args, rejected_count)) return BEAT_E_ARG;
  if (args->rejected == NULL && args->rejected_count > 0) return BEAT_E_ARG;
  enter();
  status = find_live(handle, &one);
  if (status < 0) return leave(status);
  what = given_piece(one, batch);
  if (what == NULL) return leave(BROKEN(acknowledges_anything) ? BEAT_OK : BEAT_E_ARG);
  if (args->outcome < BEAT_ACK_DURABLE || args->outcome > BEAT_ACK_DROP) return leave(BEAT_E_ARG);
  for (uint64_t i = 0; i < args->rejected_count; ++i)
    if (args->rejected[i] >= what->batch.doc_count) return leave(BEAT_E_ARG);
  if (what->acknowledged) return leave(BEAT_OK);
  if (args->outcome == BEAT_ACK_RETRY) {
    ++what->retries;
    if (BROKEN(retries_other_bytes)) make(what, (int)batch - 1, (int)what->batch.doc_count);
    what->given = false;
    ring(one);
    return leave(BEAT_OK);
  }
  if (!BROKEN(acknowledges_in_memory)) acknowledge(one, what);
  what->acknowledged = true;
  ring(one);
  return leave(BEAT_OK);
}

static beat_status cancel(beat_handle handle) {
  instance *one;
  beat_status status;
  enter();
  status = find_live(handle, &one);
  if (status < 0) return leave(status);
  one->cancel_at = now_ns() + (BROKEN(cancels_late) ? 800000000 : 0);
  for (int i = 0; i < SLOTS && BROKEN(cancels_all); ++i) slots[i].cancel_at = one->cancel_at;
  ring(one);
  return leave(BEAT_OK);
}

static beat_status status_json(beat_handle handle, char *buf, size_t cap, size_t *len) {
  instance *one;
  char text[256];
  beat_status status;
  if (len == NULL || (buf == NULL && cap > 0)) return BEAT_E_ARG;
  enter();
  status = find_live(handle, &one);
  if (status < 0) return leave(status);
  snprintf(text, sizeof text, "{\"instance_id\":\"%s\",\"health\":\"healthy\",\"in_flight\":%u}", one->name, in_flight(one));
  return leave(put_text(text, buf, cap, len));
}

static beat_status last_error(beat_handle handle, char *buf, size_t cap, size_t *len) {
  instance *one;
  beat_status status;
  if (len == NULL || (buf == NULL && cap > 0)) return BEAT_E_ARG;
  enter();
  status = find_live(handle, &one);
  return leave(status < 0 ? status : put_text("", buf, cap, len));
}

static void end(instance *one) {
  const beat_host_api *const host = one->host;
  if (one->ended) abort();
  one->ended = true;
  if (one->lock >= 0 && !BROKEN(lends_lock_to_children)) flock(one->lock, LOCK_UN); /* A child may have it too. */
  if (one->lock >= 0) close(one->lock);
  close(one->wire[0]);
  close(one->wire[1]);
  close(one->bell);
  pthread_mutex_unlock(&mutex);
  if (!BROKEN(says_no_end)) tell_health(host, BEAT_HEALTH_STOPPED);
  pthread_mutex_lock(&mutex);
  one->live = false;
}

static void *say_later(void *host) {
  const struct timespec soon = {0, 10000000};
  nanosleep(&soon, NULL);
  tell_health(host, BEAT_HEALTH_STOPPED);
  return NULL;
}

static beat_status shutdown_of(beat_handle handle, uint32_t budget_ms) {
  const int64_t last = now_ns() + (int64_t)budget_ms * 1000000;
  instance *one;
  beat_status status;
  pthread_t thread;
  enter();
  status = find(handle, &one);
  if (status == BEAT_IDLE) return leave(BROKEN(forgets_ended_handles) ? BEAT_E_HANDLE : BEAT_OK);
  if (status < 0) return leave(status);
  if (!one->closing) {
    one->closing = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    tell_health(one->host, BEAT_HEALTH_STOPPING);
    pthread_mutex_lock(&mutex);
  }
  while ((one->polling > 0 && !BROKEN(ends_during_poll)) || (one->ending && one->live && !BROKEN(ends_twice))) {
    if (now_ns() >= last) return leave(BEAT_E_TIMEOUT);
    wait_until(last);
  }
  if (!one->live && !BROKEN(ends_twice)) return leave(BEAT_OK);
  one->ending = true;
  if (BROKEN(ends_twice)) wait_until(now_ns() + 5000000);
  end(one);
  if (BROKEN(calls_after_end) && pthread_create(&thread, NULL, say_later, (void *)(uintptr_t)one->host) == 0)
    pthread_detach(thread);
  return leave(BEAT_OK);
}

static beat_status descriptor(beat_handle handle, int32_t *out) {
  instance *one;
  beat_status status;
  if (out == NULL) return BEAT_E_ARG;
  *out = -1;
  enter();
  status = find_live(handle, &one);
  if (status == BEAT_OK) *out = one->bell;
  return leave(status);
}

static const void *get_extension(const char *id) {
  static const beat_wait_api wait = {sizeof wait, 0, descriptor};
  return id != NULL && strcmp(id, BEAT_WAIT_ID) == 0 ? &wait : NULL;
}

static beat_status poll_by_name(beat_handle handle, const beat_poll_args *args, beat_poll_result *out) {
  return BROKEN(calls_itself_by_name) ? beat_plugin_poll(handle, args, out) : poll(handle, args, out);
}

static const beat_plugin_api table = {.struct_size = sizeof table,
                                      .abi_version = BEAT_ABI_VERSION,
                                      .describe = describe,
                                      .validate = validate,
                                      .init = init,
                                      .poll = BROKEN(calls_itself_by_name) ? poll_by_name : poll,
                                      .release = release,
                                      .ack = ack,
                                      .cancel = cancel,
                                      .status_json = status_json,
                                      .last_error = last_error,
                                      .shutdown = shutdown_of,
                                      .get_extension = BROKEN(leaves_a_slot_empty) ? NULL : get_extension};

#if defined(EXPORTS_MORE) /* with fault_exports_more: a preprocessor knows no enum */
BEAT_API int helper(void);
int helper(void) { return 42; }
#endif

uint32_t beat_plugin_abi_version(void) { return BEAT_ABI_VERSION; }
const beat_plugin_api *beat_plugin_get_api(uint32_t host) {
  return host >> 16 == BEAT_ABI_MAJOR || BROKEN(serves_any_major) ? &table : NULL;
}
beat_status beat_plugin_init(const beat_init_args *args, beat_handle *out) { return init(args, out); }
beat_status beat_plugin_poll(beat_handle handle, const beat_poll_args *args, beat_poll_result *out) {
  return poll(handle, args, out);
}
beat_status beat_plugin_ack(beat_handle handle, beat_batch_id batch, const beat_ack_args *args) { return ack(handle, batch, args); }
beat_status beat_plugin_shutdown(beat_handle handle, uint32_t budget_ms) { return shutdown_of(handle, budget_ms); }
