/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of beat-plugin-conform share. A check is a function that runs in a process of its own,
 * loads the plugin, and writes what it finds into memory that the parent reads: so a check that
 * crashes, hangs or is killed is a finding too, with the step at which it happened.
 *
 * The kit is C11 with POSIX, and needs <elf.h> and /proc of Linux. It knows abi/beat_plugin.h, of any
 * minor version of 1, and abi/beat_wait.h: what is newer than 1.0 is used through struct_size only.
 */
#ifndef CONFORM_H
#define CONFORM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "beat_plugin.h"

/* Nothing of the kit may replace a plugin's function by chance; what shall, says EXPORTED. */
#pragma GCC visibility push(hidden)
#define EXPORTED __attribute__((visibility("default")))
#define PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))

/* ---- What was asked for (main.c) ---------------------------------------------------------------- */

#define STATE_MARK "@STATE@" /* in the configuration: a folder, each instance its own */

typedef struct options {
  const char *plugin;
  const char *config; /* the text of the file, marks not yet replaced */
  const char *scratch; /* a folder that is empty when the check begins, and removed behind it */
  const char *program; /* this program's name */
  unsigned patience;  /* limits of time are multiplied by this */
  unsigned instances; /* how many live at once in thousand-instances */
  unsigned rounds;    /* of loading and unloading */
  unsigned wait_s;    /* longest wait for a first batch */
  unsigned timeout_s; /* longest time of one check */
} options;
extern options the;

/* ---- Checks (checks.c) -------------------------------------------------------------------------- */

typedef struct check {
  const char *name;
  const char *promise; /* one line: what holds if it passes */
  void (*run)(void);
} check;
extern const check checks[];
extern const size_t check_count;
const check *find_check(const char *name);

/* ---- What a check has to say (finding.c) -------------------------------------------------------- */

enum { MOST_FINDINGS = 24, FINDING_SIZE = 400 };

typedef struct verdict {
  atomic_uint findings; /* also those that found no room */
  char finding[MOST_FINDINGS][FINDING_SIZE];
  char step[FINDING_SIZE]; /* what is being tried */
  char note[FINDING_SIZE]; /* a figure or a limit that the reader should know */
  char skipped[FINDING_SIZE];
  atomic_uint folders; /* made for instances so far */
  double seconds;
} verdict;
extern verdict *said; /* shared with the parent and with all children */

void finding(const char *format, ...) PRINTF_LIKE(1, 2);
/* A finding after which the check cannot go on. */
_Noreturn void fatal(const char *format, ...) PRINTF_LIKE(1, 2);
/* The check cannot be tried here. No finding. */
_Noreturn void skip(const char *format, ...) PRINTF_LIKE(1, 2);
void note(const char *format, ...) PRINTF_LIKE(1, 2);
void step(const char *format, ...) PRINTF_LIKE(1, 2);

const char *status_name(beat_status status);
/* A finding if `got` is not `wanted`; whether it was. */
bool expect(const char *what, beat_status got, beat_status wanted);

/* ---- Running and reporting (runner.c, report.c) ------------------------------------------------- */

typedef struct checked {
  const check *which;
  verdict verdict;
} checked;
/* Runs each check in a process of its own, so many at a time, and tells of them in their order. */
void run_checks(checked *all, size_t count, unsigned jobs, void (*told)(const checked *one));
bool passed(const verdict *one); /* neither failed nor skipped */
void print_line(const checked *one);
void print_summary(const checked *results, size_t count);
void print_json(const checked *results, size_t count);

/* ---- Time (process.c) --------------------------------------------------------------------------- */

int64_t now_ns(void); /* steady */
void pause_ms(uint64_t ms);
uint64_t patient_ms(uint64_t ms); /* times patience */
/* How long this thread was ready to run and another had the processor; 0 where /proc does not tell. */
int64_t kept_waiting_ns(void);

/* ---- The library (library.c) -------------------------------------------------------------------- */

typedef struct plugin {
  void *library;
  const beat_plugin_api *api;
  uint32_t(BEAT_CALL *abi_version)(void);
  const beat_plugin_api *(BEAT_CALL *get_api)(uint32_t);
  beat_status(BEAT_CALL *init)(const beat_init_args *, beat_handle *);
  beat_status(BEAT_CALL *poll)(beat_handle, const beat_poll_args *, beat_poll_result *);
  beat_status(BEAT_CALL *ack)(beat_handle, beat_batch_id, const beat_ack_args *);
  beat_status(BEAT_CALL *shutdown)(beat_handle, uint32_t);
} plugin;
extern plugin loaded;
extern const char *const six_names[6];

void load(void); /* fatal if it cannot be */
/* What the loaded plugin has for that id; null if nothing. */
const void *extension(const char *id);

/* Bytes of a struct in 1.0: up to the end of what was its last member. */
#define SIZE_1_0(type, last) ((uint32_t)(offsetof(type, last) + sizeof(((type *)0)->last)))
#define HOST_1_0 SIZE_1_0(beat_host_api, get_extension)
#define PLUGIN_1_0 SIZE_1_0(beat_plugin_api, get_extension)
#define INIT_1_0 SIZE_1_0(beat_init_args, err_cap)
#define POLL_1_0 SIZE_1_0(beat_poll_args, max_bytes)
#define RESULT_1_0 SIZE_1_0(beat_poll_result, batch)
#define ACK_1_0 SIZE_1_0(beat_ack_args, rejected_count)

/* ---- Calls: as the table's, and the host knows that the thread is inside (calls.c) --------------- */

extern _Thread_local int inside; /* calls of the plugin that this thread is in */
beat_status do_init(const beat_init_args *args, beat_handle *out);
beat_status do_poll(beat_handle handle, const beat_poll_args *args, beat_poll_result *out);
beat_status do_release(beat_handle handle, beat_batch_id batch);
beat_status do_ack(beat_handle handle, beat_batch_id batch, const beat_ack_args *args);
beat_status do_cancel(beat_handle handle);
beat_status do_status(beat_handle handle, char *buf, size_t cap, size_t *len);
beat_status do_last_error(beat_handle handle, char *buf, size_t cap, size_t *len);
beat_status do_shutdown(beat_handle handle, uint32_t budget_ms);

/* ---- A host that offers everything and remembers (host.c) ---------------------------------------- */

typedef struct host {
  beat_host_api table;
  atomic_int gone;         /* set by the check when shutdown has answered BEAT_OK */
  atomic_int late;         /* callbacks since then */
  atomic_int late_inside;  /* those of them on threads that were in a call */
  atomic_int elsewhere;    /* callbacks on threads that were in no call of the plugin */
  atomic_int lines;        /* log lines */
  atomic_int bad_lines;    /* those with a newline, too verbose, or with a secret; the first is bad_line */
  atomic_int level;        /* the most verbose wanted */
  atomic_int stopping, stopped; /* how often health of the whole was told so */
  atomic_int callbacks;    /* of any kind */
  char bad_line[FINDING_SIZE];
  void (*during)(void *);  /* called in each callback, with `with` */
  void *with;
} host;
/* Everything offered; log lines of all levels are wanted. The host must outlive its instances. */
void host_begin(host *one);
enum { HOST_FUNCTIONS = 7 };
extern const char *const host_functions[HOST_FUNCTIONS];
void host_without(host *one, size_t function);

/* Holds the next thread that is in a call and calls back, until it is let go or time is over. */
typedef struct gate {
  atomic_int armed, held, open;
  int64_t longest_ns;
} gate;
void gate_hold(void *one); /* a `during` of a host */
/* Whether somebody is held before `ms` are over. */
bool gate_wait(gate *one, uint64_t ms);

/* ---- Instances (instance.c) --------------------------------------------------------------------- */

typedef struct instance {
  beat_handle handle;
  beat_status status;
  char error[1024];
  char folder[PATH_MAX]; /* its state; empty if the configuration has no mark */
} instance;
bool has_state(void);
/* A folder that no other instance has, or "" without a mark. It is not made: that is the plugin's. */
void new_folder(char *path, size_t size);
/* The configuration with this folder, in host_memory. */
char *config_with(const char *folder);
/* With the configuration's folder new, or the one given. Finds nothing: look at status. */
void open_in(instance *one, const beat_host_api *table, const char *folder);
/* The same in a new folder; fatal if it fails. */
void open_instance(instance *one, const beat_host_api *table);
/* Until it is gone; a finding if it is not in the end. */
void close_instance(instance *one);

beat_status poll_once(const instance *one, uint32_t budget_ms, uint32_t max_docs, beat_poll_result *out);
beat_status answer(const instance *one, beat_batch_id batch, int32_t outcome);
/* Polls until there is a batch, which is not acknowledged; fatal if none comes. */
const beat_batch *first_batch(const instance *one, uint32_t max_docs);
/* Whether this result says that nothing will come for long. Else waits as long as it says. */
bool at_rest(const beat_poll_result *result);
const beat_doc *doc_at(const beat_batch *batch, uint64_t index);
/* From init to the end, with a batch where one comes within a few seconds; steps are set. */
void whole_life(const beat_host_api *table, void (*after)(const char *stage));

/* ---- The process (process.c) -------------------------------------------------------------------- */

enum { MOST_DESCRIPTORS = 4096 };
typedef struct descriptors {
  int count;
  int fd[MOST_DESCRIPTORS];
} descriptors;
void list_descriptors(descriptors *all);
int count_threads(void); /* -1 where /proc does not tell */
/* Ends a child by itself if it hangs. */
void child_alarm(void);
/* Waits for a child of a check; a finding if it did not end with 0. */
void join_child(pid_t child, const char *what);

/* ---- ELF (elf_file.c) --------------------------------------------------------------------------- */

/* Reads the plugin's file; fatal if it is no ELF file of this machine. Both call `tell` with a name for each. */
void elf_exported(void (*tell)(const char *name, void *ctx), void *ctx);
void elf_replaceable(void (*tell)(const char *name, void *ctx), void *ctx); /* own names looked up elsewhere first */

/* ---- The malloc of this process (foreign_malloc.c) ------------------------------------------------ */

bool malloc_is_ours(void);  /* false with a sanitizer, which has its own */
void malloc_strict(void);   /* from now on memory is filled when it is fresh and when it is freed */
void *host_memory(size_t size); /* memory that is the host's: the plugin must not free it */
void host_release(void *memory);
unsigned malloc_faults(void);   /* frees of what was the host's, or of no block of ours */

/* ---- Functions with the plugin's names (clash.c) -------------------------------------------------- */

bool clash_is_exported(void);
unsigned clash_calls(void); /* how often somebody called ours in place of the plugin's */

/* ---- The checks, a file for each kind -------------------------------------------------------------- */

void check_symbols(void);
void check_versions(void);
void check_table_sizes(void);
void check_arguments(void);
void check_texts(void);
void check_stale_handles(void);
void check_double_handles(void);
void check_double_shutdown(void);
void check_concurrent_shutdown(void);
void check_shutdown_during_poll(void);
void check_concurrent_poll(void);
void check_cancel_latency(void);
void check_budget(void);
void check_wait(void);
void check_null_callbacks(void);
void check_callbacks(void);
void check_delivery(void);
void check_retry(void);
void check_kill(void);
void check_one_writer(void);
void check_instances(void);
void check_reload(void);
void check_fork(void);
void check_signals(void);
void check_locale(void);
void check_working_directory(void);
void check_environment(void);
void check_descriptors(void);
void check_closed_descriptors(void);
void check_threads(void);
void check_output(void);
void check_sigpipe(void);
void check_foreign_malloc(void);
void check_clashing_symbols(void);

#pragma GCC visibility pop
#endif /* CONFORM_H */
