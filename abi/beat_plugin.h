/* SPDX-License-Identifier: Apache-2.0
 *
 * beat_plugin.h - the contract between an agent host and a plugin that fetches data streams.
 *
 * A host loads a shared library, asks it for documents and ships them. This header is all it needs:
 * no other file of the plugin, no C++ runtime type, no allocator is shared.
 *
 *   host                                       plugin
 *   ----                                       ------
 *   dlopen, beat_plugin_abi_version()     ->   newest version served
 *   beat_plugin_init(configuration)       ->   handle
 *   loop:
 *     beat_plugin_poll(handle, budget)    ->   at most one batch, and when to call again
 *     ship the batch's documents
 *     beat_plugin_ack(handle, batch)      ->   the plugin forgets the batch for good
 *   beat_plugin_shutdown(handle, budget)
 *
 * Delivery. The host pulls. A batch is made durable inside the plugin before poll returns it, and it
 * stays so until the host acknowledges it; after a crash the same bytes come back under the same ids.
 * Delivery is therefore at least once, and every document carries a deterministic id, so a store that
 * creates documents by id holds each exactly once.
 *
 * Words. "Host": the process that loads the library. "Plugin": the library. "Instance": what init
 * creates; one per organization, as many per process as wanted. "Stream": one data stream, named in
 * the list BEAT_DESCRIBE_STREAMS. "Document": one JSON object. "Batch": documents that cross together
 * and are acknowledged together.
 *
 * Thread tags. Each function carries one:
 *   [any-thread]   callable from every thread at any time after the library is loaded, also
 *                  concurrently with every other function of the same instance.
 *   [poll-thread]  one call at a time per instance; a second concurrent caller gets BEAT_E_BUSY.
 *                  Calls may come from changing threads. Different instances run in parallel.
 * No function may be called from a signal handler. No function may be called by a host callback that
 * the plugin is just inside of, unless the callback says otherwise.
 *
 * Ownership. Three phrases are used:
 *   "borrowed for the call"           the callee may read it until it returns, and keeps no pointer.
 *   "owned by the host"               the host frees it; it must outlive the stated call.
 *   "owned by the plugin until ack"   read-only for the host; valid until ack, release or shutdown.
 * Neither side ever frees memory of the other.
 *
 * Process manners. The plugin starts nothing when loaded, never prints, exits, aborts, installs signal
 * handlers, changes the locale, the environment, the umask or the working directory. Exceptions never
 * cross. The library is linked so that dlclose does not unmap it.
 *
 * Fork. An instance belongs to the process that made it. In a forked child every function that takes
 * a handle made before the fork answers BEAT_E_FORKED, shutdown too, and also if the instance was
 * shut down before; nothing of it is touched, no lock waited for. All functions without a handle
 * work as ever, and so does init: a child may make instances of its own, if no other thread was
 * inside the library at the fork. The parent notices nothing.
 *
 * How it may grow (docs/abi.md has the reasons):
 *   1. Equal major version or nothing. Minor versions only add.
 *   2. Tables and argument structs begin with struct_size and grow at the tail; no member is inserted,
 *      reordered, retyped or reused. A removed function keeps its slot and answers BEAT_E_UNSUPPORTED.
 *   3. Readers test BEAT_HAS_FN or struct_size before touching a member that 1.0 did not have; writers
 *      zero-fill what they do not know. A struct_size smaller than that of 1.0 is BEAT_E_ARG.
 *   4. Arrays are stepped by the stride that the batch states, not by sizeof.
 *   5. An unknown status >= 0 means BEAT_OK, an unknown one < 0 means BEAT_E_GENERIC, an unknown health
 *      means BEAT_HEALTH_DEGRADED, an unknown operation means BEAT_OP_CREATE.
 *   6. Unknown flag bits 0-15 are ignored; an unknown bit 16-31 must be understood: BEAT_E_UNSUPPORTED.
 *   7. Optional behaviour is added by extensions, found by a string id that ends in its revision.
 *   8. Document schema, configuration schema and stored state have versions of their own.
 *
 * The header is C89 plus <stdint.h>, and compiles unchanged as every later C and as C++11 to C++20.
 */
#ifndef BEAT_PLUGIN_H
#define BEAT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define BEAT_ABI_MAJOR 1u
#define BEAT_ABI_MINOR 0u
#define BEAT_ABI_VERSION ((BEAT_ABI_MAJOR << 16) | BEAT_ABI_MINOR)

#if defined(_WIN32)
#define BEAT_CALL __cdecl
#if defined(BEAT_PLUGIN_BUILDING)
#define BEAT_API __declspec(dllexport)
#else
#define BEAT_API
#endif
#else
#define BEAT_CALL
#if defined(BEAT_PLUGIN_BUILDING)
#define BEAT_API __attribute__((visibility("default")))
#else
#define BEAT_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Values ------------------------------------------------------------------------------------ */

typedef int32_t beat_status;    /* >= 0: fine. < 0: failure. Open range, see rule 5. */
typedef uint64_t beat_handle;   /* An instance. Slot and generation, not an address. 0 is never valid. */
typedef uint64_t beat_batch_id; /* Unique within an instance, also over restarts. 0 means none. */

#define BEAT_OK 0
#define BEAT_IDLE 1               /* Nothing to deliver now; next_poll_ms says when to come back. */
#define BEAT_BACKPRESSURE 2       /* Too many batches await their ack: poll after one, or in a second. */
#define BEAT_E_GENERIC (-1)       /* Failed; last_error has the sentence. */
#define BEAT_E_ARG (-2)           /* A pointer, size or id that cannot be right: a fault of the host. */
#define BEAT_E_VERSION (-3)       /* The major version asked for is not served. */
#define BEAT_E_CONFIG (-4)        /* The configuration was refused; the text names every fault. */
#define BEAT_E_NOMEM (-5)         /* Out of memory. The instance stays usable. */
#define BEAT_E_HANDLE (-6)        /* No such instance: never existed, or was shut down. */
#define BEAT_E_BUSY (-7)          /* Another call holds what this one needs; see the function. */
#define BEAT_E_TIMEOUT (-8)       /* The budget ran out; call again. */
#define BEAT_E_CANCELLED (-9)     /* cancel or shutdown cut the call short. */
#define BEAT_E_STATE (-10)        /* Durable state could not be read or written; last_error says why. */
#define BEAT_E_FORKED (-11)       /* The instance belongs to the parent process. */
#define BEAT_E_UNSUPPORTED (-12)  /* Not offered by this build, or an unknown must-understand flag. */
#define BEAT_E_TRUNCATED (-13)    /* The buffer was too small; *len holds the size needed. */
#define BEAT_E_INTERNAL (-14)     /* A bug: an exception was stopped at the boundary. */

#define BEAT_LOG_ERROR 1
#define BEAT_LOG_WARN 2
#define BEAT_LOG_INFO 3
#define BEAT_LOG_DEBUG 4
#define BEAT_LOG_TRACE 5

#define BEAT_HEALTH_STARTING 0 /* No answer yet. */
#define BEAT_HEALTH_HEALTHY 1  /* Every stream's last attempt succeeded. */
#define BEAT_HEALTH_DEGRADED 2 /* A stream is failing and retried by itself. */
#define BEAT_HEALTH_FAILED 3   /* Needs a person: credential or configuration refused. Retried slowly. */
#define BEAT_HEALTH_STOPPING 4 /* shutdown was called, and has not yet returned BEAT_OK. */
#define BEAT_HEALTH_STOPPED 5  /* Gone. Told to beat_host_api.health only: the handle is dead. */

#define BEAT_ACK_DURABLE 0 /* The sink has the documents: forget them. */
#define BEAT_ACK_RETRY 1   /* Hand the same documents out again, same bytes, same ids. */
#define BEAT_ACK_DROP 2    /* The host gives up: the plugin counts, logs and forgets them. */

#define BEAT_DESCRIBE_MANIFEST 0      /* name, version, licence, document schema version, limits */
#define BEAT_DESCRIBE_CONFIG_SCHEMA 1 /* JSON Schema of the configuration */
#define BEAT_DESCRIBE_STREAMS 2       /* array of {name, dataset, title, ...}; beat_doc.stream indexes it */

#define BEAT_OP_CREATE 0u /* Create by id; "already exists" is success if the content is the same. */

#define BEAT_POLL_MORE 1u /* beat_poll_result.flags: another batch is ready, poll again at once. */

/* Bytes with a length. Not NUL-terminated. ptr may be NULL only if len is 0. UTF-8 where it is text. */
typedef struct beat_span {
  const char *ptr;
  size_t len;
} beat_span;

/* ---- What the host offers ------------------------------------------------------------------------
 *
 * Filled by the host, owned by the host, unchanged and valid from init until shutdown returned
 * BEAT_OK. Every function may be NULL; what the plugin does then stands beside it. All functions get
 * ctx back. All may be called from any thread that is inside init, poll, ack, cancel or shutdown of
 * the instance; they must not call back into the plugin and must not throw or long-jump.
 */
typedef struct beat_host_api {
  uint32_t struct_size; /* sizeof(beat_host_api) of the host's header */
  uint32_t abi_version; /* BEAT_ABI_VERSION of the host's header */
  void *ctx;            /* passed back untouched; may be NULL */

  /* One log line. component: which part speaks, e.g. "usage". text: one line without a newline; never
   * contains a secret. Both borrowed for the call. NULL: lines are dropped. */
  void(BEAT_CALL *log)(void *ctx, int32_t level, beat_span component, beat_span text);

  /* The most verbose level wanted now. NULL: BEAT_LOG_INFO. */
  int32_t(BEAT_CALL *log_level)(void *ctx);

  /* Wall clock, nanoseconds since 1970 UTC. Used for times that people read, as in the request
   * tracer's file, and to tell of a server whose clock is far from it: which data are asked for is
   * decided by the server's clock. NULL: the system's. */
  int64_t(BEAT_CALL *realtime_ns)(void *ctx);

  /* Steady clock, nanoseconds, never going back. Every interval and wait is counted on it.
   * NULL: the system's. */
  int64_t(BEAT_CALL *monotonic_ns)(void *ctx);

  /* Resolves a secret that the configuration names as "$secret{NAME}". Writes at most cap bytes to
   * buf and the full length to *len. BEAT_E_TRUNCATED if cap is too small; another failure if there is
   * no such secret. Called during poll, before a request and when the service refuses the credential,
   * so that a new secret is used without a restart. While it fails, the last one is used; if there
   * was none, health says why. NULL: such a name is a configuration fault. */
  beat_status(BEAT_CALL *secret_get)(void *ctx, beat_span name, char *buf, size_t cap, size_t *len);

  /* Health of one stream (by name) or, with an empty stream, of the instance changed. text: one
   * sentence for a person, borrowed for the call. An instance begins as STARTING, which nobody is
   * told; STOPPING comes once shutdown is first called, STOPPED before it returns BEAT_OK, both with
   * an empty stream. NULL: health is seen in poll results only. */
  void(BEAT_CALL *health)(void *ctx, int32_t health, beat_span stream, beat_span text);

  /* Reserved: not called by 1.0. The host's extension with this id, or NULL. */
  const void *(BEAT_CALL *get_extension)(void *ctx, const char *id);
} beat_host_api;

/* ---- Arguments and results ---------------------------------------------------------------------- */

typedef struct beat_init_args {
  uint32_t struct_size;
  uint32_t flags;            /* 0 */
  const beat_host_api *host; /* owned by the host until shutdown returned BEAT_OK; may be NULL */
  beat_span config_json;     /* one JSON object, at most 4 MiB; borrowed for the call */
  beat_span instance_id;     /* stable printable name, borrowed for the call; shown in status_json and
                                in the log line that init writes, cut at 200 bytes. May be empty. */
  char *err_buf;             /* where init writes a NUL-terminated text when it fails; may be NULL */
  size_t err_cap;            /* bytes at err_buf, the NUL included; longer text is cut at a character */
} beat_init_args;

/* One document. Every pointer in it: owned by the plugin until ack. */
typedef struct beat_doc {
  beat_span json;       /* one UTF-8 JSON object; no newline and no NUL byte inside */
  beat_span id;         /* deterministic id, 22 characters of base64url; also in the JSON as event.id */
  int64_t timestamp_ns; /* event time, nanoseconds since 1970 UTC */
  uint32_t stream;      /* index in BEAT_DESCRIBE_STREAMS */
  uint32_t operation;   /* BEAT_OP_...: how the store should write it */
} beat_doc;

/* Documents that cross together. Immutable. Owned by the plugin until ack. */
typedef struct beat_batch {
  uint32_t struct_size;
  uint32_t doc_stride;  /* bytes from one element of docs to the next */
  beat_batch_id id;     /* for ack and release */
  const beat_doc *docs; /* doc_count elements, stepped by doc_stride */
  uint64_t doc_count;   /* at least 1 */
  beat_span ndjson;     /* the same documents back to back, each followed by one newline */
} beat_batch;

typedef struct beat_poll_args {
  uint32_t struct_size;
  uint32_t budget_ms; /* longest time to spend inside; 0 works some milliseconds without waiting */
  uint32_t max_docs;  /* most documents in a batch; 0: no limit of the host's */
  uint32_t flags;     /* 0 */
  uint64_t max_bytes; /* most NDJSON bytes in a batch; 0: no limit of the host's. A single document
                         that is larger than that comes alone. */
} beat_poll_args;

/* The host sets struct_size; the plugin fills at most that many bytes. After an error batch is NULL
 * and the others may be as they were. */
typedef struct beat_poll_result {
  uint32_t struct_size;
  uint32_t flags;          /* BEAT_POLL_MORE */
  uint64_t next_poll_ms;   /* delay from now until a poll is useful again, as long as no batch is
                              acknowledged; after an ack poll at once. An earlier poll is harmless. */
  int32_t health;          /* BEAT_HEALTH_... of the whole instance */
  uint32_t in_flight;      /* batches handed out and not acknowledged */
  const beat_batch *batch; /* NULL when there is none */
} beat_poll_result;

typedef struct beat_ack_args {
  uint32_t struct_size;
  int32_t outcome;          /* BEAT_ACK_... for the batch as a whole */
  const uint32_t *rejected; /* with DURABLE: indexes of documents that the store refused for good */
  uint64_t rejected_count;  /* they are counted and logged; borrowed for the call */
} beat_ack_args;

/* ---- What the plugin offers ---------------------------------------------------------------------
 *
 * The table is constant for the life of the process and needs no freeing. Each function below is
 * described at its slot; the exported functions of the same name do the same.
 *
 * Text into a buffer, in describe, status_json and last_error: at most cap bytes are written, a NUL
 * follows if there is room, *len receives the full length without the NUL; BEAT_E_TRUNCATED if it did
 * not fit. buf may be NULL if cap is 0. len must not be NULL.
 *
 * Errors that every function may answer, and that no slot repeats: BEAT_E_NOMEM; BEAT_E_GENERIC if the
 * operating system refused something for the moment, as for want of descriptors: call again;
 * BEAT_E_INTERNAL. After each of them the instance stays usable.
 */
typedef struct beat_plugin_api {
  uint32_t struct_size;
  uint32_t abi_version;

  /* Static facts about the plugin as JSON; what is BEAT_DESCRIBE_... Touches neither network nor disk.
   * Errors: BEAT_E_ARG, BEAT_E_UNSUPPORTED (unknown what), BEAT_E_TRUNCATED. [any-thread] */
  beat_status(BEAT_CALL *describe)(int32_t what, char *buf, size_t cap, size_t *len);

  /* Checks a configuration without creating anything or touching the network. BEAT_E_CONFIG writes
   * every fault to err_buf, a line each: JSON pointer, value, expectation, remedy.
   * Errors: BEAT_E_ARG, BEAT_E_CONFIG. [any-thread] */
  beat_status(BEAT_CALL *validate)(beat_span config_json, char *err_buf, size_t err_cap);

  /* Creates an instance. Reads the configuration, opens and locks the state; makes no request. On
   * success *out is the handle; on failure *out is 0 and err_buf has the reason.
   * Errors: BEAT_E_ARG, BEAT_E_VERSION (host->abi_version has another major), BEAT_E_CONFIG,
   * BEAT_E_BUSY (the state directory belongs to another live instance), BEAT_E_STATE,
   * BEAT_E_UNSUPPORTED (a flag). [any-thread] */
  beat_status(BEAT_CALL *init)(const beat_init_args *args, beat_handle *out);

  /* Works for at most budget_ms (plus 100 ms) on the caller's thread: requests, decoding, storing.
   * Returns as soon as a batch is ready. A request that outlives the budget goes on at the next call,
   * so that small budgets make progress too. Waiting between attempts happens outside: next_poll_ms.
   * BEAT_OK: out->batch is set. BEAT_IDLE, BEAT_BACKPRESSURE: it is NULL. Failure of a stream is not a
   * failure of poll: it shows in health, status and the log, and is retried. A batch that cannot be
   * read from the disk is BEAT_E_STATE. While a shutdown runs or timed out: BEAT_E_CANCELLED.
   * Errors: BEAT_E_ARG, BEAT_E_UNSUPPORTED (a flag), BEAT_E_HANDLE, BEAT_E_BUSY (another poll runs),
   * BEAT_E_CANCELLED, BEAT_E_STATE, BEAT_E_FORKED. After an error the instance stays usable.
   * [poll-thread] */
  beat_status(BEAT_CALL *poll)(beat_handle instance, const beat_poll_args *args, beat_poll_result *out);

  /* The host has copied the bytes: the batch's memory may go, the ack is still owed. Repeating it, or
   * releasing an acknowledged batch, is BEAT_OK. Errors: BEAT_E_ARG (never handed out),
   * BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *release)(beat_handle instance, beat_batch_id batch);

  /* Says what became of a batch. BEAT_OK means the answer is on disk (if there is a state directory).
   * Batches may be acknowledged in any order. Acknowledging twice is BEAT_OK. With BEAT_E_STATE the
   * batch stays pending and the ack may be repeated. With BEAT_E_ARG nothing was acknowledged.
   * Errors: BEAT_E_ARG (unknown batch or outcome, index out of range), BEAT_E_HANDLE, BEAT_E_STATE,
   * BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *ack)(beat_handle instance, beat_batch_id batch, const beat_ack_args *args);

  /* Makes the running poll, or else the next one, return BEAT_E_CANCELLED soon (aim: 50 ms). One that
   * has a batch already returns it, and the next is cancelled. Does not wait and does not stop the
   * instance. Errors: BEAT_E_HANDLE, BEAT_E_FORKED. [any-thread] */
  beat_status(BEAT_CALL *cancel)(beat_handle instance);

  /* The instance's state for a person or a monitor, as JSON: per stream health, last success, last
   * error, counters; batches in flight; whether state is durable; the instance_id.
   * Errors: BEAT_E_ARG, BEAT_E_HANDLE, BEAT_E_FORKED, BEAT_E_TRUNCATED. [any-thread] */
  beat_status(BEAT_CALL *status_json)(beat_handle instance, char *buf, size_t cap, size_t *len);

  /* The newest failure as one sentence; empty if there was none.
   * Errors: BEAT_E_ARG, BEAT_E_HANDLE, BEAT_E_FORKED, BEAT_E_TRUNCATED. [any-thread] */
  beat_status(BEAT_CALL *last_error)(beat_handle instance, char *buf, size_t cap, size_t *len);

  /* Ends an instance: cuts a running poll short, waits for it at most budget_ms, frees everything.
   * BEAT_OK: gone; the handle is dead, the host table may be freed. Batches not acknowledged are kept
   * on disk and handed out after the next init. BEAT_E_TIMEOUT: a poll or a name lookup (which cannot
   * be interrupted) still runs; nothing was freed, call again, and keep library and host table alive.
   * Repeating it after success is BEAT_OK. Errors: BEAT_E_HANDLE, BEAT_E_TIMEOUT, BEAT_E_FORKED.
   * [any-thread] */
  beat_status(BEAT_CALL *shutdown)(beat_handle instance, uint32_t budget_ms);

  /* An optional part by id, NULL when unknown: "beat.read/1" is that of beat_read.h, "beat.wait/1"
   * that of beat_wait.h. [any-thread] */
  const void *(BEAT_CALL *get_extension)(const char *id);
} beat_plugin_api;

/* ---- Exported symbols: these six and no other ---------------------------------------------------- */

/* The newest ABI version served. Callable before anything else, never fails. [any-thread] */
BEAT_API uint32_t BEAT_CALL beat_plugin_abi_version(void);

/* The table for the major of host_abi_version, or NULL if that major is not served. [any-thread] */
BEAT_API const beat_plugin_api *BEAT_CALL beat_plugin_get_api(uint32_t host_abi_version);

/* The same as the table's functions, for hosts that resolve symbols by name. A host that knows only
 * init, poll and shutdown sets "acknowledge": "handover" in the configuration: a batch then counts as
 * acknowledged when poll returns it, and is valid until the next poll. */
BEAT_API beat_status BEAT_CALL beat_plugin_init(const beat_init_args *args, beat_handle *out);
BEAT_API beat_status BEAT_CALL beat_plugin_poll(beat_handle instance, const beat_poll_args *args,
                                                beat_poll_result *out);
BEAT_API beat_status BEAT_CALL beat_plugin_ack(beat_handle instance, beat_batch_id batch,
                                               const beat_ack_args *args);
BEAT_API beat_status BEAT_CALL beat_plugin_shutdown(beat_handle instance, uint32_t budget_ms);

/* ---- Help for readers ----------------------------------------------------------------------------- */

/* True if the other side's table is long enough for the function and has it. */
#define BEAT_HAS_FN(type, table, member)                                                         \
  ((table) != NULL &&                                                                            \
   (table)->struct_size >= offsetof(type, member) + sizeof((table)->member) &&                   \
   (table)->member != NULL)

#if defined(__cplusplus)
#define BEAT_ASSERT(name, cond) static_assert(cond, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define BEAT_ASSERT(name, cond) _Static_assert(cond, #name)
#else
#define BEAT_ASSERT(name, cond) typedef char beat_assert_##name[(cond) ? 1 : -1]
#endif

/* The layout of 1.0 on 64-bit machines, frozen. */
#if UINTPTR_MAX == 0xffffffffffffffffu
BEAT_ASSERT(span_size, sizeof(beat_span) == 16);
BEAT_ASSERT(doc_size, sizeof(beat_doc) == 48);
BEAT_ASSERT(batch_size, sizeof(beat_batch) == 48);
BEAT_ASSERT(poll_args_size, sizeof(beat_poll_args) == 24);
BEAT_ASSERT(poll_result_size, sizeof(beat_poll_result) == 32);
BEAT_ASSERT(ack_args_size, sizeof(beat_ack_args) == 24);
BEAT_ASSERT(init_args_size, sizeof(beat_init_args) == 64);
BEAT_ASSERT(host_api_size, sizeof(beat_host_api) == 72);
BEAT_ASSERT(plugin_api_size, sizeof(beat_plugin_api) == 96);
BEAT_ASSERT(host_log_offset, offsetof(beat_host_api, log) == 16);
BEAT_ASSERT(plugin_describe_offset, offsetof(beat_plugin_api, describe) == 8);
#endif

#ifdef __cplusplus
}
#endif

#endif /* BEAT_PLUGIN_H */
